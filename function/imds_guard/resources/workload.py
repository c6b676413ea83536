"""Everything that makes pods: any kind with a pod template, and Pods themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.resources.fields import (
    CONTAINER,
    JOB,
    JOB_TEMPLATE,
    POD,
    RESOURCE,
    TEMPLATE,
    outline_of,
)
from imds_guard.resources.labels import labels_in
from imds_guard.resources.resource import strings
from imds_guard.wire import Fields, Item, ShapeError, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.fields import PodFields
    from imds_guard.resources.network_policy import Protocol
    from imds_guard.resources.resource import Resource
    from imds_guard.wire import Value


class _Kind(NamedTuple):
    """How a kind makes pods: where its pod templates stand, and which labels controllers add.

    Of the labels, `present` are added by the controllers of every supported version, `maybe` by
    those of some, or to some pods.
    """

    shapes: tuple[PodFields, ...]
    present: frozenset[str] = frozenset()
    maybe: frozenset[str] = frozenset()


# Kubernetes reference, Well-Known Labels, and the API reference of the workload resources. A kind
# that is not listed is known by its shape.
_OF_JOB = frozenset(
    (
        *("controller-uid", "job-name"),
        *("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"),
    )
)
_OF_INDEXED_JOB = frozenset(("batch.kubernetes.io/job-completion-index",))
_REPLICAS = _Kind((TEMPLATE,), present=frozenset(("pod-template-hash",)))
_DAEMONS = _Kind(
    (TEMPLATE,),
    present=frozenset(("controller-revision-hash",)),
    maybe=frozenset(("pod-template-generation",)),
)
_KINDS: dict[tuple[str, str], _Kind] = {
    ("", "Pod"): _Kind((POD,)),
    ("", "ReplicationController"): _Kind((TEMPLATE,)),
    ("apps", "Deployment"): _REPLICAS,
    ("apps", "StatefulSet"): _Kind(
        (TEMPLATE,),
        present=frozenset(("controller-revision-hash", "statefulset.kubernetes.io/pod-name")),
        maybe=frozenset(("apps.kubernetes.io/pod-index",)),  # since 1.28
    ),
    ("apps", "DaemonSet"): _DAEMONS,
    ("apps", "ReplicaSet"): _Kind((TEMPLATE,)),
    ("extensions", "Deployment"): _REPLICAS,
    ("extensions", "DaemonSet"): _DAEMONS,
    ("extensions", "ReplicaSet"): _Kind((TEMPLATE,)),
    ("batch", "Job"): _Kind((TEMPLATE,), _OF_JOB, _OF_INDEXED_JOB),
    ("batch", "CronJob"): _Kind((JOB_TEMPLATE,), _OF_JOB, _OF_INDEXED_JOB),
}
_BY_SHAPE = _Kind(())
# Every label that some controller puts on pods by itself. No selector written today can know its
# value, and of a Pod that a controller made it says nothing of the next one.
_CONTROLLER_LABELS = frozenset().union(*(one.present | one.maybe for one in _KINDS.values()))
_TRUE = frozenset(["y", "yes", "true", "on"])  # as Kubernetes' YAML reader takes them


class Workload:
    """The pods that a resource makes of one template, whose fields are at `pod`.

    `part` names the template where the resource has several, and is empty where it has one.
    Raises InputError where the fields are malformed.
    """

    __slots__ = (
        *("_fields", "_named_ports", "_pod", "is_owned_for_certain", "labels", "owners", "part"),
        *("pod_labels", "resource"),
    )

    def __init__(
        self,
        resource: Resource,
        fields: Fields,
        pod: PodFields,
        kind: _Kind = _BY_SHAPE,
        *,
        part: str = "",
    ) -> None:
        self.resource = resource
        self.part = part
        self._fields = fields
        self._pod = pod
        self._named_ports: dict[tuple[Protocol, str], int] | None = None
        self.owners: tuple[Workload, ...] = ()
        """The workloads of the input whose pods its own may be; several where an object has."""
        self.is_owned_for_certain = False
        """Whether the uids of the objects say so, and not its text alone."""
        labels = labels_in(fields.get(pod.labels), kind.present, kind.maybe)
        if resource.group == "serving.knative.dev":
            # Knative's pods carry the name of their Service, whatever the template says.
            known = {"serving.knative.dev/service": self.name, **labels.known}
            labels = labels._replace(known=known)
        self.labels = labels
        """The labels of its pods, for the selectors of policies."""
        written = labels.known
        if not _CONTROLLER_LABELS.isdisjoint(written):
            written = {k: v for k, v in written.items() if k not in _CONTROLLER_LABELS}
        self.pod_labels: dict[str, str] = dict(written)
        """Those that its template writes, by which a policy can select its pods."""

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
        return self.pod_annotation(name) if own is None else own

    def pod_annotation(self, name: str) -> str | None:
        """An annotation of its pods, as their template writes it."""
        held = self._fields.mapping(self._pod.annotations)
        if name not in held:
            return None
        return self._fields.scalar(self._pod.annotations, name, held[name]) or ""

    @property
    def template_annotations(self) -> Iterator[tuple[str, str]]:
        """The names of its pod template's annotations, with their field paths. Raises ShapeError.

        Of a template in the depth of a custom resource, the path is that of the resource.
        """
        is_nested = self._fields.item is not self.resource.item
        for name in self._fields.mapping(self._pod.annotations):
            yield name, "" if is_nested else f"{self._pod.annotations}.{name}"

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
    def dns_policy(self) -> str:
        """How its pods resolve names: ClusterFirst where it says nothing."""
        return str(self.spec_with("dnsPolicy").get("dnsPolicy") or "ClusterFirst")

    @property
    def nameservers(self) -> list[str]:
        """The resolvers that it names itself."""
        found = mapping(self.spec_with("dnsPolicy").get("dnsConfig")).get("nameservers")
        return [str(one) for one in found] if isinstance(found, list) else []

    @property
    def mounts_token(self) -> bool | None:
        """Whether its pods get their ServiceAccount's token; None where that decides."""
        spec = self.spec_with("automountServiceAccountToken")
        mounts = spec.get("automountServiceAccountToken")
        if mounts is None:
            return None
        sources = [
            source
            for volume in self.volumes
            for source in _list(mapping(mapping(volume).get("projected")).get("sources"))
        ]
        has_projected = any("serviceAccountToken" in mapping(source) for source in sources)
        return has_projected or str(mounts).lower() in _TRUE

    def spec_with(self, word: str) -> dict[str, Value]:
        """Its pods' spec; empty, without reading it, where nothing there has this word."""
        if not self._fields.item.may_say(word):
            return {}
        value: Value = self._fields.item.value()
        for key in self._pod.containers.split(".")[:-1]:
            value = mapping(value).get(key)
        return mapping(value)

    @property
    def named_ports(self) -> dict[tuple[Protocol, str], int]:
        """The numbers of its container ports that have a name."""
        if self._named_ports is None:
            self._named_ports = self._read_named_ports()
        return self._named_ports

    def _read_named_ports(self) -> dict[tuple[Protocol, str], int]:
        found: dict[tuple[Protocol, str], int] = {}
        for container in self.containers:
            for port in _list(container.get("ports")):
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
    kind = _KINDS.get((resource.group, resource.kind))
    if kind is None:
        found = _by_shape(resource)
        if found is not None:
            yield found
        elif _is_custom(resource):
            yield from _nested(resource)
        return
    for pod in kind.shapes:
        fields = _fields(resource, pod)
        if not pod.template or fields.has(pod.template):
            part = _part_of(pod.template) if len(kind.shapes) > 1 else ""
            yield Workload(resource, fields, pod, kind, part=part)


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


