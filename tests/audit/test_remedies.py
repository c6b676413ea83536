"""Whatever setting a finding proposes mends it, and makes no error of its own."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imds_guard.config.setting import applied
from imds_guard.report.groups import advice
from imds_guard.wire import Result
from tests.support.applications import config, guarded, resource, stream, workload
from tests.support.random_applications import NAMESPACES, apps

thorough = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # tried once with 5,000


# What stands in the way: policies of others, of each kind of order, and pods that nothing selects.


def _rule(direction: str, action: str, peer: dict[str, Any]) -> dict[str, Any]:
    return {direction: [{"action": action, "to" if direction == "egress" else "from": [peer]}]}


DIRECTIONS = ("ingress", "egress")
PODS: dict[str, Any] = {"namespaces": {}}
WORLD: dict[str, Any] = {"networks": ["0.0.0.0/0", "::/0"]}
ADMIN = [
    resource(
        "policy.networking.k8s.io/v1alpha2",
        "ClusterNetworkPolicy",
        f"{action}-{direction}".lower(),
        None,
        spec={
            "tier": tier,
            "priority": 10,
            "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}},
            **_rule(direction, action, peer),
        },
    )
    for tier in ("Admin", "Baseline")
    for action in ("Deny", "Pass")
    for direction in DIRECTIONS
    for peer in (PODS, *([WORLD] if direction == "egress" else []))
]
CILIUM = [
    resource(
        "cilium.io/v2",
        "CiliumNetworkPolicy",
        direction,
        "shop",
        spec={"endpointSelector": selector, direction + suffix: [{key: ["all"]}]},
    )
    for direction, key in (("ingress", "fromEntities"), ("egress", "toEntities"))
    for suffix in ("", "Deny")
    for selector in ({}, {"matchLabels": {"app": "a"}})
]
CALICO = [
    resource(
        "projectcalico.org/v3",
        "GlobalNetworkPolicy",
        f"default.{direction}",
        None,
        spec={
            "tier": "default",
            "order": order,
            "selector": "app == 'a'",
            "types": [direction.title()],
            direction: [{"action": "Deny"}],
        },
    )
    for direction in DIRECTIONS
    for order in (10, 2000)
]
CLOSED = [
    resource(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        f"closed-{at}",
        "shop",
        spec={"podSelector": selector, "policyTypes": [direction.title()]},
    )
    for at, (direction, selector) in enumerate(
        [(one, by) for one in DIRECTIONS for by in ({}, {"matchLabels": {"app": "b"}})]
    )
]
TAKEN = [
    resource(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        name,
        "shop",
        spec={"podSelector": {}, "policyTypes": ["Ingress"]},
    )
    # A name that only a proposed setting makes wanted is an error of its own then, with its fix.
    for name in ("default-deny-all", "allow-dns-egress")
]
SIGNS = {
    "iam.gke.io/gcp-service-account": "web@shop.iam.gserviceaccount.com",
    "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/web",
    "azure.workload.identity/client-id": "0",
    "pod-identity.alibabacloud.com/role-name": "web",
}


def bare(namespace: str, name: str) -> dict[str, Any]:
    """A Pod without labels, which calls a Service."""
    made = resource("v1", "Pod", name, namespace)
    env = [{"name": "CALL", "value": "http://one.shop.svc.cluster.local:80/"}]
    return {
        **made,
        "spec": {"containers": [{"name": "main", "image": "example.com/a", "env": env}]},
    }


def identified(sign: str) -> list[dict[str, Any]]:
    """A workload whose service account has the sign of a cloud identity."""
    account = resource("v1", "ServiceAccount", "web", "shop")
    account["metadata"]["annotations"] = {sign: SIGNS[sign]}
    return [account, workload("identified", pod={"serviceAccountName": "web"})]


def api_client(name: str, **pod: Any) -> list[dict[str, Any]]:
    """A workload that uses the Kubernetes API."""
    account = {"kind": "ServiceAccount", "name": name, "namespace": "shop"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    made = resource(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        name,
        None,
        subjects=[account],
        roleRef=role,
    )
    return [made, workload(name, pod={"serviceAccountName": name, **pod}, labels={"app": "a"})]


def without_namespace(document: dict[str, Any]) -> dict[str, Any]:
    """The resource as charts leave it."""
    metadata = {key: value for key, value in document["metadata"].items() if key != "namespace"}
    return {**document, "metadata": metadata}


others = st.lists(
    st.sampled_from(
        [
            *([one] for one in (*ADMIN, *CILIUM, *CALICO, *CLOSED, *TAKEN)),
            *([bare(namespace, "bare")] for namespace in NAMESPACES[:2]),
            *(identified(sign) for sign in SIGNS),
            api_client("operator"),
        ]
    ),
    max_size=3,
    unique_by=str,
)
specs = st.fixed_dictionaries(
    {"egress": st.sampled_from(("dns", "web", "any"))},
    optional={
        "scope": st.sampled_from(("namespace", "workload")),
        "platform": st.sampled_from(
            ("generic", "eks", "gke", "gke-dataplane-v2", "aks", "ack", "openshift", "k3s")
        ),
        "cni": st.sampled_from(("", "calico", "cilium", "antrea", "kube-router")),
        "ipFamilies": st.sampled_from((["IPv4"], ["IPv6"], ["IPv6", "IPv4"])),
        "allow": st.fixed_dictionaries(
            {},
            optional={
                "infer": st.lists(st.sampled_from(("services", "references")), unique=True),
                "gatewayNamespaces": st.just(["edge"]),
                "sameNamespace": st.booleans(),
            },
        ),
    },
)


@st.composite
def inputs(draw: st.DrawFn) -> bytes:
    """An application among other things, its namespaces written or not."""
    documents = list(yaml.safe_load_all(draw(apps()).data()))
    documents += [one for found in draw(others) for one in found]
    if draw(st.booleans()):
        return stream(documents)
    return stream(
        [
            without_namespace(one) if one["metadata"].get("namespace") == "shop" else one
            for one in documents
        ]
    )


def key(result: Result) -> tuple[str, str, str]:
    """The finding, whatever is proposed for it."""
    return result.id, result.subject, result.message


@thorough
@given(inputs(), specs)
def test_a_setting_that_a_finding_proposes_mends_it(data: bytes, spec: dict[str, Any]) -> None:
    before = guarded(data, config(**spec))[1]
    errors = {(one.id, one.subject) for one in before if one.severity == "error"}
    known: dict[str, list[Result]] = {}
    for finding in before:
        for remedy in finding.remedies:
            text = repr(remedy)
            if text not in known:
                known[text] = guarded(data, config(**applied(spec, remedy)))[1]
            after = known[text]
            assert key(finding) not in map(key, after), remedy
            new = [
                one.line()
                for one in after
                if one.severity == "error" and (one.id, one.subject) not in errors
            ]
            assert new == [], remedy


@thorough
@given(inputs(), specs)
def test_the_settings_that_mend_most_mend_as_many_as_they_say(
    data: bytes, spec: dict[str, Any]
) -> None:
    before = [one for one in guarded(data, config(**spec))[1] if one.member is not None]
    found = advice(before)
    assert bool(found.settings) == any(one.remedies for one in before)
    after = guarded(data, config(**applied(spec, found.settings)))[1]
    left = {key(one) for one in after} & {key(one) for one in before}
    assert left <= {key(one) for one in found.left}
    names = {one.member for one in before if key(one) in left}
    assert len(names) <= found.total - found.mended
