"""What comes first, what is skipped and what copies mean: found by tests/reach/test_worlds.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.engines.parts import Direction, Manifest
from tests.support.worlds.ask import decisions
from tests.support.worlds.cases import Case, Shown
from tests.support.worlds.parts import manifest

CALICO, ANTREA = "projectcalico.org/v3", "crd.antrea.io/v1beta1"
SIG_NETWORK, AWS = "policy.networking.k8s.io/v1alpha1", "networking.k8s.aws/v1alpha1"
WEB = Shown("shop", {"app": "a"})
DB = Shown("stock", {"app": "b"})
METADATA = "169.254.169.254"
OPEN, BLOCKED, EITHER = {"open"}, {"blocked"}, {"open", "blocked"}


def said(
    *manifests: Manifest,
    peer: Shown | str = METADATA,
    direction: Direction = "Egress",
    version: int = 4,
) -> tuple[set[str], set[str]]:
    """What is said of TCP 80, to who fears that it gets through, and to who needs it to."""
    namespaces: dict[str, dict[str, str] | None] = {"shop": {}, "stock": {}}
    case = Case(
        "kubernetes", list(manifests), namespaces, direction, WEB, peer, version, [("TCP", 80)]
    )
    lenient, strict = decisions(case, "TCP", 80)
    return set(lenient), set(strict)


def network_policy(name: str, spec: dict[str, Any]) -> Manifest:
    """A NetworkPolicy in the namespace of the pods."""
    return manifest("networking.k8s.io/v1", "NetworkPolicy", name, "shop", spec)


def calico(name: str, where: str | None = None, /, **spec: Any) -> Manifest:
    """A policy of Calico's, of a namespace or of the cluster."""
    kind = "NetworkPolicy" if where else "GlobalNetworkPolicy"
    return manifest(CALICO, kind, name, where, spec)


def tier(name: str, **spec: Any) -> Manifest:
    """A tier of Calico's."""
    return manifest(CALICO, "Tier", name, None, spec)


def antrea(name: str, action: str, **spec: Any) -> Manifest:
    """A policy of Antrea's about all traffic of all pods."""
    rule = {"action": action, "appliedTo": [{"podSelector": {}}]}
    found = {"priority": 5, **spec, "egress": [rule]}
    return manifest(ANTREA, "ClusterNetworkPolicy", name, None, found)


ALLOW, DENY, PASS = ([{"action": action}] for action in ("Allow", "Deny", "Pass"))


def test_a_copy_that_isolates_may_be_the_one_that_stands() -> None:
    isolating = {"podSelector": {}, "policyTypes": ["Egress"]}
    other = {"podSelector": {"matchLabels": {"app": "b"}}, "policyTypes": ["Egress"]}
    assert said(network_policy("m", isolating), network_policy("m", other)) == (OPEN, BLOCKED)
    assert said(network_policy("m", isolating), network_policy("m", isolating)) == (
        BLOCKED,
        BLOCKED,
    )


def test_a_pass_of_antrea_skips_its_later_tiers_but_not_the_baseline() -> None:
    passes = antrea("m", "Pass", tier="emergency")
    assert said(passes, antrea("n", "Drop")) == (OPEN, OPEN)
    assert said(passes, antrea("n", "Drop", priority=9, tier="emergency")) == (OPEN, OPEN)
    assert said(passes, antrea("n", "Drop", tier="baseline")) == (BLOCKED, BLOCKED)
    isolating = network_policy("m", {"podSelector": {}, "policyTypes": ["Egress"]})
    assert said(passes, antrea("n", "Allow"), isolating) == (BLOCKED, BLOCKED)


def test_the_baseline_of_antrea_is_asked_where_no_policy_isolates_in_that_direction() -> None:
    inward = network_policy("m", {"podSelector": {}, "policyTypes": ["Ingress"]})
    assert said(antrea("n", "Drop", tier="baseline"), inward) == (BLOCKED, BLOCKED)


def test_a_tier_of_antrea_that_stands_twice_may_be_asked_at_either_place() -> None:
    copies = [manifest(ANTREA, "Tier", "ours", None, {"priority": at}) for at in (60, 20)]
    allows = antrea("n", "Allow", tier="emergency")
    assert said(*copies, antrea("m", "Drop", tier="ours"), allows) == (EITHER, EITHER)


def test_an_address_is_no_endpoint_that_a_global_policy_of_calico_leaves_out() -> None:
    for action, becomes in (("Allow", OPEN), ("Deny", BLOCKED)):
        rule = {"action": action, "destination": {"notSelector": "has(app)"}}
        assert said(calico("m", egress=[rule, *DENY])) == (becomes, becomes)
        # In a namespaced policy the rule is about endpoints, of that namespace.
        assert said(calico("m", "shop", egress=[rule, *DENY])) == (BLOCKED, BLOCKED)


