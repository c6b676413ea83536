"""Routes of Istio, Traefik and OpenShift: which Services gateways send traffic to.

Istio reference (VirtualService, Gateway), Traefik reference (IngressRoute, IngressRouteTCP,
IngressRouteUDP, TraefikService), OpenShift API reference (Route).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.platforms import ISTIO_GATEWAYS, OPENSHIFT_ROUTERS, TRAEFIK_GATEWAYS
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.resource import Resource

_TRAEFIK = frozenset(("traefik.io", "traefik.containo.us"))
_MESH = "mesh"  # Istio's word for the sidecars of all clients, which are no gateway
_SERVICE_LABELS = 2  # of a short name with a namespace


class Backend(NamedTuple):
    """A Service that a route names; `port` is the Service's by number or name, None for all.

    `at_target`: the port is that of the pods, as the Service names it. `senders` are the usual
    namespaces of such gateways.
    """

    namespace: str | None
    service: str
    port: int | str | None
    senders: tuple[str, ...]
    at_target: bool = False


def backends(resource: Resource) -> Iterator[Backend]:
    """Every Service that a route sends traffic to; none where the resource is no route."""
    group, kind = resource.group, resource.kind
    if group == "networking.istio.io" and kind == "VirtualService":
        yield from _of_virtual_service(resource)
    elif group in _TRAEFIK and kind.startswith("IngressRoute"):
        for route in _entries(_spec(resource).get("routes")):
            yield from _of_traefik(resource, route.get("services"))
    elif group in _TRAEFIK and kind == "TraefikService":
        spec = _spec(resource)
        mirroring = mapping(spec.get("mirroring"))
        yield from _of_traefik(resource, mapping(spec.get("weighted")).get("services"))
        yield from _of_traefik(resource, [mirroring, *_entries(mirroring.get("mirrors"))])
    elif group == "route.openshift.io" and kind == "Route":
        yield from _of_openshift(resource)


def _of_virtual_service(resource: Resource) -> Iterator[Backend]:
    spec = _spec(resource)
    gateways = spec.get("gateways")
    if not isinstance(gateways, list) or not any(one != _MESH for one in gateways):
        return  # it is for the clients' own sidecars
    for protocol in ("http", "tls", "tcp"):
        for rule in _entries(spec.get(protocol)):
            routes = [*_entries(rule.get("route")), *_entries(rule.get("mirrors"))]
            found = [route.get("destination") for route in routes]
            for destination in map(mapping, [*found, rule.get("mirror")]):
                host = destination.get("host")
                if isinstance(host, str):
                    name, namespace = _service_at(host)
                    port = _port(mapping(destination.get("port")).get("number"))
                    here = namespace or resource.namespace
                    yield Backend(here, name, port, ISTIO_GATEWAYS)


def _service_at(host: str) -> tuple[str, str | None]:
    """The name of the Service at a host, and its namespace where the host names it."""
    labels = host.rstrip(".").split(".")
    has_namespace = len(labels) == _SERVICE_LABELS or labels[_SERVICE_LABELS:][:1] == ["svc"]
    return (labels[0], labels[1]) if has_namespace else (host, None)


def _of_traefik(resource: Resource, services: Any) -> Iterator[Backend]:
    for service in _entries(services):
        name = service.get("name")
        if isinstance(name, str) and service.get("kind", "Service") == "Service":
            namespace = service.get("namespace") or resource.namespace
            yield Backend(namespace, name, _port(service.get("port")), TRAEFIK_GATEWAYS)


def _of_openshift(resource: Resource) -> Iterator[Backend]:
    spec = _spec(resource)
    port = _port(mapping(spec.get("port")).get("targetPort"))
    for target in [mapping(spec.get("to")), *_entries(spec.get("alternateBackends"))]:
        name = target.get("name")
        if isinstance(name, str) and target.get("kind", "Service") == "Service":
            yield Backend(resource.namespace, name, port, OPENSHIFT_ROUTERS, at_target=True)


def _spec(resource: Resource) -> dict[str, Any]:
    return mapping(resource.root.get("spec"))


def _entries(value: Any) -> Iterator[dict[str, Any]]:
    return (mapping(entry) for entry in (value if isinstance(value, list) else ()))


def _port(value: Any) -> int | str | None:
    text = str(value)
    return None if value is None else int(text) if text.isdecimal() else text
