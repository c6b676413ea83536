"""The traffic that manifests declare: who sends what to which workload.

Only what is written counts. A Service declares that the pods of its namespace may call it, one of
type LoadBalancer or NodePort that the world may; an Ingress and a route, that a gateway does; a
webhook, that the API server does; a monitor, that Prometheus does; a name of a Service in a
workload's settings, that this workload does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from imds_guard.reach.selectors import matches
from imds_guard.resources.api_access import is_binding, is_role
from imds_guard.resources.labels import Labels
from imds_guard.resources.references import Reference, ServiceNames
from imds_guard.resources.service import (
    Monitor,
    Pointer,
    Service,
    ServicePort,
    monitor,
    pointers,
    service,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from imds_guard.reach.subject import Subject
    from imds_guard.resources import Resource
    from imds_guard.resources.network_policy import Protocol

FlowKind = Literal["services", "ingresses", "gateways", "webhooks", "monitors", "references"]
SourceKind = Literal["namespace", "world", "gateways", "prometheus", "workload"]
_KINDS: dict[str, FlowKind] = {
    "ingress": "ingresses",
    "gateway": "gateways",
    "webhook": "webhooks",
}


class Port(NamedTuple):
    """A port of pods, by number, or by a name that no container of theirs explains."""

    protocol: Protocol
    port: int | str

    def __str__(self) -> str:
        return f"{self.port}/{self.protocol}"


class Flow(NamedTuple):
    """Traffic to the pods of `target` on `port`, as `by` declares it.

    `source` says from whom: the pods of the target's namespace, the world, gateways or Prometheus
    in `namespaces` (None: they name none), or the pods of the workload `client`.
    """

    kind: FlowKind
    by: Resource
    source: SourceKind
    target: Subject
    port: Port
    client: Subject | None = None
    namespaces: tuple[str, ...] | None = None


class Declarations:
    """What an input holds that declares traffic."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.pointers: list[Pointer] = []
        self.monitors: list[Monitor] = []
        self.config_maps: dict[tuple[str | None, str], Resource] = {}
        self.service_accounts: dict[tuple[str | None, str], Resource] = {}
        self.bindings: list[Resource] = []
        self.roles: dict[tuple[str, str | None, str], Resource] = {}

    def add(self, resource: Resource) -> None:
        """Take in a resource that makes no pods, if it declares anything."""
        if resource.kind == "ServiceAccount" and not resource.group:
            self.service_accounts[resource.namespace, resource.address.name] = resource
        elif resource.kind == "ConfigMap" and not resource.group:
            self.config_maps[resource.namespace, resource.address.name] = resource
        elif is_binding(resource):
            self.bindings.append(resource)
        elif is_role(resource):
            namespace = resource.namespace if resource.kind == "Role" else None
            self.roles[resource.kind, namespace, resource.address.name] = resource
        elif found := service(resource):
            self.services.append(found)
        elif watcher := monitor(resource):
            self.monitors.append(watcher)
        else:
            self.pointers += pointers(resource)

    def values_of(self, namespace: str | None, name: str) -> list[tuple[str, str]]:
        """The keys and values of a ConfigMap, none where it is not in the input."""
        resource = self.config_maps.get((namespace, name))
        data = resource.root.get("data") if resource else None
        held = data.items() if isinstance(data, dict) else ()
        return [(key, value) for key, value in held if isinstance(value, str)]


def flows(declared: Declarations, subjects: Sequence[Subject]) -> list[Flow]:
    """Every flow once, in the order of the input."""
    return list(dict.fromkeys(_Finder(declared, subjects).find()))


