"""allow.infer against random applications: it lets through what is declared, and nothing else.

What is declared is worked out here from the model of the application alone, packet by packet.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.applications import (
    ALL_KINDS,
    Resource,
    audited,
    config,
    guarded,
    resource,
    service,
    stream,
    workload,
)
from tests.support.kubernetes_rules import violations
from tests.support.packets import Packet, rule_allows, selects

NAMESPACES = ("shop", "stock", "edge", "monitoring")
GATEWAYS, MONITORING = "edge", "monitoring"
SERVICE_PORTS = (80, 5432)
PORTS = (80, 5432, 8080, 9090)
PROTOCOLS = ("TCP", "UDP")
CONFIG = config(egress="dns", allow={"infer": list(ALL_KINDS), "gatewayNamespaces": [GATEWAYS]})
thorough = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # tried once with 5,000


@dataclass(frozen=True)
class Call:
    """A workload's setting that names a Service, with one of its ports or without."""

    namespace: str
    service: str
    port: int | None

    def __str__(self) -> str:
        host = f"{self.service}.{self.namespace}.svc.cluster.local"
        return f"http://{host}:{self.port}/" if self.port else host


@dataclass(frozen=True)
class Pods:
    """A workload. Its selector may be wider than its labels, and so select others' pods too."""

    namespace: str
    name: str
    labels: dict[str, str]
    selector: dict[str, str]
    http: int | None  # the number of its container port of this name
    calls: tuple[Call, ...]

    def number(self, protocol: str, port: int | str) -> int | str:
        """What a Service's target port is here; the name where no container has it."""
        if isinstance(port, str) and protocol == "TCP" and self.http is not None:
            return self.http
        return port

    def manifest(self) -> Resource:
        env = [{"name": f"CALL_{at}", "value": str(call)} for at, call in enumerate(self.calls)]
        ports = {"http": self.http} if self.http else {}
        made = workload(self.name, self.namespace, labels=self.labels, ports=ports, env=env)
        made["spec"]["selector"] = {"matchLabels": dict(self.selector)}
        return made


@dataclass(frozen=True)
class Front:
    """A Service; per port of its own, the pods' port and the protocol."""

    namespace: str
    name: str
    selector: dict[str, str]
    ports: tuple[tuple[int, int | str, str], ...]
    is_public: bool

    def manifest(self) -> Resource:
        ports = [
            {"name": f"p{port}", "port": port, "targetPort": target, "protocol": protocol}
            for port, target, protocol in self.ports
        ]
        kind = {"type": "LoadBalancer"} if self.is_public else {}
        made = service(
            self.name, *ports, namespace=self.namespace, selector=dict(self.selector), **kind
        )
        made["metadata"]["labels"] = {"service": self.name}
        return made


@dataclass(frozen=True)
class Pointer:
    """An Ingress, a route, a webhook or a ServiceMonitor, for one port of one Service."""

    kind: str
    namespace: str
    service: str
    port: int

    def manifest(self, at: int) -> Resource:
        name = f"{self.kind.lower()}-{at}"
        backend: Resource = {"name": self.service, "port": self.port}
        if self.kind == "Ingress":
            held = {"service": {"name": self.service, "port": {"number": self.port}}}
            spec: Resource = {"defaultBackend": held}
            return resource("networking.k8s.io/v1", self.kind, name, self.namespace, spec=spec)
        if self.kind == "HTTPRoute":
            parents = [{"name": "gateway", "namespace": GATEWAYS}]
            spec = {"parentRefs": parents, "rules": [{"backendRefs": [backend]}]}
            api = "gateway.networking.k8s.io/v1"
            return resource(api, self.kind, name, self.namespace, spec=spec)
        if self.kind == "ServiceMonitor":
            spec = {
                "selector": {"matchLabels": {"service": self.service}},
                "endpoints": [{"port": f"p{self.port}"}],
            }
            api = "monitoring.coreos.com/v1"
            return resource(api, self.kind, name, self.namespace, spec=spec)
        config = {"service": {"namespace": self.namespace, **backend}}
        hooks = [{"name": "hook.example.com", "clientConfig": config}]
        api = "admissionregistration.k8s.io/v1"
        return resource(api, "ValidatingWebhookConfiguration", name, None, webhooks=hooks)

    @property
    def senders(self) -> str | None:
        """The namespace that it sends from; None where that is no namespace."""
        known = {"Ingress": GATEWAYS, "HTTPRoute": GATEWAYS, "ServiceMonitor": MONITORING}
        return known.get(self.kind)


