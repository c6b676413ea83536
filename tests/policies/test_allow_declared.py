"""The rules of allow.infer: they let declared traffic through, from where it comes."""

from __future__ import annotations

import pytest
import yaml

from imds_guard.config import Config
from tests.support.applications import (
    Resource,
    audited,
    config,
    cut,
    guarded,
    resource,
    service,
    stream,
    warnings,
)
from tests.support.applications import workload as deployment
from tests.support.declarations import CASES, DECLARING, WEB, WEB_SERVICE
from tests.support.validity import violations


@pytest.mark.parametrize("scope", ["namespace", "workload"])
@pytest.mark.parametrize("kind, name", DECLARING)
def test_inferred_rules_let_declared_traffic_through(kind: str, name: str, scope: str) -> None:
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


def test_a_workload_may_call_its_own_service() -> None:
    """Members of a cluster find each other by a Service in front of themselves."""
    db = deployment("db", env=[{"name": "SEEDS", "value": "db-0.db.shop.svc.cluster.local"}])
    data = stream([db, service("db", 5432, clusterIP="None")])
    assert {one.subject for one in cut("references", data, config())} == {"shop/db"}
    assert cut("references", data, config(allow={"infer": ["references"]})) == []


def test_workloads_whose_names_differ_only_in_punctuation_have_a_policy_each() -> None:
    dotted = service("a", 1, selector={"app": "a.b"})
    some = [deployment("a.b"), deployment("a-b"), dotted, service("a-b", 2)]
    out, results = guarded(stream(some), config(allow={"infer": ["services"]}))
    assert warnings(results) == []
    names = [one["metadata"]["name"] for one in yaml.safe_load_all(out)]
    assert len([one for one in names if one.startswith("allow-services-")]) == 2


# Where somebody has said who may call, nobody else is let in.

ONLY_FROM_API = resource(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    "only-from-api",
    "shop",
    spec={
        "podSelector": {"matchLabels": {"app": "cache"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": [{"podSelector": {"matchLabels": {"app": "api"}}}], "ports": [{"port": 6379}]}
        ],
    },
)
CACHE = [
    deployment("api", args=["--cache=http://cache:6379"]),
    deployment("web", args=["--cache=http://cache:6379"]),
    deployment("cache"),
    service("cache", 6379, 8080),
]


def let_in(*documents: Resource) -> list[int]:
    """The ports of the cache that policies of ours let somebody in on."""
    out, _ = guarded(stream([*CACHE, *documents]), config(egress="dns", allow={"infer": ["all"]}))
    return [
        port["port"]
        for one in yaml.safe_load_all(out)
        if "imds-guard.dev/config" in one["metadata"].get("annotations", {})
        for rule in one["spec"].get("ingress", [])
        for port in rule["ports"]
    ]


def test_a_port_that_a_policy_of_others_is_about_is_left_to_it() -> None:
    assert set(let_in(ONLY_FROM_API)) == {8080}
    assert set(let_in()) == {6379, 8080}


def test_a_call_that_such_a_policy_cuts_is_said_and_infer_is_not_proposed_for_it() -> None:
    given = config(egress="dns", allow={"infer": ["all"]})
    _, results = guarded(stream([*CACHE, ONLY_FROM_API]), given)
    (cut_off,) = (one for one in warnings(results) if "web calls it" in one.message)
    assert [setting.path for remedy in cut_off.remedies for setting in remedy] == ["allow.ingress"]


def test_a_policy_for_addresses_narrows_nothing() -> None:
    """Whether an ipBlock holds a pod is known only in the cluster, so no cut could be said."""
    block = {"ipBlock": {"cidr": "fd20:ce::/64"}}
    spec = {**ONLY_FROM_API["spec"], "ingress": [{"from": [block], "ports": [{"port": 6379}]}]}
    assert set(let_in({**ONLY_FROM_API, "spec": spec})) == {6379, 8080}
