"""Hypothesis strategies: applications whose parts declare traffic to each other, as a model."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.support.applications import (
    Resource,
    resource,
    service,
    stream,
    workload,
)

NAMESPACES = ("shop", "stock", "edge", "monitoring")
GATEWAYS, MONITORING = "edge", "monitoring"
SERVICE_PORTS = (80, 5432)
PORTS = (80, 5432, 8080, 9090)
PROTOCOLS = ("TCP", "UDP")


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
    """An application: workloads, Services, and what points at those."""

    pods: tuple[Pods, ...]
    fronts: tuple[Front, ...]
    pointers: tuple[Pointer, ...]

    def data(self) -> bytes:
        namespaces = [resource("v1", "Namespace", name, None) for name in NAMESPACES]
        made = [one.manifest() for one in self.pods]
        made += [one.manifest() for one in self.fronts]
        made += [one.manifest(at) for at, one in enumerate(self.pointers)]
        return stream([*namespaces, *made])


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
    """An application of a few workloads and Services."""
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
