"""What manifests declare: the flows, what a default deny cuts, and what keeps it alive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from imds_guard.config import Config
from imds_guard.reach.declared import Flow
from imds_guard.wire import Result
from tests.support.applications import Resource, audited, config, guarded, resource, service, stream
from tests.support.applications import workload as deployment
from tests.support.kubernetes_rules import violations
from tests.support.program import Ended, imds_guard

# Three workloads to point at: web listens on a named port, db on a number, and job calls.
WEB = deployment("web", ports={"http": 8080, "metrics": 9090})
DB = deployment("db", kind="StatefulSet")
JOB = deployment("job", "batch")
WEB_SERVICE = service("web", {"name": "http", "port": 80, "targetPort": "http"})
DB_SERVICE = service("db", 5432)
HTTP_TO_WEB = "shop/web 8080/TCP"


@dataclass(frozen=True)
class Case:
    """Resources, and the flows that they declare, of one kind of declaration."""

    resources: list[Resource]
    flows: list[str]


def ingress(spec: Resource, api: str = "networking.k8s.io/v1") -> list[Resource]:
    return [WEB, WEB_SERVICE, resource(api, "Ingress", "web", "shop", spec=spec)]


def in_rules(backend: Resource) -> Resource:
    return {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]}


def route(
    kind: str, *, parent: str | None = None, backend: Resource | None = None, at: str = "shop"
) -> list[Resource]:
    spec = {
        "parentRefs": [{"name": "gateway", **({"namespace": parent} if parent else {})}],
        "rules": [{"backendRefs": [backend or {"name": "web", "port": 80}]}],
    }
    made = resource("gateway.networking.k8s.io/v1", kind, "web", at, spec=spec)
    return [WEB, WEB_SERVICE, made]


def webhook(kind: str, api: str, **fields: Any) -> list[Resource]:
    https = service("web", {"port": 443, "targetPort": "http"}, {"port": 9443, "targetPort": 9443})
    return [WEB, https, resource(api, kind, "web", None, **fields)]


def monitor(kind: str, endpoint: Resource, **spec: Any) -> list[Resource]:
    key = "endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"
    fields = {"selector": {"matchLabels": {"app": "web"}}, key: [endpoint], **spec}
    watched = service("web", {"name": "http", "port": 80, "targetPort": "http"})
    watched["metadata"]["labels"] = {"app": "web"}
    made = resource("monitoring.coreos.com/v1", kind, "web", "shop", spec=fields)
    return [WEB, watched, made]


def told(pod: Resource | None = None, *more: Resource, **container: Any) -> list[Resource]:
    """web is told something; there is a db in its own namespace, and a cache in another."""
    cache = deployment("redis", "cache", kind="StatefulSet")
    cache_service = service("redis", 6379, 16379, namespace="cache")
    web = deployment("web", pod=pod, **container)
    return [web, DB, DB_SERVICE, cache, cache_service, *more]


def env(text: str) -> list[Resource]:
    return told(env=[{"name": "ANY", "value": text}])


def config_map(text: str, namespace: str = "shop") -> Resource:
    return resource("v1", "ConfigMap", "settings", namespace, data={"any": text})


TO_DB = "shop/web -> shop/db 5432/TCP"
TO_CACHE = ["shop/web -> cache/redis 6379/TCP", "shop/web -> cache/redis 16379/TCP"]
FROM_NAMESPACE = f"namespace -> {HTTP_TO_WEB}"
FROM_WORLD = f"world -> {HTTP_TO_WEB}"
FROM_GATEWAYS = f"gateways -> {HTTP_TO_WEB}"
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
    "references": {
        "name": Case(env("db"), [TO_DB]),
        "name with port": Case(env("db:5432"), [TO_DB]),
        "a port that the Service has not": Case(env("db:1"), []),
        "name in a URL": Case(env("postgres://user:pw@db/shop?sslmode=off"), [TO_DB]),
        "name with port in a URL": Case(env("jdbc:postgresql://db:5432/shop"), [TO_DB]),
        "name with its namespace": Case(env("redis.cache"), TO_CACHE),
        "name with svc": Case(env("redis.cache.svc:6379"), TO_CACHE[:1]),
        "whole name": Case(env("redis.cache.svc.cluster.local"), TO_CACHE),
        "whole name with its final dot": Case(env("redis.cache.svc.cluster.local."), TO_CACHE),
        "whole name in a URL": Case(
            env("redis://redis.cache.svc.cluster.local:6379/0"), TO_CACHE[:1]
        ),
        "name in a list": Case(env("db:5432,redis.cache:6379"), [TO_DB, TO_CACHE[0]]),
        "name between quotes": Case(env('{"url": "tcp://db:5432"}'), [TO_DB]),
        "name of a namespace that is not its own": Case(env("redis"), []),
        "argument": Case(told(args=["--db", "db:5432"]), [TO_DB]),
        "option": Case(told(args=["--db=db"]), [TO_DB]),
        "command": Case(told(command=["sh", "-c", "nc -z db:5432 && serve"]), [TO_DB]),
        "init container": Case(
            told({"initContainers": [{"name": "wait", "args": ["db:5432"]}]}), [TO_DB]
        ),
        "ConfigMap, all of it": Case(
            told(None, config_map("db:5432"), envFrom=[{"configMapRef": {"name": "settings"}}]),
            [TO_DB],
        ),
        "ConfigMap, a key of it": Case(
            told(
                None,
                config_map("db"),
                env=[
                    {
                        "name": "DB",
                        "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "any"}},
                    }
                ],
            ),
            [TO_DB],
        ),
        "ConfigMap as a file": Case(
            told(
                {"volumes": [{"name": "etc", "configMap": {"name": "settings"}}]},
                config_map("[server]\nport = 80\n[database]\nurl = postgres://db:5432/shop\n"),
            ),
            [TO_DB],
        ),
        "ConfigMap as a file with quotes": Case(
            told(
                {"volumes": [{"name": "etc", "configMap": {"name": "settings"}}]},
                config_map('database: "db:5432"\n'),
            ),
            [TO_DB],
        ),
        "ConfigMap that it does not read": Case(told(None, config_map("db:5432")), []),
        "ConfigMap of another namespace": Case(
            told(
                None,
                config_map("db:5432", "cache"),
                envFrom=[{"configMapRef": {"name": "settings"}}],
            ),
            [],
        ),
        "Secrets are not read": Case(
            told(
                {"volumes": [{"name": "etc", "secret": {"secretName": "settings"}}]},
                resource("v1", "Secret", "settings", "shop", stringData={"any": "db:5432"}),
                envFrom=[{"secretRef": {"name": "settings"}}],
            ),
            [],
        ),
        "word of a sentence": Case(env("the db of the shop"), []),
        "word of a script": Case(told(command=["sh", "-c", "migrate db up"]), []),
        "name of an option": Case(told(args=["--db", "-db", "--db=/tmp"]), []),
        "name of a variable": Case(told(env=[{"name": "db", "value": "1"}]), []),
        "part of a path": Case(told(args=["/var/lib/db", "--dir=/srv/db/data"]), []),
        "program": Case(told(command=["/usr/local/bin/db"]), []),
        "part of another name": Case(env("mydb:5432 db-1:5432 db.example.com"), []),
    },
}
EVERY = [(kind, name) for kind, cases in CASES.items() for name in cases]
DECLARING = [(kind, name) for kind, name in EVERY if CASES[kind][name].flows]


def in_words(flow: Flow) -> str:
    who = str(flow.client) if flow.client else flow.source
    where = f" in {', '.join(flow.namespaces)}" if flow.namespaces else ""
    return f"{who}{where} -> {flow.target} {flow.port}"


def warnings(results: list[Result]) -> list[Result]:
    return [one for one in results if one.severity != "info"]


def cut(kind: str, data: bytes, given: Config) -> list[Result]:
    """The findings of what the function's own policies cut of this kind."""
    findings = warnings(guarded(data, given)[1])
    assert {one.id for one in findings} <= {"IG003", "IG007"}  # IG003: on the host's network
    return [one for one in findings if f"add {kind} to" in one.fix]


