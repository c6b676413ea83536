"""Services and what points at them: Ingress, Gateway API routes, webhooks, monitors.

Kubernetes API reference (Service, Ingress, admission webhooks, APIService, conversion webhooks),
Gateway API (routes), prometheus-operator API (ServiceMonitor, PodMonitor).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from imds_guard.resources.resource import strings
from imds_guard.resources.routes import backends
from imds_guard.wire import ShapeError, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.network_policy import Protocol
    from imds_guard.resources.resource import Resource

PointerKind = Literal["ingress", "gateway", "webhook"]
_ROUTES = frozenset(("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"))
_WEBHOOKS = frozenset(("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"))
_WEBHOOK_PORT = 443  # the default of every service reference of the API server


class ServicePort(NamedTuple):
    """A port of a Service, and the pods' port behind it, by number or by name."""

    name: str | None
    port: int
    target: int | str
    protocol: Protocol


class Service(NamedTuple):
    """A Service that selects pods.

    `is_public`: it is reached from outside of the cluster. `is_headless`: its name means the pods
    themselves.
    """

    resource: Resource
    selector: dict[str, str]
    ports: tuple[ServicePort, ...]
    is_public: bool
    labels: dict[str, str]
    is_headless: bool

    @property
    def namespace(self) -> str | None:
        return self.resource.namespace

    @property
    def name(self) -> str:
        return self.resource.address.name


class Pointer(NamedTuple):
    """Something that sends traffic to a Service: an ingress, a route, a webhook.

    `port` is a Service's port by number or name, or None for all of them; with `at_target` it is
    the pods', as the Service names it. `parents` are the namespaces of the gateways of a route,
    None where it names none.
    """

    kind: PointerKind
    resource: Resource
    namespace: str | None
    service: str
    port: int | str | None
    parents: tuple[str | None, ...] = ()
    at_target: bool = False

    def means(self, port: ServicePort) -> bool:
        """Whether it sends to this port of the Service."""
        here = (port.name, port.target) if self.at_target else (port.port, port.name)
        return self.port is None or self.port in here


class Monitor(NamedTuple):
    """A ServiceMonitor or PodMonitor: whose metrics are scraped, and on which port."""

    resource: Resource
    selects_services: bool
    selector: Any
    namespaces: tuple[str | None, ...] | None  # None: all
    ports: tuple[int | str, ...]


def service(resource: Resource) -> Service | None:
    """The resource as a Service that selects pods; None for every other."""
    if resource.kind != "Service" or resource.group:
        return None
    fields = resource.fields
    try:
        selector, kind = strings(fields.get("spec.selector")), fields.get("spec.type")
        listed, external = fields.get("spec.ports"), fields.get("spec.externalIPs")
        is_headless = fields.get("spec.clusterIP") == "None"
    except ShapeError:
        return None  # its spec is no mapping
    if not selector or kind == "ExternalName":
        return None
    ports = tuple(port for one in _list(listed) if (port := _service_port(one)))
    is_public = kind in ("LoadBalancer", "NodePort") or bool(external)
    return Service(resource, selector, ports, is_public, resource.labels, is_headless)


def pointers(resource: Resource) -> Iterator[Pointer]:
    """Every Service that the resource sends traffic to."""
    if resource.kind == "Ingress" and resource.group in ("networking.k8s.io", "extensions"):
        yield from _of_ingress(resource)
    elif resource.kind in _ROUTES and resource.group == "gateway.networking.k8s.io":
        yield from _of_route(resource)
    else:
        for one in backends(resource):
            namespace, service, port, senders, at_target = one
            yield Pointer("gateway", resource, namespace, service, port, senders, at_target)
        yield from _of_webhook(resource)


def monitor(resource: Resource) -> Monitor | None:
    """The resource as a monitor; None for every other."""
    if resource.group != "monitoring.coreos.com":
        return None
    if resource.kind not in ("ServiceMonitor", "PodMonitor"):
        return None
    spec = mapping(resource.root.get("spec"))
    of_services = resource.kind == "ServiceMonitor"
    endpoints = _list(spec.get("endpoints" if of_services else "podMetricsEndpoints"))
    chosen = mapping(spec.get("namespaceSelector"))
    names: tuple[str | None, ...] | None = tuple(_list(chosen.get("matchNames")))
    if str(chosen.get("any")).lower() == "true":
        names = None
    elif not names:
        names = (resource.namespace,)
    ports = tuple(
        number if (number := _number(port)) is not None else str(port)
        for one in endpoints
        if (port := mapping(one).get("port") or mapping(one).get("targetPort")) is not None
    )
    return Monitor(resource, of_services, spec.get("selector"), names, ports)


def _service_port(value: Any) -> ServicePort | None:
    port = mapping(value)
    number = _number(port.get("port"))
    if number is None:
        return None
    target = port.get("targetPort")
    exact = _number(target)
    to: int | str = number if target is None else exact if exact is not None else str(target)
    written = port.get("protocol")
    protocol: Protocol = "UDP" if written == "UDP" else "SCTP" if written == "SCTP" else "TCP"
    return ServicePort(port.get("name"), number, to, protocol)


def _of_ingress(resource: Resource) -> Iterator[Pointer]:
    spec = mapping(resource.root.get("spec"))
    backends = [spec.get("defaultBackend"), spec.get("backend")]
    for rule in _list(spec.get("rules")):
        paths = _list(mapping(mapping(rule).get("http")).get("paths"))
        backends += [mapping(path).get("backend") for path in paths]
    for value in backends:
        backend = mapping(value)
        named = mapping(backend.get("service"))
        name = named.get("name") or backend.get("serviceName")
        port = mapping(named.get("port"))
        written = port.get("number") or port.get("name") or backend.get("servicePort")
        if name:
            number = _number(written)
            at = number if number is not None else written
            yield Pointer("ingress", resource, resource.namespace, str(name), at)


def _of_route(resource: Resource) -> Iterator[Pointer]:
    spec = mapping(resource.root.get("spec"))
    parents = tuple(
        mapping(one).get("namespace") or resource.namespace
        for one in _list(spec.get("parentRefs"))
        if mapping(one).get("kind", "Gateway") == "Gateway"
    )
    for rule in _list(spec.get("rules")):
        for value in _list(mapping(rule).get("backendRefs")):
            backend = mapping(value)
            if backend.get("kind", "Service") == "Service" and backend.get("name"):
                namespace = backend.get("namespace") or resource.namespace
                port = _number(backend.get("port"))
                yield Pointer("gateway", resource, namespace, backend["name"], port, parents)


def _of_webhook(resource: Resource) -> Iterator[Pointer]:
    root = resource.root
    found: list[Any] = []
    if resource.kind in _WEBHOOKS and resource.group == "admissionregistration.k8s.io":
        hooks = _list(root.get("webhooks"))
        found = [mapping(mapping(hook).get("clientConfig")).get("service") for hook in hooks]
    elif resource.kind == "APIService" and resource.group == "apiregistration.k8s.io":
        found = [mapping(root.get("spec")).get("service")]
    elif resource.kind == "CustomResourceDefinition":
        conversion = mapping(mapping(root.get("spec")).get("conversion"))
        config = mapping(mapping(conversion.get("webhook")).get("clientConfig"))
        found = [config.get("service")]
    for value in found:
        named = mapping(value)
        if named.get("name"):
            port = _number(named.get("port"))
            at = _WEBHOOK_PORT if port is None else port
            yield Pointer("webhook", resource, named.get("namespace"), named["name"], at)


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
