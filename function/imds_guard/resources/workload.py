"""Everything that makes pods: any kind with a pod template, and Pods themselves."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from imds_guard.wire import Mapping, ShapeError

if TYPE_CHECKING:
    from imds_guard.resources.network_policy import Protocol
    from imds_guard.resources.resource import Resource
    from imds_guard.wire import Value

_TEMPLATE = ("spec", "template")
_JOB_TEMPLATE = ("spec", "jobTemplate", "spec", "template")
# Kubernetes API reference, workload resources. Other kinds are known by their shape.
_KNOWN: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("extensions", "Deployment"): _TEMPLATE,
    ("extensions", "DaemonSet"): _TEMPLATE,
    ("extensions", "ReplicaSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): _JOB_TEMPLATE,
}
# Labels that controllers put on pods by themselves; no selector written today can know them.
_CONTROLLER_LABELS = frozenset(
    (
        "pod-template-hash",
        "controller-revision-hash",
        "controller-uid",
        "batch.kubernetes.io/controller-uid",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
    )
)
_TRUE = frozenset(["y", "yes", "true", "on"])  # as Kubernetes' YAML reader takes them


class Workload:
    """A resource whose pods are `template`, a mapping with metadata and spec."""

    def __init__(self, resource: Resource, template: Mapping) -> None:
        self.resource = resource
        self.template = template

    @property
    def name(self) -> str:
        return self.resource.address.name

    @property
    def namespace(self) -> str | None:
        return self.resource.namespace

    @cached_property
    def pod_labels(self) -> dict[str, str]:
        """The labels that its pods carry, those of controllers aside."""
        metadata = self._pod_metadata
        labels = _strings(metadata.get("labels") if metadata else None, drop=_CONTROLLER_LABELS)
        if self.resource.group == "serving.knative.dev":
            # Knative's pods carry the name of their Service, whatever the template says.
            labels.setdefault("serving.knative.dev/service", self.name)
        return labels

    @cached_property
    def pod_selector(self) -> dict[str, Any]:
        """A label selector for its pods: its own, or its pods' labels. Empty: none is known."""
        if not self._is_pod:
            spec = self.resource.root.child("spec")
            selector = spec.get("selector") if spec else None
            if own := _label_selector(selector):
                return own
        return {"matchLabels": self.pod_labels} if self.pod_labels else {}

    @cached_property
    def pod_annotations(self) -> Mapping | None:
        """The annotations of its pods."""
        metadata = self._pod_metadata
        return metadata.child("annotations") if metadata else None

    def annotation(self, name: str) -> str | None:
        """An annotation of the workload, or else of its pod template."""
        own = self.resource.annotation(name)
        if own is None and self.pod_annotations and name in self.pod_annotations:
            return self.pod_annotations.text(name) or ""
        return own

    @cached_property
    def _pod_spec(self) -> Mapping | None:
        return self.template.child("spec")

    @cached_property
    def _pod_metadata(self) -> Mapping | None:
        return self.template.child("metadata")

    @property
    def host_network(self) -> bool:
        """Whether its pods share the node's network, which NetworkPolicy does not govern."""
        spec = self._pod_spec
        return spec is not None and (spec.text("hostNetwork") or "").lower() in _TRUE

    @cached_property
    def containers(self) -> list[dict[str, Any]]:
        """Its containers and init containers, as they are written."""
        spec = self._pod_spec
        found = [spec.get(name) for name in ("initContainers", "containers")] if spec else []
        return [
            one
            for listed in found
            for one in (listed if isinstance(listed, list) else [])
            if isinstance(one, dict)
        ]

    @cached_property
    def named_ports(self) -> dict[tuple[Protocol, str], int]:
        """The numbers of its container ports that have a name."""
        found: dict[tuple[Protocol, str], int] = {}
        for container in self.containers:
            ports = container.get("ports")
            for port in ports if isinstance(ports, list) else []:
                name, number = _item(port, "name"), _item(port, "containerPort")
                protocol: Protocol = _item(port, "protocol") or "TCP"
                if isinstance(name, str) and str(number).isdecimal():
                    found[protocol, name] = int(str(number))
        return found

    @property
    def service_account(self) -> str:
        """The ServiceAccount that its pods run as."""
        spec = self._pod_spec
        return (spec.text("serviceAccountName") if spec else None) or "default"

    @property
    def _is_pod(self) -> bool:
        return self.resource.kind == "Pod"


def workload(resource: Resource) -> Workload | None:
    """The resource as a workload; None where it makes no pods.

    Raises InputError where a kind that does has a malformed template.
    """
    path = _KNOWN.get((resource.group, resource.kind))
    if path is not None:
        template: Mapping | None = resource.root
        for key in path:
            template = template.child(key) if template else None
        return Workload(resource, template) if template else None
    if "spec" not in resource.root:
        return None
    try:
        for shape in (_TEMPLATE, _JOB_TEMPLATE):
            template = _descend(resource.root, shape)
            spec = template.child("spec") if template else None
            if template and spec and "containers" in spec:
                return Workload(resource, template)
    except ShapeError:
        pass  # a kind of its own, whose spec means something else
    return None


def _item(value: Value, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _descend(mapping: Mapping | None, path: tuple[str, ...]) -> Mapping | None:
    for key in path:
        mapping = mapping.child(key) if mapping and key in mapping else None
    return mapping


def _label_selector(selector: Value) -> dict[str, Any]:
    """A selector as a LabelSelector; ReplicationController and DeploymentConfig have plain maps."""
    if not isinstance(selector, dict):
        return {}
    if not selector.keys() <= {"matchLabels", "matchExpressions"}:
        return {"matchLabels": _strings(selector)}
    own: dict[str, Any] = {}
    if labels := _strings(selector.get("matchLabels")):
        own["matchLabels"] = labels
    if isinstance(expressions := selector.get("matchExpressions"), list) and expressions:
        own["matchExpressions"] = expressions
    return own


def _strings(value: Value, drop: frozenset[str] = frozenset()) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if isinstance(v, str) and k not in drop}
