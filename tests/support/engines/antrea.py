"""Antrea's policies for one packet.

Antrea documentation, "Antrea Network Policy CRDs": tiers by their priority, the policies of a tier
by theirs, the rules of a policy in their order, and the first that is about the packet decides.
`Pass` leaves out every further rule of Antrea's before NetworkPolicy (release notes of 1.5). Where
no NetworkPolicy isolates the pod, the tier `baseline` comes last.
"""

from __future__ import annotations

from typing import Literal

from tests.support.engines.parts import (
    SECTIONS,
    Endpoint,
    Freedom,
    Manifest,
    Packet,
    both_select,
    in_block,
    in_order,
    in_ports,
    is_domain,
    is_named,
    of_kind,
)

Action = Literal["allow", "deny", "pass"]
_ACTIONS: dict[str, Action] = {"Allow": "allow", "Drop": "deny", "Reject": "deny", "Pass": "pass"}
_STATIC = {"emergency": 50, "securityops": 100, "networkops": 150, "platform": 200}
_STATIC["application"] = 250
GROUP = "crd.antrea.io"


def first_match(
    manifests: list[Manifest], packet: Packet, freedom: Freedom, *, baseline: bool
) -> Action | None:
    """What the first rule about the packet does: of the tier `baseline`, or of all the others."""
    policies = [
        one
        for one in of_kind(manifests, GROUP, "ClusterNetworkPolicy", "NetworkPolicy")
        if (_tier(one) == "baseline") == baseline
    ]
    orders = {**_STATIC, "baseline": 253, **freedom.tiers}
    for tier in of_kind(manifests, GROUP, "Tier"):
        orders[tier["metadata"]["name"]] = tier["spec"]["priority"]
    rules_name, peers_name = SECTIONS[packet.direction]
    for policy in in_order(
        policies, lambda one: (orders[_tier(one)], one["spec"]["priority"]), freedom
    ):
        for rule in policy["spec"].get(rules_name) or []:
            if _is_about(rule, peers_name, policy, packet, freedom):
                return _ACTIONS[rule["action"]]
    return None


def _tier(policy: Manifest) -> str:
    tier: str = policy["spec"].get("tier") or "application"
    return tier.lower() if tier.lower() in (*_STATIC, "baseline") else tier


def _is_about(
    rule: Manifest, peers_name: str, policy: Manifest, packet: Packet, freedom: Freedom
) -> bool:
    is_namespaced = policy["kind"] == "NetworkPolicy"
    own_namespace = policy["metadata"].get("namespace")
    if is_namespaced and packet.own.namespace != own_namespace:
        return False
    applied = rule["appliedTo"] if "appliedTo" in rule else policy["spec"]["appliedTo"]
    if not applied:
        raise KeyError("appliedTo")  # Antrea refuses a policy that is applied to nothing
    if not any(_selects(one, packet.own) for one in applied):
        return False
    peers = rule.get(peers_name) or []
    within = own_namespace if is_namespaced else None
    if peers and not any(_is_peer(one, within, packet, freedom) for one in peers):
        return False
    ports = rule.get("ports") or []
    return not ports or any(_is_port(one, packet, freedom) for one in ports)


def _selects(entry: Manifest, pod: Endpoint) -> bool:
    if not entry:
        raise KeyError("podSelector")  # Antrea refuses what selects nothing
    return both_select(entry.get("namespaceSelector"), entry.get("podSelector"), pod)


def _is_peer(peer: Manifest, within: str | None, packet: Packet, freedom: Freedom) -> bool:
    if "fqdn" in peer:
        return is_domain(packet, freedom)
    if "ipBlock" in peer:
        return in_block(packet.peer_address, peer["ipBlock"])
    other = packet.peer
    if isinstance(other, str) or not _selects(peer, other):
        return False
    # In a policy of a namespace, pods of that namespace are meant where none is named.
    return within is None or "namespaceSelector" in peer or other.namespace == within


def _is_port(entry: Manifest, packet: Packet, freedom: Freedom) -> bool:
    if entry.get("protocol", "TCP") != packet.protocol:
        return False
    port = entry.get("port")
    if port is None:
        return True
    if isinstance(port, str):
        return is_named(port, packet, freedom)
    return in_ports(packet, port, entry.get("endPort"))