@pytest.mark.parametrize("kind, name", EVERY)
def test_flows(kind: str, name: str) -> None:
    case = CASES[kind][name]
    context, _ = audited(stream(case.resources), config())
    assert [in_words(flow) for flow in context.flows if flow.kind == kind] == case.flows


@pytest.mark.parametrize("kind, name", EVERY)
def test_a_default_deny_cuts_them_and_says_so(kind: str, name: str) -> None:
    case = CASES[kind][name]
    found = cut(kind, stream(case.resources), config(egress="dns"))
    receivers = {flow.split(" -> ")[1].split()[0] for flow in case.flows}
    senders = {flow.split(" -> ")[0] for flow in case.flows if kind == "references"}
    assert {one.subject for one in found} == receivers | senders


@pytest.mark.parametrize("kind, name", EVERY)
def test_they_are_not_cut_where_nothing_isolates(kind: str, name: str) -> None:
    _, report = audited(stream(CASES[kind][name].resources), config())
    assert [one for one in report.findings if one.id == "IG007"] == []


@pytest.mark.parametrize("scope", ["namespace", "workload"])
@pytest.mark.parametrize("kind, name", DECLARING)
def test_inferred_rules_let_them_through(kind: str, name: str, scope: str) -> None:
    given = config(egress="dns", scope=scope, allow={"infer": [kind]})
    data = stream(CASES[kind][name].resources)
    assert cut(kind, data, given) == []
    out, results = guarded(data, given)
    assert guarded(out, given) == (out, results)
    _, report = audited(out, given)
    assert [one for one in report.findings if one.severity == "error"] == []
    written = [one for one in yaml.safe_load_all(out) if one["kind"] == "NetworkPolicy"]
    assert any(f"allow-{kind}" in one["metadata"]["name"] for one in written)
    assert [fault for one in written for fault in violations(one)] == []