@dataclass(frozen=True)
class App:
    pods: tuple[Pods, ...]
    fronts: tuple[Front, ...]
    pointers: tuple[Pointer, ...]

    def data(self) -> bytes:
        namespaces = [resource("v1", "Namespace", name, None) for name in NAMESPACES]
        made = [one.manifest() for one in self.pods]
        made += [one.manifest() for one in self.fronts]
        made += [one.manifest(at) for at, one in enumerate(self.pointers)]
        return stream([*namespaces, *made])


# Random applications.

labels = st.fixed_dictionaries({"app": st.sampled_from("ab")}, optional={"tier": st.just("x")})
names = st.sampled_from(("one", "two"))
namespaces = st.sampled_from(NAMESPACES[:3])
targets: st.SearchStrategy[int | str] = st.sampled_from((80, 8080, "http"))
service_ports = st.tuples(st.sampled_from(SERVICE_PORTS), targets, st.sampled_from(PROTOCOLS))
calls = st.builds(Call, namespaces, names, st.none() | st.sampled_from(SERVICE_PORTS))
pointers = st.builds(
    Pointer,
    st.sampled_from(("Ingress", "HTTPRoute", "ServiceMonitor", "Webhook")),
    namespaces,
    names,
    st.sampled_from(SERVICE_PORTS),
)


@st.composite
def apps(draw: st.DrawFn) -> App:
    pods = []
    for at in range(draw(st.integers(1, 4))):
        own = draw(labels)
        pods.append(
            Pods(
                draw(st.sampled_from(NAMESPACES)),
                f"w{at}",
                own,
                draw(st.sampled_from(({"app": own["app"]}, own))),
                draw(st.sampled_from((None, 80, 8080))),
                tuple(draw(st.lists(calls, max_size=2))),
            )
        )
    where = draw(st.lists(st.tuples(namespaces, names), max_size=4, unique=True))
    fronts = [
        Front(
            *place,
            draw(labels),
            tuple(draw(st.lists(service_ports, min_size=1, max_size=2, unique_by=lambda p: p[0]))),
            draw(st.booleans()),
        )
        for place in where
    ]
    return App(tuple(pods), tuple(fronts), tuple(draw(st.lists(pointers, max_size=3))))


# What is declared.


def covers(one: Pods, other: Pods) -> bool:
    """Whether the selector of a workload selects another's pods: they cannot be told apart."""
    return one.namespace == other.namespace and one.selector.items() <= other.labels.items()


def is_behind(front: Front, pods: Pods) -> bool:
    return front.namespace == pods.namespace and front.selector.items() <= pods.labels.items()


def leads_to(
    front: Front, of: int | None, meant: Pods, target: Pods, protocol: str, port: int
) -> bool:
    """Whether the Service's port (None: any) is this port of `target`, where `meant` is meant."""
    for number, at, spoken in front.ports:
        if of not in (None, number) or spoken != protocol:
            continue
        if target.number(protocol, meant.number(protocol, at)) == port:
            return True
    return False


def is_called(
    app: App, client: Pods, target: Pods, protocol: str, port: int, *, itself: bool
) -> bool:
    """Whether the client's settings name a Service of the target; `itself`: or of its own."""
    return any(
        (call.namespace, call.service) == (front.namespace, front.name)
        and is_behind(front, meant)
        and leads_to(front, call.port, meant, target, protocol, port)
        for caller in app.pods
        if covers(caller, client)
        for meant in app.pods
        if covers(meant, target) and (itself or meant is not caller)
        for call in caller.calls
        for front in app.fronts
    )


