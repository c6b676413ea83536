"""The few Kubernetes resources that the tests put together."""

from __future__ import annotations

from typing import Any

from tests.cluster.api import Resource

Labels = dict[str, str]


def namespace(name: str, labels: Labels | None = None) -> Resource:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": named(name, labels=labels)}


def named(name: str, namespace: str = "", labels: Labels | None = None) -> Resource:
    """Metadata without the fields that nothing is said of."""
    fields = {"name": name, "namespace": namespace, "labels": labels}
    return {key: value for key, value in fields.items() if value}


def pod(namespace: str, name: str, labels: Labels, ports: Any = ()) -> Resource:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": named(name, namespace, labels),
        "spec": pod_spec(ports),
    }


def deployment(
    namespace: str, name: str, labels: Labels, ports: Any = (), **fields: Any
) -> Resource:
    template = {"metadata": {"labels": labels}, "spec": pod_spec(ports)}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    metadata = named(name, namespace)
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def pod_spec(ports: Any = ()) -> Resource:
    """One container that nothing will ever run, with its ports."""
    container = {"name": "main", "image": "none.invalid/none"}
    return {"containers": [{**container, "ports": list(ports)} if ports else container]}


def network_policy(namespace: str, name: str, spec: Resource) -> Resource:
    metadata = named(name, namespace)
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return {**kind, "metadata": metadata, "spec": spec}