@pytest.mark.parametrize("kind, name", DECLARING)
def test_the_proposed_entries_let_them_through(kind: str, name: str) -> None:
    data = stream(CASES[kind][name].resources)
    before = cut(kind, data, config(egress="dns"))
    assert before
    for finding in before:
        assert finding.field in ("allow.ingress", "allow.egress", "allow")
        entries = {finding.field[6:]: [finding.proposed]} if "." in finding.field else None
        given = config(egress="dns", allow=entries or finding.proposed)
        after = cut(kind, data, given)
        assert (finding.subject, finding.message) not in [(o.subject, o.message) for o in after]
        written = [
            one
            for one in yaml.safe_load_all(guarded(data, given)[0])
            if one["kind"] == "NetworkPolicy"
        ]
        assert [fault for one in written for fault in violations(one)] == []


# However the same setting is written.

WAYS_TO_WRITE = {
    "block": "env:\n- name: DB\n  value: db:5432",
    "value first": "env:\n- value: db:5432\n  name: DB",
    "quotes": "env:\n- name: DB\n  value: 'db:5432'",
    "quoted keys": '"env":\n- "name": DB\n  "value": "db:5432"',
    "escapes": 'env:\n- name: DB\n  value: "\\x64b:5432"',
    "comment": "env:\n- name: DB\n  value:   db:5432   # the shop's",
    "next line": "env:\n- name: DB\n  value:\n    db:5432",
    "two lines": "args:\n- serve\n  db:5432",
    "tag": "env:\n- name: DB\n  value: !!str db:5432",
    "anchor": "env:\n- name: DB\n  value: &db db:5432",
    "folded": "env:\n- name: DB\n  value: >-\n    db:5432",
    "literal": "command:\n- sh\n- -c\n- |\n  set -e\n  nc -z db:5432",
    "flow mapping": "env:\n- {name: DB, value: 'db:5432'}",
    "flow list of mappings": "env: [{name: DB, value: 'db:5432'}]",
    "flow list": "args: [--db, 'db:5432']",
    "flow list over lines": "args: [\n  --db,\n  'db:5432'\n]",
    "JSON in YAML": 'env: [{"name": "DB", "value": "db:5432"}]',
    "list further in": "args:\n  - --db\n  -   db:5432",
}


@pytest.mark.parametrize("name", WAYS_TO_WRITE)
def test_a_reference_however_it_is_written(name: str) -> None:
    text = stream([deployment("web", image="HERE")]).decode()
    before, _, after = text.partition("image: HERE\n")
    indent = before.rpartition("\n")[2].replace("-", " ")
    written = WAYS_TO_WRITE[name].replace("\n", f"\n{indent}")
    text = f"{before}{written}\n{after}"
    named = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"][0]
    assert "db:5432" in str(named)
    context, _ = audited(text.encode() + b"---\n" + stream([DB, DB_SERVICE]), config())
    found = [in_words(flow) for flow in context.flows if flow.kind == "references"]
    assert found == [TO_DB]


def test_a_reference_in_json() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": env("db:5432")}
    context, _ = audited(json.dumps(listed).encode(), config())
    assert [in_words(flow) for flow in context.flows if flow.kind == "references"] == [TO_DB]


# Gateways and Prometheus: where they send from.


