"""Applications that declare traffic, by the kind of declaration: what each of them declares."""

from __future__ import annotations

from typing import Any

from tests.support.applications import Resource, resource, service
from tests.support.applications import workload as deployment
from tests.support.references import DB, DB_SERVICE, REFERENCES, Case

# web listens on a named port, db on a number.
WEB = deployment("web", ports={"http": 8080, "metrics": 9090})
WEB_SERVICE = service("web", {"name": "http", "port": 80, "targetPort": "http"})
HTTP_TO_WEB = "shop/web 8080/TCP"


def ingress(spec: Resource, api: str = "networking.k8s.io/v1") -> list[Resource]:
    """web behind an Ingress of this spec."""
    return [WEB, WEB_SERVICE, resource(api, "Ingress", "web", "shop", spec=spec)]


def in_rules(backend: Resource) -> Resource:
    """An Ingress that names the backend in a rule."""
    return {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]}


def route(
    kind: str, *, parent: str | None = None, backend: Resource | None = None, at: str = "shop"
) -> list[Resource]:
    """web behind a route, by a gateway of its own namespace or of `parent`."""
    spec = {
        "parentRefs": [{"name": "gateway", **({"namespace": parent} if parent else {})}],
        "rules": [{"backendRefs": [backend or {"name": "web", "port": 80}]}],
    }
    made = resource("gateway.networking.k8s.io/v1", kind, "web", at, spec=spec)
    return [WEB, WEB_SERVICE, made]


def behind(api: str, kind: str, **spec: Any) -> list[Resource]:
    """web behind a route of this spec."""
    return [WEB, WEB_SERVICE, resource(api, kind, "web", "shop", spec=spec)]


def virtual_service(host: str, *, protocol: str = "http", **spec: Any) -> list[Resource]:
    """web behind a VirtualService that names this host."""
    rule = {"route": [{"destination": {"host": host, "port": {"number": 80}}}]}
    fields = {"gateways": ["public"], protocol: [rule], **spec}
    return behind("networking.istio.io/v1", "VirtualService", **fields)


def ingress_route(of: str = "IngressRoute", **service: Any) -> list[Resource]:
    """web behind a route of Traefik that names this service."""
    return behind("traefik.io/v1alpha1", of, routes=[{"services": [{"name": "web", **service}]}])


def webhook(kind: str, api: str, **fields: Any) -> list[Resource]:
    """web as what the API server calls."""
    https = service("web", {"port": 443, "targetPort": "http"}, {"port": 9443, "targetPort": 9443})
    return [WEB, https, resource(api, kind, "web", None, **fields)]


def monitor(kind: str, endpoint: Resource, **spec: Any) -> list[Resource]:
    """web as what Prometheus scrapes."""
    key = "endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"
    fields = {"selector": {"matchLabels": {"app": "web"}}, key: [endpoint], **spec}
    watched = service("web", {"name": "http", "port": 80, "targetPort": "http"})
    watched["metadata"]["labels"] = {"app": "web"}
    made = resource("monitoring.coreos.com/v1", kind, "web", "shop", spec=fields)
    return [WEB, watched, made]


FROM_NAMESPACE = f"namespace -> {HTTP_TO_WEB}"
FROM_WORLD = f"world -> {HTTP_TO_WEB}"
FROM_GATEWAYS = f"gateways -> {HTTP_TO_WEB}"
FROM_ISTIO = f"gateways in istio-system, istio-ingress -> {HTTP_TO_WEB}"
FROM_TRAEFIK = f"gateways in traefik, kube-system -> {HTTP_TO_WEB}"
FROM_ROUTERS = f"gateways in openshift-ingress -> {HTTP_TO_WEB}"
ROUTE = "route.openshift.io/v1"
FROM_PROMETHEUS = f"prometheus in shop -> {HTTP_TO_WEB}"
HTTP = {"name": "http", "port": 80, "targetPort": "http"}
HOOK = {"clientConfig": {"service": {"name": "web", "namespace": "shop"}}}
HOOKS = "admissionregistration.k8s.io/v1"