class _Finder:
    def __init__(self, declared: Declarations, subjects: Sequence[Subject]) -> None:
        self.declared = declared
        self.by_namespace: dict[str | None, list[Subject]] = {}
        self.by_workload: dict[int, Subject] = {}
        self.by_label: dict[tuple[str | None, tuple[str, str]], list[Subject]] = {}
        self._found: dict[int, list[Subject]] = {}  # behind each Service
        for subject in subjects:
            self.by_namespace.setdefault(subject.namespace, []).append(subject)
            if subject.workload is not None:
                self.by_workload[id(subject.workload)] = subject
            if not subject.host_network:
                for label in subject.labels.known.items():
                    self.by_label.setdefault((subject.namespace, label), []).append(subject)
        self.services = {(one.namespace, one.name): one for one in declared.services}

    def find(self) -> Iterator[Flow]:
        for one in self.declared.services:
            source: SourceKind = "world" if one.is_public else "namespace"
            for target, port in self._behind(one, one.ports):
                yield Flow("services", one.resource, source, target, port)
        for pointer in self.declared.pointers:
            yield from self._pointed(pointer)
        for watcher in self.declared.monitors:
            yield from self._monitored(watcher)
        yield from self._referenced()

    def _pods(self, service: Service) -> list[Subject]:
        """The pods that a Service selects: of those with its rarest label, all that have the rest.

        Pods on the host's network are not among them: no policy governs them.
        """
        known = self._found.get(id(service))
        if known is None:
            wanted = service.selector.items()
            with_label = (self.by_label.get((service.namespace, one), []) for one in wanted)
            fewest = min(with_label, key=len)
            known = [one for one in fewest if wanted <= one.labels.known.items()]
            self._found[id(service)] = known
        return known

    def _behind(
        self, service: Service, ports: Iterable[ServicePort]
    ) -> Iterator[tuple[Subject, Port]]:
        """The pods behind a Service, and the port of theirs that each of its ports means."""
        ports = list(ports)
        for subject in self._pods(service):
            for one in ports:
                yield subject, Port(one.protocol, _number(subject, one.protocol, one.target))

    def _pointed(self, pointer: Pointer) -> Iterator[Flow]:
        service = self.services.get((pointer.namespace, pointer.service))
        if service is None:
            return
        ports = [port for port in service.ports if pointer.means(port)]
        kind = _KINDS[pointer.kind]
        source: SourceKind = "world" if pointer.kind == "webhook" else "gateways"
        names = tuple(name for name in pointer.parents if name) or None
        for target, port in self._behind(service, ports):
            yield Flow(kind, pointer.resource, source, target, port, namespaces=names)

    def _monitored(self, monitor: Monitor) -> Iterator[Flow]:
        here = (monitor.resource.namespace,) if monitor.resource.namespace else None
        if monitor.selects_services:
            for service in self.declared.services:
                if self._is_monitored(monitor, service.namespace, Labels(service.labels)):
                    ports = [p for p in service.ports if {p.name, p.target} & {*monitor.ports}]
                    for target, port in self._behind(service, ports):
                        by = monitor.resource
                        yield Flow("monitors", by, "prometheus", target, port, namespaces=here)
            return
        for subjects in self.by_namespace.values():
            for subject in subjects:
                if subject.host_network:
                    continue
                if self._is_monitored(monitor, subject.namespace, subject.labels):
                    for one in monitor.ports:
                        port = Port("TCP", _number(subject, "TCP", one))
                        by = monitor.resource
                        yield Flow("monitors", by, "prometheus", subject, port, namespaces=here)

    @staticmethod
    def _is_monitored(monitor: Monitor, namespace: str | None, labels: Labels) -> bool:
        inside = monitor.namespaces is None or namespace in monitor.namespaces
        return inside and bool(matches(monitor.selector, labels))

    def _referenced(self) -> Iterator[Flow]:
        names = ServiceNames(self.declared.services)
        for subject in self.by_workload.values():
            if subject.host_network or subject.workload is None:
                continue
            for found in names.mentioned(subject.workload, self.declared.values_of):
                ports = [p for p in found.service.ports if found.port in (None, p.port)]
                by = subject.workload.resource
                for target, port in self._behind(found.service, ports):
                    if target is subject and not self._calls_members(found):
                        continue  # its own name for itself, as in what it tells others
                    yield Flow("references", by, "workload", target, port, client=subject)

    @staticmethod
    def _calls_members(found: Reference) -> bool:
        """Whether a workload that names its own Service means other pods of its own by it."""
        return found.names_a_pod or found.service.is_headless


def _number(subject: Subject, protocol: Protocol, port: int | str) -> int | str:
    """A port by its number, where a container of these pods says what its name means."""
    if isinstance(port, int) or subject.workload is None:
        return port
    return subject.workload.named_ports.get((protocol, port), port)