def peers(given: Config, *more: Resource, kind: str = "ingresses") -> list[str]:
    """The namespaces that the rules for the kind let in."""
    case = next(iter(CASES[kind].values()))
    out, _ = guarded(stream([*case.resources, *more]), given)
    policies = [
        one for one in yaml.safe_load_all(out) if f"allow-{kind}" in one["metadata"]["name"]
    ]
    selector = policies[0]["spec"]["ingress"][0]["from"][0]["namespaceSelector"]
    values: list[str] = selector["matchExpressions"][0]["values"]
    return values


def test_gateways_are_in_the_usual_namespaces() -> None:
    assert {"ingress-nginx", "traefik"} <= set(peers(config(allow={"infer": ["ingresses"]})))


def test_gateways_are_where_the_input_has_them() -> None:
    gateway = resource("v1", "Namespace", "traefik", None)
    assert peers(config(allow={"infer": ["ingresses"]}), gateway) == ["traefik"]


def test_gateways_are_where_the_configuration_says() -> None:
    allow = {"infer": ["ingresses"], "gatewayNamespaces": ["edge"]}
    assert peers(config(allow=allow), resource("v1", "Namespace", "traefik", None)) == ["edge"]


def test_prometheus_is_where_the_input_has_it() -> None:
    own = resource("v1", "Namespace", "observability", None)
    assert peers(config(allow={"infer": ["monitors"]}), own, kind="monitors") == ["observability"]


def test_the_rules_name_no_more_than_the_port_that_is_declared() -> None:
    out, _ = guarded(stream([WEB, WEB_SERVICE]), config(allow={"infer": ["services"]}))
    policy = next(one for one in yaml.safe_load_all(out) if "services" in one["metadata"]["name"])
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {}}], "ports": [{"protocol": "TCP", "port": 8080}]}],
    }


def test_a_workload_may_name_its_own_service() -> None:
    """Members of a cluster find each other by a Service in front of themselves."""
    db = deployment("db", env=[{"name": "SEEDS", "value": "db-0.db.shop.svc.cluster.local"}])
    data = stream([db, service("db", 5432, clusterIP="None")])
    assert {one.subject for one in cut("references", data, config())} == {"shop/db"}
    assert cut("references", data, config(allow={"infer": ["references"]})) == []


def test_names_that_differ_only_in_punctuation() -> None:
    dotted = service("a", 1, selector={"app": "a.b"})
    some = [deployment("a.b"), deployment("a-b"), dotted, service("a-b", 2)]
    out, results = guarded(stream(some), config(allow={"infer": ["services"]}))
    assert warnings(results) == []
    names = [one["metadata"]["name"] for one in yaml.safe_load_all(out)]
    assert len([one for one in names if one.startswith("allow-services-")]) == 2


# Pod identity.