CASES: dict[str, dict[str, Case]] = {
    "services": {
        "port by number": Case([DB, DB_SERVICE], ["namespace -> shop/db 5432/TCP"]),
        "target by number": Case(
            [DB, service("db", {"port": 80, "targetPort": 5432})],
            ["namespace -> shop/db 5432/TCP"],
        ),
        "target by name": Case([WEB, WEB_SERVICE], [FROM_NAMESPACE]),
        "target by a name that no container has": Case(
            [DB, service("db", {"port": 80, "targetPort": "sql"})], ["namespace -> shop/db sql/TCP"]
        ),
        "several ports": Case(
            [DB, service("db", 5432, {"port": 53, "protocol": "UDP"})],
            ["namespace -> shop/db 5432/TCP", "namespace -> shop/db 53/UDP"],
        ),
        "LoadBalancer": Case([WEB, service("web", HTTP, type="LoadBalancer")], [FROM_WORLD]),
        "NodePort": Case([WEB, service("web", HTTP, type="NodePort")], [FROM_WORLD]),
        "external addresses": Case(
            [WEB, service("web", HTTP, externalIPs=["192.0.2.1"])], [FROM_WORLD]
        ),
        "headless": Case([WEB, service("web", HTTP, clusterIP="None")], [FROM_NAMESPACE]),
        "ExternalName": Case([WEB, service("web", HTTP, type="ExternalName")], []),
        "no selector": Case([WEB, resource("v1", "Service", "web", "shop", spec={})], []),
        "of another group": Case(
            [WEB, {**WEB_SERVICE, "apiVersion": "serving.knative.dev/v1"}],
            [],
        ),
        "another namespace": Case([WEB, service("web", HTTP, namespace="batch")], []),
        "two workloads behind one": Case(
            [
                WEB,
                deployment("canary", labels={"app": "web", "track": "canary"}, ports={"http": 80}),
                WEB_SERVICE,
            ],
            [FROM_NAMESPACE, "namespace -> shop/canary 80/TCP"],
        ),
        "on the host's network": Case(
            [deployment("web", pod={"hostNetwork": True}), service("web", 80)], []
        ),
    },
    "ingresses": {
        "backend by number": Case(
            ingress(in_rules({"service": {"name": "web", "port": {"number": 80}}})), [FROM_GATEWAYS]
        ),
        "backend by name": Case(
            ingress(in_rules({"service": {"name": "web", "port": {"name": "http"}}})),
            [FROM_GATEWAYS],
        ),
        "defaultBackend": Case(
            ingress({"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}),
            [FROM_GATEWAYS],
        ),
        "v1beta1": Case(
            ingress(
                in_rules({"serviceName": "web", "servicePort": 80}), "networking.k8s.io/v1beta1"
            ),
            [FROM_GATEWAYS],
        ),
        "v1beta1, by name, the old group": Case(
            ingress(
                {"backend": {"serviceName": "web", "servicePort": "http"}}, "extensions/v1beta1"
            ),
            [FROM_GATEWAYS],
        ),
        "a port that the Service has not": Case(
            ingress(in_rules({"service": {"name": "web", "port": {"number": 81}}})), []
        ),
        "a Service that is not here": Case(
            ingress(in_rules({"service": {"name": "shop", "port": {"number": 80}}})), []
        ),
        "a backend that is no Service": Case(
            ingress(in_rules({"resource": {"kind": "Bucket", "name": "web"}})), []
        ),
    },
    "gateways": {
        **{
            kind: Case(route(kind), [f"gateways in shop -> {HTTP_TO_WEB}"])
            for kind in ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute")
        },
        "a gateway elsewhere": Case(
            route("HTTPRoute", parent="infra"), [f"gateways in infra -> {HTTP_TO_WEB}"]
        ),
        "a backend elsewhere": Case(
            route("HTTPRoute", at="infra", backend={"name": "web", "namespace": "shop"}),
            [f"gateways in infra -> {HTTP_TO_WEB}"],
        ),
        "a backend that is no Service": Case(
            route("HTTPRoute", backend={"kind": "Bucket", "name": "web"}), []
        ),
        **{
            f"VirtualService, {host}": Case(virtual_service(host), [FROM_ISTIO])
            for host in ("web", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local")
        },
        "VirtualService of another namespace": Case(virtual_service("web.stock"), []),
        "VirtualService of an outside host": Case(virtual_service("web.example.com"), []),
        "VirtualService, TLS": Case(virtual_service("web", protocol="tls"), [FROM_ISTIO]),
        "VirtualService, TCP": Case(virtual_service("web", protocol="tcp"), [FROM_ISTIO]),
        "VirtualService of the sidecars": Case(virtual_service("web", gateways=["mesh"]), []),
        "VirtualService of no gateway": Case(virtual_service("web", gateways=None), []),
        "IngressRoute": Case(ingress_route(port=80), [FROM_TRAEFIK]),
        "IngressRoute by name": Case(ingress_route(port="http"), [FROM_TRAEFIK]),
        "IngressRouteTCP": Case(ingress_route("IngressRouteTCP", port=80), [FROM_TRAEFIK]),
        "IngressRoute of a port that is not there": Case(ingress_route(port=81), []),
        "IngressRoute to a TraefikService": Case(ingress_route(kind="TraefikService"), []),
        "TraefikService": Case(
            behind(
                "traefik.io/v1alpha1",
                "TraefikService",
                weighted={"services": [{"name": "web", "port": 80}]},
            ),
            [FROM_TRAEFIK],
        ),
        "Route": Case(
            behind(ROUTE, "Route", to={"kind": "Service", "name": "web"}), [FROM_ROUTERS]
        ),
        "Route by the pods' port": Case(
            behind(ROUTE, "Route", to={"name": "web"}, port={"targetPort": "http"}), [FROM_ROUTERS]
        ),
        "Route by another port": Case(
            behind(ROUTE, "Route", to={"name": "web"}, port={"targetPort": 80}), []
        ),
        "Route with two backends": Case(
            behind(ROUTE, "Route", to={"name": "x"}, alternateBackends=[{"name": "web"}]),
            [FROM_ROUTERS],
        ),
    },
    "webhooks": {
        "Validating": Case(
            webhook("ValidatingWebhookConfiguration", HOOKS, webhooks=[HOOK]), [FROM_WORLD]
        ),
        "Mutating": Case(
            webhook("MutatingWebhookConfiguration", HOOKS, webhooks=[HOOK]), [FROM_WORLD]
        ),
        "with a port": Case(
            webhook(
                "ValidatingWebhookConfiguration",
                HOOKS,
                webhooks=[
                    {
                        "clientConfig": {
                            "service": {"name": "web", "namespace": "shop", "port": 9443}
                        }
                    }
                ],
            ),
            ["world -> shop/web 9443/TCP"],
        ),
        "by URL": Case(
            webhook(
                "ValidatingWebhookConfiguration",
                HOOKS,
                webhooks=[{"clientConfig": {"url": "https://example.com"}}],
            ),
            [],
        ),
        "APIService": Case(
            webhook(
                "APIService",
                "apiregistration.k8s.io/v1",
                spec={"service": {"name": "web", "namespace": "shop"}},
            ),
            [FROM_WORLD],
        ),
        "conversion of a CustomResourceDefinition": Case(
            webhook(
                "CustomResourceDefinition",
                "apiextensions.k8s.io/v1",
                spec={"conversion": {"strategy": "Webhook", "webhook": HOOK}},
            ),
            [FROM_WORLD],
        ),
    },
    "monitors": {
        "ServiceMonitor": Case(monitor("ServiceMonitor", {"port": "http"}), [FROM_PROMETHEUS]),
        "ServiceMonitor of every namespace": Case(
            monitor("ServiceMonitor", {"port": "http"}, namespaceSelector={"any": True}),
            [FROM_PROMETHEUS],
        ),
        "ServiceMonitor of another namespace": Case(
            monitor("ServiceMonitor", {"port": "http"}, namespaceSelector={"matchNames": ["x"]}), []
        ),
        "ServiceMonitor of another port": Case(monitor("ServiceMonitor", {"port": "admin"}), []),
        "PodMonitor": Case(
            monitor("PodMonitor", {"port": "metrics"}), ["prometheus in shop -> shop/web 9090/TCP"]
        ),
        "PodMonitor by number": Case(
            monitor("PodMonitor", {"targetPort": 9091}), ["prometheus in shop -> shop/web 9091/TCP"]
        ),
        "PodMonitor of pods on the host's network": Case(
            [
                deployment("web", pod={"hostNetwork": True}),
                monitor("PodMonitor", {"targetPort": 9091})[-1],
            ],
            [],
        ),
    },
    "references": REFERENCES,
}
EVERY = [(kind, name) for kind, cases in CASES.items() for name in cases]
DECLARING = [(kind, name) for kind, name in EVERY if CASES[kind][name].flows]
