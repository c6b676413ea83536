"""The reach engine against packets: the same answer for every one of them."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imds_guard.reach.addresses import network
from imds_guard.reach.match import Match
from imds_guard.reach.network_policies import NetworkPolicies
from imds_guard.reach.pod import pod
from imds_guard.reach.selectors import matches
from imds_guard.resources import Address, Policy, read_network_policy
from imds_guard.resources.labels import Labels
from imds_guard.resources.network_policy import Protocol
from tests.support.packets import Packet, passes
from tests.support.policy_sets import ADDRESSES, NAMESPACES, PORTS, PROTOCOLS, labels, policy_sets
from tests.support.reach import reach_of, to_address, to_pod, views

# Sets of policies per test and run, each with several packets; CI tries more than 20,000 in all.
EXAMPLES = int(os.environ.get("IMDS_GUARD_EXAMPLES", "2000"))
thorough = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
ASKED: tuple[tuple[Protocol, int], ...] = (
    ("TCP", 80),
    ("TCP", 8080),
    ("UDP", 53),
    ("SCTP", 443),
)
NAMED: dict[tuple[Protocol, str], int] = {("TCP", "http"): 8080, ("UDP", "dns"): 53}


@thorough
@given(policy_sets, st.sampled_from(NAMESPACES), labels, st.randoms(use_true_random=False))
def test_an_address_is_reached_where_packets_pass(
    values: list[dict[str, Any]], namespace: str, own: dict[str, str], random: Any
) -> None:
    reach = reach_of(views(values), namespace, own)
    for _ in range(30):
        protocol, port = random.choice(PROTOCOLS), random.choice(PORTS)
        address = random.choice(ADDRESSES)
        expected = passes(values, namespace, own, Packet(protocol, port, address))
        single = network(address)
        assert to_address(reach, single, protocol, port) == expected
        found = reach.addresses(single.version, protocol, port)
        assert (not reach.isolated or int(single[0]) in found) == expected


@thorough
@given(policy_sets, labels, labels, st.sampled_from(NAMESPACES), st.sampled_from(NAMESPACES))
def test_a_pod_is_reached_where_packets_pass(
    values: list[dict[str, Any]],
    own: dict[str, str],
    others: dict[str, str],
    namespace: str,
    other_namespace: str,
) -> None:
    reach = reach_of(views(values), namespace, own)
    other = pod(other_namespace, others, Labels({}), NAMED)
    named = tuple((protocol, name, number) for (protocol, name), number in NAMED.items())
    for protocol, port in ASKED:
        packet = Packet(
            protocol,
            port,
            pod=(other_namespace, dict(other.namespace_labels.known), others),
            named=named,
        )
        expected = passes(values, namespace, own, packet)
        assert to_pod(reach, other, protocol, port) == expected


def test_rules_that_an_alias_gives_to_both_directions_are_read_for_each() -> None:
    """One list object, but `from` says nothing in an egress rule, nor `to` in an ingress rule."""
    rules = [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}]}]
    spec = {"podSelector": {}, "ingress": rules, "egress": rules}
    address = Address("v1", "NetworkPolicy", "shop", "both")
    policy = read_network_policy(Policy(address, value={"spec": spec}))
    assert [rule.field for rule in policy.egress] == ["spec.egress[0]"]
    assert [rule.field for rule in policy.ingress] == ["spec.ingress[0]"]
    inward = reach_of([policy], "shop", {}, "Ingress")
    [grant] = NetworkPolicies([policy]).grants(policy, "Ingress")
    assert grant.selects(pod("shop", {"a": "b"})) is Match.YES
    assert grant.selects(pod("shop", {"a": "c"})) is Match.NO
    assert inward.isolated is Match.MAYBE  # kubectl refuses an egress rule with `from`
    assert to_pod(reach_of([policy], "shop", {}), pod("x", {}), "TCP", 80)


def test_a_null_in_a_selector_is_dropped_or_is_the_empty_text() -> None:
    selector = {"matchLabels": {"a": None}}
    assert matches(selector, Labels({"a": ""})) is Match.YES
    assert matches(selector, Labels({})) is Match.MAYBE
    assert matches(selector, Labels({"a": "b"})) is Match.MAYBE
