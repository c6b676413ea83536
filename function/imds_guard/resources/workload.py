"""Everything that makes pods: any kind with a pod template, and Pods themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.resources.fields import CONTAINER, CRON_JOB, JOB, JOB_TEMPLATE, POD, TEMPLATE
from imds_guard.resources.resource import strings
from imds_guard.wire import Fields, ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.fields import PodFields
    from imds_guard.resources.network_policy import Protocol
    from imds_guard.resources.resource import Resource
    from imds_guard.wire import Value

# Kubernetes API reference, workload resources. Other kinds are known by their shape.
_KNOWN: dict[tuple[str, str], PodFields] = {
    ("", "Pod"): POD,
    ("", "ReplicationController"): TEMPLATE,
    ("apps", "Deployment"): TEMPLATE,
    ("apps", "StatefulSet"): TEMPLATE,
    ("apps", "DaemonSet"): TEMPLATE,
    ("apps", "ReplicaSet"): TEMPLATE,
    ("extensions", "Deployment"): TEMPLATE,
    ("extensions", "DaemonSet"): TEMPLATE,
    ("extensions", "ReplicaSet"): TEMPLATE,
    ("batch", "Job"): TEMPLATE,
    ("batch", "CronJob"): JOB_TEMPLATE,
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
    """A resource that makes pods, whose fields are at `pod`.

    Raises InputError where they are malformed.
    """

    __slots__ = ("_fields", "_named_ports", "_pod", "pod_labels", "resource")

    def __init__(self, resource: Resource, fields: Fields, pod: PodFields) -> None:
        self.resource = resource
        self._fields = fields
        self._pod = pod
        self._named_ports: dict[tuple[Protocol, str], int] | None = None
        labels = strings(fields.get(pod.labels))
        if not _CONTROLLER_LABELS.isdisjoint(labels):
            labels = {k: v for k, v in labels.items() if k not in _CONTROLLER_LABELS}
        if resource.group == "serving.knative.dev":
            # Knative's pods carry the name of their Service, whatever the template says.
            labels = {"serving.knative.dev/service": self.name, **labels}
        self.pod_labels: dict[str, str] = labels  # those of controllers aside

    @property
    def name(self) -> str:
        return self.resource.address.name

    @property
    def namespace(self) -> str | None:
        return self.resource.namespace

    @property
    def pod_selector(self) -> dict[str, Any]:
        """A label selector for its pods: its own, or its pods' labels. Empty: none is known."""
        if self._pod.template and (own := _label_selector(self._fields.get("spec.selector"))):
            return own
        return {"matchLabels": self.pod_labels} if self.pod_labels else {}

    def annotation(self, name: str) -> str | None:
        """An annotation of the workload, or else of its pod template."""
        own = self.resource.annotation(name)
        if own is not None:
            return own
        held = self._fields.mapping(self._pod.annotations)
        if name not in held:
            return None
        return self._fields.scalar(self._pod.annotations, name, held[name]) or ""

    @property
    def host_network(self) -> bool:
        """Whether its pods share the node's network, which NetworkPolicy does not govern."""
        return (self._fields.text(self._pod.host_network) or "").lower() in _TRUE

    @property
    def containers(self) -> Iterator[Fields]:
        """Its init containers and its containers, those that are mappings."""
        for name in (self._pod.init_containers, self._pod.containers):
            for item in self._fields.entries(name):
                container = Fields(item, CONTAINER)
                if container.is_mapping:
                    yield container

    @property
    def volumes(self) -> list[Value]:
        """Its pods' volumes, as they are written."""
        found = self._fields.get(self._pod.volumes)
        return found if isinstance(found, list) else []

    @property
    def named_ports(self) -> dict[tuple[Protocol, str], int]:
        """The numbers of its container ports that have a name."""
        if self._named_ports is None:
            self._named_ports = self._read_named_ports()
        return self._named_ports

    def _read_named_ports(self) -> dict[tuple[Protocol, str], int]:
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
        return self._fields.text(self._pod.service_account) or "default"


def workload(resource: Resource) -> Workload | None:
    """The resource as a workload; None where it makes no pods.

    Raises InputError where a kind that does has a malformed template.
    """
    pod = _KNOWN.get((resource.group, resource.kind))
    if pod is not None:
        fields = _fields(resource, pod)
        if pod.template and not fields.has(pod.template):
            return None
        return Workload(resource, fields, pod)
    try:
        for pod, holder in ((TEMPLATE, TEMPLATE.template), (JOB_TEMPLATE, JOB)):
            if not resource.fields.may_have(holder):
                continue
            fields = _fields(resource, pod)
            if fields.has(pod.containers):
                return Workload(resource, fields, pod)
    except ShapeError:
        pass  # a kind of its own, whose spec means something else
    return None


def _fields(resource: Resource, pod: PodFields) -> Fields:
    return Fields(resource.item, CRON_JOB) if pod is JOB_TEMPLATE else resource.fields


def _item(value: Value, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _label_selector(selector: Value) -> dict[str, Any]:
    """A selector as a LabelSelector; ReplicationController and DeploymentConfig have plain maps."""
    if not isinstance(selector, dict):
        return {}
    if not selector.keys() <= {"matchLabels", "matchExpressions"}:
        return {"matchLabels": strings(selector)}
    own: dict[str, Any] = {}
    if labels := strings(selector.get("matchLabels")):
        own["matchLabels"] = labels
    if isinstance(expressions := selector.get("matchExpressions"), list) and expressions:
        own["matchExpressions"] = expressions
    return own