def test_a_negative_selector_in_a_namespace_is_about_that_namespace() -> None:
    rule = {"action": "Deny", "destination": {"notSelector": "app == 'c'"}}
    policy = calico("m", "shop", egress=[rule, *ALLOW])
    assert said(policy, peer=DB) == (OPEN, OPEN)
    assert said(policy, peer=WEB) == (BLOCKED, BLOCKED)


def test_a_network_set_of_calico_may_hold_the_address_of_a_pod() -> None:
    networks = manifest(CALICO, "GlobalNetworkSet", "m", None, {"nets": ["10.0.0.0/8"]})
    networks["metadata"]["labels"] = {"app": "c"}
    for selector in ("selector", "notSelector"):
        rule = {"action": "Deny", "destination": {selector: "app == 'c'"}}
        assert said(networks, calico("m", egress=[rule, *ALLOW]), peer=DB) == (EITHER, EITHER)


def test_a_rule_of_calico_for_one_ip_version_is_not_about_pods_of_the_other() -> None:
    policy = calico("m", egress=[{"action": "Deny", "ipVersion": 6}, *ALLOW])
    assert said(policy, peer=DB, version=4) == (OPEN, OPEN)
    assert said(policy, peer=DB, version=6) == (BLOCKED, BLOCKED)


@pytest.mark.parametrize("order", [None, -5, -1, 100, 1_000_000, 10_000_000])
def test_of_tiers_with_one_order_the_names_decide(order: int | None) -> None:
    orders = {} if order is None else {"order": order}
    tiers = tier("b", **orders), tier("a", **orders)
    passed = calico("m", tier="a", egress=PASS), calico("n", tier="b", egress=DENY)
    assert said(*tiers, *passed) == (BLOCKED, BLOCKED)
    allowed = calico("n", tier="a", egress=ALLOW), calico("m", tier="b", egress=DENY)
    assert said(*tiers, *allowed) == (OPEN, OPEN)


def test_a_global_policy_of_calico_may_come_before_a_namespaced_one_of_its_order() -> None:
    for names in (("m", "n"), ("n", "m"), ("m", "m")):
        policies = calico(names[0], order=5, egress=DENY), calico(names[1], "shop", order=5)
        policies[1]["spec"]["egress"] = ALLOW
        assert said(*policies) == (EITHER, EITHER)
    by_name = calico("n", order=5, egress=DENY), calico("m", order=5, egress=ALLOW)
    assert said(*by_name) == (OPEN, OPEN)


def test_many_tiers_that_may_pass_are_each_asked_once() -> None:
    """Without, this takes as many steps as there are ways through forty tiers."""
    policies: list[Manifest] = []
    for at in range(40):
        policies.append(tier(f"t{at}", order=at))
        uncertain = {"serviceAccountSelector": "has(team)", "egress": PASS}
        policies.append(calico("m", tier=f"t{at}", **uncertain))
    assert said(*policies) == (EITHER, EITHER)


def test_a_tier_in_the_place_of_the_default_one_comes_before_it_or_after_by_name() -> None:
    opens = network_policy("m", {"podSelector": {}, "egress": [{}]})
    for name, becomes in (("before", BLOCKED), ("late", OPEN)):
        policies = tier(name, order=1_000_000), calico("m", tier=name, egress=DENY)
        assert said(*policies, opens) == (becomes, becomes)


def test_a_tier_that_is_not_in_the_input_may_come_before_one_with_a_negative_order() -> None:
    known = tier("b", order=-5), calico("n", tier="b", egress=ALLOW)
    assert said(*known, calico("m", tier="a", egress=DENY)) == (EITHER, EITHER)


def test_of_a_tier_that_stands_twice_neither_is_known() -> None:
    for copies in ([{"order": 5}, {"order": 50}], [{}, {"defaultAction": "Pass"}]):
        tiers = [tier("b", **one) for one in copies]
        other = tier("c", order=20), calico("n", tier="c", egress=ALLOW)
        found = said(*tiers, calico("m", tier="b", types=["Egress"]), *other)
        assert found == (EITHER, EITHER)


def test_a_policy_of_an_application_may_keep_the_baseline_out_too() -> None:
    rule = {"action": "Deny", "to": [{"networks": ["0.0.0.0/0"]}]}
    spec = {"subject": {"namespaces": {}}, "egress": [rule]}
    baseline = manifest(SIG_NETWORK, "BaselineAdminNetworkPolicy", "default", None, spec)
    assert said(baseline) == (BLOCKED, BLOCKED)
    ingress = {"podSelector": {}, "policyTypes": ["Ingress"]}
    policy = manifest(AWS, "ApplicationNetworkPolicy", "m", "shop", ingress)
    assert said(baseline, policy) == (EITHER, EITHER)