def is_neighbour(app: App, client: Pods, target: Pods, protocol: str, port: int) -> bool:
    """Whether a Service of the client's own namespace declares that it may call the target."""
    return any(
        covers(meant, target)
        and is_behind(front, meant)
        and client.namespace == front.namespace
        and not front.is_public
        and leads_to(front, None, meant, target, protocol, port)
        for front in app.fronts
        for meant in app.pods
    )


def is_sent(app: App, client: Pods, target: Pods, protocol: str, port: int) -> bool:
    """Whether a Service, or something in front of it, declares that pods like these send."""
    for front in app.fronts:
        for meant in app.pods:
            if not (covers(meant, target) and is_behind(front, meant)):
                continue
            is_here = client.namespace == front.namespace and not front.is_public
            if is_here and leads_to(front, None, meant, target, protocol, port):
                return True
            for one in app.pointers:
                if (
                    (one.namespace, one.service) == (front.namespace, front.name)
                    and one.senders == client.namespace
                    and leads_to(front, one.port, meant, target, protocol, port)
                ):
                    return True
    return False


# What the policies let through.


def inferred(out: bytes) -> list[dict[str, Any]]:
    stems = tuple(f"allow-{kind}" for kind in ALL_KINDS)
    found = [one for one in yaml.safe_load_all(out) if one["kind"] == "NetworkPolicy"]
    assert [fault for one in found for fault in violations(one)] == []
    return [one for one in found if one["metadata"]["name"].startswith(stems)]


def packet(other: Pods, target: Pods, protocol: str, port: int) -> Packet:
    """To a port of `target`, with `other` as the peer."""
    named = (("TCP", "http", target.http),) if target.http else ()
    in_namespace = {"kubernetes.io/metadata.name": other.namespace}
    return Packet(protocol, port, pod=(other.namespace, in_namespace, other.labels), named=named)


def lets(
    policies: list[dict[str, Any]], direction: str, of: Pods, other: Pods, sent: Packet
) -> bool:
    """Whether any policy of these pods lets the packet from or to the others through."""
    key = "from" if direction == "ingress" else "to"
    return any(
        rule_allows({"to": rule[key], "ports": rule["ports"]}, of.namespace, sent)
        for policy in policies
        if policy["metadata"]["namespace"] == of.namespace
        and selects(policy["spec"]["podSelector"], of.labels)
        for rule in policy["spec"].get(direction, [])
    )


@thorough
@given(apps())
def test_the_rules_let_through_what_is_declared_and_nothing_else(app: App) -> None:
    policies = inferred(guarded(app.data(), CONFIG)[0])
    for client, target in product(app.pods, app.pods):
        for protocol, port in product(PROTOCOLS, PORTS):
            what = client.name, target.name, protocol, port
            calls = is_called(app, client, target, protocol, port, itself=False)
            perhaps = is_called(app, client, target, protocol, port, itself=True)
            sends = is_sent(app, client, target, protocol, port)

            sent = packet(client, target, protocol, port)
            let_in = lets(policies, "ingress", target, client, sent)
            assert let_in <= (sends or perhaps), f"let in, and not declared: {what}"
            assert let_in >= (sends or calls), f"declared, and not let in: {what}"

            sent = packet(target, target, protocol, port)
            let_out = lets(policies, "egress", client, target, sent)
            near = is_neighbour(app, client, target, protocol, port)
            assert let_out <= (perhaps or near), f"let out, and not declared: {what}"
            assert let_out >= (calls or near), f"declared, and not let out: {what}"


@thorough
@given(apps())
def test_nothing_is_cut_and_a_second_run_changes_nothing(app: App) -> None:
    data = app.data()
    out, results = guarded(data, CONFIG)
    assert [one for one in results if one.severity != "info"] == []
    assert guarded(data, CONFIG) == (out, results)
    assert guarded(out, CONFIG)[0] == out
    _, report = audited(out, CONFIG)
    assert [one for one in report.findings if one.severity != "info"] == []
