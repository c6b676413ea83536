"""Everything that makes pods: any kind with a pod template, and Pods themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.resources.fields import CONTAINER
from imds_guard.resources.labels import labels_in
from imds_guard.resources.pod_kinds import BY_SHAPE, CONTROLLER_LABELS
from imds_guard.resources.resource import strings
from imds_guard.wire import Fields, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.fields import PodFields
    from imds_guard.resources.network_policy import Protocol
    from imds_guard.resources.pod_kinds import PodKind
    from imds_guard.resources.resource import Resource
    from imds_guard.wire import Value


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
        kind: PodKind = BY_SHAPE,
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
        if not CONTROLLER_LABELS.isdisjoint(written):
            written = {k: v for k, v in written.items() if k not in CONTROLLER_LABELS}
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
