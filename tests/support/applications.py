"""Small applications of plain resources, for tests of what they declare to each other."""

from __future__ import annotations

from typing import Any, TypeAlias

import yaml

from imds_guard.audit import AuditReport, Context
from imds_guard.config import Config, read_config
from imds_guard.guard import run
from imds_guard.guard.verify import examine
from imds_guard.reach.declared import Flow
from imds_guard.resources import resources
from imds_guard.wire import Result, read

Resource: TypeAlias = "dict[str, Any]"
ALL_KINDS = ("services", "ingresses", "gateways", "webhooks", "monitors", "references")


def resource(api: str, kind: str, name: str, namespace: str | None, **fields: Any) -> Resource:
    """A resource of any kind."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def workload(
    name: str,
    namespace: str = "shop",
    *,
    labels: dict[str, str] | None = None,
    kind: str = "Deployment",
    ports: dict[str, int] | None = None,
    pod: Resource | None = None,
    **container: Any,
) -> Resource:
    """A Deployment whose pods are labelled `app: name`; `ports` are its container's by name."""
    labels = labels or {"app": name}
    listed = [{"name": key, "containerPort": number} for key, number in (ports or {}).items()]
    containers = [{"name": "main", "image": "example.com/main:1", "ports": listed, **container}]
    spec = {**(pod or {}), "containers": containers}
    template = {"metadata": {"labels": dict(labels)}, "spec": spec}
    of_pods = {"selector": {"matchLabels": labels}, "template": template}
    return resource("apps/v1", kind, name, namespace, spec=of_pods)


def service(
    name: str,
    *ports: int | Resource,
    namespace: str = "shop",
    selector: dict[str, str] | None = None,
    **spec: Any,
) -> Resource:
    """A Service in front of the workload of its name."""
    listed = [{"port": one} if isinstance(one, int) else one for one in ports]
    fields = {"selector": selector or {"app": name}, "ports": listed, **spec}
    return resource("v1", "Service", name, namespace, spec=fields)


def config(**spec: Any) -> Config:
    """A configuration with these fields."""
    return read_config({"apiVersion": "imds-guard.dev/v1alpha1", "kind": "ImdsGuard", "spec": spec})


def stream(documents: list[Resource]) -> bytes:
    """The resources as YAML documents."""
    return yaml.safe_dump_all(documents, sort_keys=False).encode()


def guarded(data: bytes, with_config: Config) -> tuple[bytes, list[Result]]:
    """What the function gives, and what it has to say."""
    outcome = run(data, with_config)
    return b"".join(outcome.chunks), outcome.results


def audited(data: bytes, with_config: Config) -> tuple[Context, AuditReport]:
    """What an audit makes of the resources as they stand."""
    return examine(resources(read(data)), with_config)


def declared(data: bytes, kind: str) -> list[str]:
    """The flows of this kind that the resources declare, in words."""
    context, _ = audited(data, config())
    return [_in_words(flow) for flow in context.flows if flow.kind == kind]


def _in_words(flow: Flow) -> str:
    """The flow as `sender -> receiver port`."""
    who = str(flow.client) if flow.client else flow.source
    where = f" in {', '.join(flow.namespaces)}" if flow.namespaces else ""
    return f"{who}{where} -> {flow.target} {flow.port}"


def warnings(results: list[Result]) -> list[Result]:
    """The results without what is only told."""
    return [one for one in results if one.severity != "info"]


def cut(kind: str, data: bytes, with_config: Config) -> list[Result]:
    """The findings of what the function's own policies cut of this kind."""
    findings = warnings(guarded(data, with_config)[1])
    assert {one.id for one in findings} <= {"IG003", "IG007"}  # IG003: on the host's network
    return [one for one in findings if f"add {kind} to" in one.fix]