_WITHOUT_PODS = frozenset(
    (
        *("CustomResourceDefinition", "Kptfile", "Kustomization"),
        "ClusterTrainingRuntime",  # Kubeflow Trainer: of TrainJobs in any namespace
    )
)


def _is_custom(resource: Resource) -> bool:
    """Whether a kind that is not listed may hold pod templates at places of its own."""
    has_template = resource.kind == "PodTemplate" or "." in resource.group
    if not has_template or resource.kind in _WITHOUT_PODS:
        return False
    text = resource.item.text
    return b"containers" in text or b"\\" in text


def _nested(resource: Resource) -> Iterator[Workload]:
    """The workloads of pod templates at whatever depth, each named by where it stands."""
    found = list(_templates(resource.item.value(), ()))
    for path, template in found:
        part = _part_of(".".join(path)) if len(found) > 1 else ""
        yield Workload(resource, _as_pod(resource.item, template), POD, part=part)


def _as_pod(item: Item, template: Value) -> Fields:
    """The fields of a pod template, which has the shape of a Pod."""
    built = Item(item.data, item.start, item.end, item.column, load=lambda: template)
    return Fields(built, RESOURCE)


def _templates(value: Value, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Every mapping that has the shape of a pod template: a spec with a list of containers."""
    if isinstance(value, list):
        for at, one in enumerate(value):
            yield from _templates(one, (*path, str(at)))
    if not isinstance(value, dict):
        return
    if path and isinstance(mapping(value.get("spec")).get("containers"), list):
        metadata = value.get("metadata")
        if isinstance(metadata, dict) or metadata is None:
            yield path, value
            return
    for key, held in value.items():
        yield from _templates(held, (*path, str(key)))


def _fields(resource: Resource, pod: PodFields) -> Fields:
    if pod is POD or pod is TEMPLATE:
        return resource.fields
    return Fields(resource.item, outline_of(pod))


def _list(value: Value) -> list[Any]:
    return value if isinstance(value, list) else []


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
