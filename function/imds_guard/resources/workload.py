"""Everything that makes pods: any kind with a pod template, and Pods themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.resources.fields import (
    CONTAINER,
    JOB,
    JOB_TEMPLATE,
    POD,
    TEMPLATE,
    outline_of,
)
from imds_guard.resources.resource import strings
from imds_guard.wire import Fields, ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.fields import PodFields
    from imds_guard.resources.network_policy import Protocol
    from imds_guard.resources.resource import Resource
    from imds_guard.wire import Value

# Where the pods of a kind stand: one shape for each pod template that the kind has. Kubernetes API
# reference, workload resources. A kind that is not listed is known by its shape.
_SHAPES: dict[tuple[str, str], tuple[PodFields, ...]] = {
    ("", "Pod"): (POD,),
    ("", "ReplicationController"): (TEMPLATE,),
    ("apps", "Deployment"): (TEMPLATE,),
    ("apps", "StatefulSet"): (TEMPLATE,),
    ("apps", "DaemonSet"): (TEMPLATE,),
    ("apps", "ReplicaSet"): (TEMPLATE,),
    ("extensions", "Deployment"): (TEMPLATE,),
    ("extensions", "DaemonSet"): (TEMPLATE,),
    ("extensions", "ReplicaSet"): (TEMPLATE,),
    ("batch", "Job"): (TEMPLATE,),
    ("batch", "CronJob"): (JOB_TEMPLATE,),
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
    """The pods that a resource makes of one template, whose fields are at `pod`.

    `part` names the template where the resource has several, and is empty where it has one.
    Raises InputError where the fields are malformed.
    """

    __slots__ = ("_fields", "_named_ports", "_pod", "part", "pod_labels", "resource")

    def __init__(
        self, resource: Resource, fields: Fields, pod: PodFields, *, part: str = ""
    ) -> None:
        self.resource = resource
        self.part = part
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
        is_of_template = self._pod.template and not self.part
        if is_of_template and (own := _label_selector(self._fields.get("spec.selector"))):
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


def workloads(resource: Resource) -> Iterator[Workload]:
    """The workloads of a resource, one for each pod template that it has.

    Raises InputError where a kind that is known to make pods has a malformed template.
    """
    shapes = _SHAPES.get((resource.group, resource.kind))
    if shapes is None:
        found = _by_shape(resource)
        if found is not None:
            yield found
        return
    for pod in shapes:
        fields = _fields(resource, pod)
        if not pod.template or fields.has(pod.template):
            part = _part_of(pod.template) if len(shapes) > 1 else ""
            yield Workload(resource, fields, pod, part=part)


def _part_of(template: str) -> str:
    """A template's name: of spec.headGroupSpec.template, headGroupSpec."""
    return template.removeprefix("spec.").removesuffix(".template")


def _by_shape(resource: Resource) -> Workload | None:
    """The workload of a kind that is not listed, where it has a pod template at a usual place."""
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
    if pod is POD or pod is TEMPLATE:
        return resource.fields
    return Fields(resource.item, outline_of(pod))


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
