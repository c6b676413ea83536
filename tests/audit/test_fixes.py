"""A mended rule: the metadata service is out of its reach, and nothing else is.

Every rule is held against packets, before and after.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imds_guard.audit.fixes import dns_rule, fixed_block, fixed_rule
from imds_guard.reach.grants import Engine, grants_of
from imds_guard.resources import Address, Policy
from imds_guard.resources.network_policy import read_network_policy
from imds_guard.wire import as_text
from tests.support.packets import Packet, rule_allows
from tests.support.policy_sets import (
    ADDRESSES,
    NAMESPACES,
    PORTS,
    PROTOCOLS,
    ip_blocks,
    labels,
    rules,
)
from tests.support.validity import violations

ENDPOINTS = ("169.254.169.254", "fd00:ec2::254")
HERE = NAMESPACES[0]
NAMED = (("TCP", "http", 8080), ("UDP", "dns", 53))
PACKETS = [
    Packet(protocol, port, address)
    for protocol in PROTOCOLS
    for port in (*PORTS, 123)
    for address in ADDRESSES
]
POD_PACKETS = [(protocol, port) for protocol in PROTOCOLS for port in PORTS]

Rule = dict[str, Any]
thorough = settings(max_examples=600, deadline=None)  # tried once with 5,000


def policy(egress: list[Rule]) -> dict[str, Any]:
    """A policy with these rules."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "any", "namespace": HERE},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": egress},
    }


def mended(rule: Rule) -> list[Rule]:
    """What stands in the rule's place: the rule without metadata, and what else was there."""
    address = Address("networking.k8s.io/v1", "NetworkPolicy", HERE, "any")
    view = read_network_policy(Policy(address, value=as_text(policy([rule]))))
    grants = grants_of(view, "Egress", Engine())
    found = (fixed_rule(rule, ENDPOINTS), dns_rule(grants, ENDPOINTS))
    return [one for one in found if one is not None]


def allow(egress: list[Rule], packet: Packet) -> bool:
    """Whether any rule lets the packet through."""
    return any(rule_allows(rule, HERE, packet) for rule in egress)


def by_number(rule: Rule) -> list[Rule]:
    """The rule without its named ports: of an address nobody knows what they mean."""
    if not rule.get("ports"):
        return [rule]
    left = [port for port in rule["ports"] if not isinstance(port.get("port"), str)]
    return [{**rule, "ports": left}] if left else []


def is_no_metadata(packet: Packet) -> bool:
    """DNS in TCP, and all of UDP: what else some clouds answer at these addresses."""
    return packet.protocol == "UDP" or (packet.protocol, packet.port) == ("TCP", 53)


@thorough
@given(rules)
def test_only_metadata_is_out_of_a_mended_rule(rule: Rule) -> None:
    after = mended(rule)
    for packet in PACKETS:
        if packet.address not in ENDPOINTS:
            expected = allow([rule], packet)
        elif is_no_metadata(packet):
            expected = allow(by_number(rule), packet)
        else:
            expected = False
        assert allow(after, packet) == expected, packet


@thorough
@given(rules, labels, st.sampled_from(NAMESPACES))
def test_a_mended_rule_reaches_the_same_pods(
    rule: Rule, own: dict[str, str], namespace: str
) -> None:
    after = mended(rule)
    for protocol, port in POD_PACKETS:
        pod = namespace, {"kubernetes.io/metadata.name": namespace}, own
        packet = Packet(protocol, port, pod=pod, named=NAMED)
        assert allow(after, packet) == allow([rule], packet), packet


@thorough
@given(rules)
def test_kubernetes_accepts_a_mended_rule(rule: Rule) -> None:
    assert violations(policy(mended(rule))) == []


@thorough
@given(rules)
def test_a_mended_rule_needs_no_mending(rule: Rule) -> None:
    once = fixed_rule(rule, ENDPOINTS)
    assert once is None or fixed_rule(once, ENDPOINTS) == once


@thorough
@given(ip_blocks(), st.lists(st.sampled_from((*ENDPOINTS, "169.254.169.253"))))
def test_only_metadata_is_out_of_a_mended_block(peer: Rule, addresses: list[str]) -> None:
    block = fixed_block(peer["ipBlock"], addresses)
    after = [] if block is None else [{"to": [{"ipBlock": block}]}]
    assert violations(policy(after)) == []
    for packet in PACKETS:
        was = allow([{"to": [peer]}], packet)
        assert allow(after, packet) == (was and packet.address not in addresses), packet


MD4, MD6 = "169.254.169.254/32", "fd00:ec2::254/128"


@pytest.mark.parametrize(
    "cidr, before, after",
    [
        ("0.0.0.0/0", None, [MD4]),
        ("0.0.0.0/0", [], [MD4]),
        ("0.0.0.0/0", ["10.0.0.0/8"], ["10.0.0.0/8", MD4]),
        ("0.0.0.0/0", ["169.254.169.252/31"], ["169.254.169.252/31", MD4]),
        ("0.0.0.0/0", ["169.254.0.0/16"], ["169.254.0.0/16"]),  # out already
        ("::/0", ["fe80::/10"], ["fe80::/10", MD6]),
        # What the API server refuses does not stay.
        ("0.0.0.0/0", ["0.0.0.0/0"], [MD4]),
        ("0.0.0.0/0", ["fe80::/10", "metadata"], [MD4]),
        ("::/0", [MD4], [MD6]),
    ],
)
def test_excepts_are_kept_where_they_are_valid(
    cidr: str, before: list[str] | None, after: list[str]
) -> None:
    block: Rule = {"cidr": cidr} if before is None else {"cidr": cidr, "except": before}
    mine = fixed_block(block, ENDPOINTS)
    assert mine is not None
    assert mine["cidr"] == cidr
    assert sorted(mine["except"]) == sorted(after)
    assert violations(policy([{"to": [{"ipBlock": mine}]}])) == []


@pytest.mark.parametrize("text", ["169.254.169.254", "10.0.0.0", "169.254.0.0/255.255.0.0"])
def test_an_except_that_only_python_reads_does_not_stay(text: str) -> None:
    block = fixed_block({"cidr": "0.0.0.0/0", "except": [text]}, ENDPOINTS)
    egress: list[Rule] = [{"to": [{"ipBlock": block}]}]
    assert violations(policy(egress)) == []
    assert not allow(egress, Packet("TCP", 80, ENDPOINTS[0]))


@pytest.mark.parametrize("cidr", [MD4, MD6, "169.254.169.254", "anywhere"])
def test_a_block_of_nothing_but_metadata_goes(cidr: str) -> None:
    assert fixed_block({"cidr": cidr}, ENDPOINTS) is None
    assert fixed_rule({"to": [{"ipBlock": {"cidr": cidr}}]}, ENDPOINTS) is None
    beside: Rule = {"to": [{"ipBlock": {"cidr": cidr}}, {"podSelector": {}}]}
    assert fixed_rule(beside, ENDPOINTS) == {"to": [{"podSelector": {}}]}
