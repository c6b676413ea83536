"""The reach engine against packets: the same answer for every one of them."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imds_guard.reach.addresses import network
from imds_guard.reach.grants import pod
from imds_guard.reach.network_policies import NetworkPolicies
from imds_guard.reach.selectors import matches
from imds_guard.resources import Address, Policy
from imds_guard.resources.network_policy import NetworkPolicy, Protocol, read_network_policy
from imds_guard.wire import as_text
from tests.support.packets import Packet, passes
from tests.support.policy_sets import ADDRESSES, NAMESPACES, PORTS, PROTOCOLS, labels, policy_sets

# Sets of policies per test and run, each with several packets; CI tries more than 20,000 in all.
EXAMPLES = int(os.environ.get("IMDS_GUARD_EXAMPLES", "2000"))
thorough = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
NAMED: dict[tuple[Protocol, str], int] = {("TCP", "http"): 8080, ("UDP", "dns"): 53}


def view(value: dict[str, Any]) -> NetworkPolicy:
    """The policy as it is read: every scalar is text."""
    metadata = value["metadata"]
    address = Address(value["apiVersion"], "NetworkPolicy", metadata["namespace"], "any")
    return read_network_policy(Policy(address, value=as_text(value)))


@thorough
@given(policy_sets, st.sampled_from(NAMESPACES), labels, st.randoms(use_true_random=False))
def test_an_address_is_reached_where_packets_pass(
    values: list[dict[str, Any]], namespace: str, own: dict[str, str], random: Any
) -> None:
    reach = NetworkPolicies(map(view, values)).reach(namespace, own, "Egress")
    for _ in range(30):
        protocol, port = random.choice(PROTOCOLS), random.choice(PORTS)
        address = random.choice(ADDRESSES)
        expected = passes(values, namespace, own, Packet(protocol, port, address))
        single = network(address)
        assert reach.to_address(single, protocol, port) == expected
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
    reach = NetworkPolicies(map(view, values)).reach(namespace, own, "Egress")
    other = pod(other_namespace, others, {}, NAMED)
    named = tuple((protocol, name, number) for (protocol, name), number in NAMED.items())
    for protocol, port in (("TCP", 80), ("TCP", 8080), ("UDP", 53), ("SCTP", 443)):
        packet = Packet(
            protocol, port, pod=(other_namespace, dict(other.namespace_labels), others), named=named
        )
        expected = passes(values, namespace, own, packet)
        assert reach.to_pod(other, protocol, port) == expected  # type: ignore[arg-type]


def test_rules_that_an_alias_gives_to_both_directions_are_read_for_each() -> None:
    """One list object, but `from` says nothing in an egress rule, nor `to` in an ingress rule."""
    rules = [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}]}]
    spec = {"podSelector": {}, "ingress": rules, "egress": rules}
    address = Address("v1", "NetworkPolicy", "shop", "both")
    policy = read_network_policy(Policy(address, value={"spec": spec}))
    assert [rule.field for rule in policy.egress] == ["spec.egress[0]"]
    assert [rule.field for rule in policy.ingress] == ["spec.ingress[0]"]
    reach = NetworkPolicies([policy]).reach("shop", {}, "Ingress")
    assert reach.to_pod(pod("shop", {"a": "b"}), "TCP", 80)
    assert not reach.to_pod(pod("shop", {"a": "c"}), "TCP", 80)
    assert NetworkPolicies([policy]).reach("shop", {}, "Egress").to_pod(pod("x", {}), "TCP", 80)


def test_a_selector_whose_value_is_null_means_the_empty_one() -> None:
    selector = {"matchLabels": {"a": None}}
    assert matches(selector, {"a": ""})
    assert not matches(selector, {})
    assert not matches(selector, {"a": "b"})