IDENTITY_CASES = {
    # platform, annotation of the service account or label of the pods: what lets it through
    "IRSA": ("eks", {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/web"}, {}, "web"),
    "GKE": ("gke", {"iam.gke.io/gcp-service-account": "web@example.com"}, {}, "podIdentity"),
    "AKS": ("aks", {"azure.workload.identity/client-id": "1"}, {}, "web"),
    "AKS by label": ("aks", {}, {"azure.workload.identity/use": "true"}, "web"),
}


def identity_cut(name: str, **spec: Any) -> list[str]:
    platform, annotations, labels, _ = IDENTITY_CASES[name]
    web = deployment("web", labels={"app": "web", **labels}, pod={"serviceAccountName": "web"})
    account = resource("v1", "ServiceAccount", "web", "shop")
    account["metadata"]["annotations"] = annotations
    _, results = guarded(stream([web, account]), config(platform=platform, **spec))
    return [one.subject for one in results if one.id == "IG008"]


@pytest.mark.parametrize("name", IDENTITY_CASES)
def test_identity_that_is_cut(name: str) -> None:
    assert identity_cut(name, egress="dns") == ["shop/web"]


@pytest.mark.parametrize("name", IDENTITY_CASES)
def test_identity_that_is_let_through(name: str) -> None:
    if IDENTITY_CASES[name][-1] == "web":
        assert identity_cut(name, egress="web") == []
    else:
        assert identity_cut(name, egress="any") == ["shop/web"]
        assert identity_cut(name, egress="dns", podIdentity=True) == []


def test_a_workload_that_uses_no_identity() -> None:
    other = resource("v1", "ServiceAccount", "other", "shop")
    other["metadata"]["annotations"] = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/web"}
    _, results = guarded(stream([WEB, other]), config(platform="eks", egress="dns"))
    assert [one for one in results if one.id == "IG008"] == []


# `imds-guard audit --traffic`

SHOP = [
    deployment("web", ports={"http": 8080}, env=[{"name": "DB", "value": "db:5432"}]),
    WEB_SERVICE,
    DB,
    DB_SERVICE,
]


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def traffic(*args: str, infer: str | None = None) -> Ended:
    """The shop with a way in to every Service and none out to the database, or with `infer`."""
    way_in = {"from": {"namespace": "shop"}, "ports": [8080, 5432]}
    allow = {"infer": [infer]} if infer else {"ingress": [way_in]}
    out, _ = guarded(stream(SHOP), config(allow=allow))
    return imds_guard("audit", "-", "--traffic", *args, stdin=out)


def test_table() -> None:
    ended = traffic()
    assert (ended.status, ended.stderr) == (0, "")
    assert (
        ended.stdout.decode()
        == """\
1 of 3 declared connections is cut.

FROM                    TO                   PORT      DECLARED BY          IN       OUT
pods of namespace shop  Deployment shop/web  8080/TCP  Service shop/web     through
pods of namespace shop  StatefulSet shop/db  5432/TCP  Service shop/db      through
Deployment shop/web     StatefulSet shop/db  5432/TCP  Deployment shop/web  through  cut
"""
    )


def test_table_of_long_names() -> None:
    long = "a-name-that-is-as-long-as-kubernetes-lets-it-be-and-no-longer-1"
    some = [deployment(long, long), service(long, 80, namespace=long)]
    ended = imds_guard("audit", "-", "--traffic", stdin=stream(some))
    lines = ended.stdout.decode().splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0] == "1 declared connection, let through."


def test_json() -> None:
    found = json.loads(traffic("--format", "json").stdout)
    assert found["summary"] == {"flows": 3, "cut": 1}
    assert [(one["kind"], one["in"], one.get("out")) for one in found["flows"]] == [
        ("services", True, None),
        ("services", True, None),
        ("references", True, False),
    ]
    last = found["flows"][-1]
    assert last["from"] == {
        "source": "workload",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
    }
    assert (last["port"], last["protocol"]) == (5432, "TCP")


def test_mermaid() -> None:
    assert (
        traffic("--format", "mermaid", infer="references").stdout.decode()
        == """\
flowchart LR
  subgraph ns1["namespace shop"]
    n0["pods of namespace shop"]
    n1["Deployment shop/web"]
    n2["StatefulSet shop/db"]
  end
  n0 -.->|"8080/TCP, cut in"| n1
  n0 -->|"5432/TCP"| n2
  n1 -->|"5432/TCP"| n2
  linkStyle 0 stroke:#c00
"""
    )


def test_dot() -> None:
    assert (
        traffic("--format", "dot", infer="references").stdout.decode()
        == """\
digraph traffic {
  rankdir=LR
  node [shape=box]
  subgraph cluster_1 { label="namespace shop"
    n0 [label="pods of namespace shop"]
    n1 [label="Deployment shop/web"]
    n2 [label="StatefulSet shop/db"]
  }
  n0 -> n1 [label="8080/TCP, cut in" style=dashed color="#cc0000"]
  n0 -> n2 [label="5432/TCP"]
  n1 -> n2 [label="5432/TCP"]
}
"""
    )


def test_names_are_no_syntax() -> None:
    evil = deployment('w"] --> x;\n\\', labels={"app": "w"})
    data = stream([evil, service("w", 80)])
    mermaid = imds_guard("audit", "--traffic", "--format", "mermaid", stdin=data).stdout.decode()
    assert '"Deployment shop/w#34;#93; --#62; x#59;#10;#92;"' in mermaid
    dot = imds_guard("audit", "--traffic", "--format", "dot", stdin=data).stdout.decode()
    assert '[label="Deployment shop/w\\"] --> x; \\\\"]' in dot


def test_nothing_declared() -> None:
    assert imds_guard("audit", "--traffic", stdin=stream([WEB])).stdout == (
        b"No traffic is declared.\n"
    )


@pytest.mark.parametrize(
    "args, said",
    [
        (["--format", "dot"], "dot is a format of --traffic alone"),
        (["--traffic", "--format", "sarif"], "--traffic has no format sarif"),
        (["--traffic", "--explain", "web"], "take one"),
    ],
)
def test_options_that_do_not_go_together(args: list[str], said: str) -> None:
    ended = imds_guard("audit", "-", *args, stdin=stream(SHOP))
    assert ended.status == 2
    assert said in ended.stderr
