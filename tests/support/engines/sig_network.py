"""The policies of SIG Network for one packet: a tier before NetworkPolicy, and one after it.

Network policy API reference, v1alpha1 (AdminNetworkPolicy, BaselineAdminNetworkPolicy) and v1alpha2
(ClusterNetworkPolicy): the lower priority comes first, within a policy the earlier rule, and the
first rule that is about the packet decides. Networks are asked of traffic inside the cluster too.
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
    in_cidr,
    in_order,
    in_ports,
    is_domain,
    is_named,
    of_kind,
)
from tests.support.packets import selects

Tier = Literal["Admin", "Baseline"]
Action = Literal["allow", "deny", "pass"]
_ACTIONS: dict[str, Action] = {"Allow": "allow", "Accept": "allow", "Deny": "deny", "Pass": "pass"}
GROUP = "policy.networking.k8s.io"


def in_tier(manifests: list[Manifest], tier: Tier) -> list[Manifest]:
    """The policies of a tier, of every version of the API and of the kind made after them."""
    old = {"Admin": "AdminNetworkPolicy", "Baseline": "BaselineAdminNetworkPolicy"}[tier]
    listed = of_kind(manifests, GROUP, "ClusterNetworkPolicy")
    listed += of_kind(manifests, "networking.k8s.aws", "ClusterNetworkPolicy")
    listed = [one for one in listed if one["spec"]["tier"] == tier]
    return of_kind(manifests, GROUP, old) + listed


def first_match(
    manifests: list[Manifest], tier: Tier, packet: Packet, freedom: Freedom
) -> Action | None:
    """What the first rule of a tier that is about the packet does with it."""
    policies = in_order(
        in_tier(manifests, tier), lambda one: one["spec"].get("priority", 0), freedom
    )
    rules_name, peers_name = SECTIONS[packet.direction]
    for policy in policies:
        if not _is_subject(policy["spec"]["subject"], packet.own):
            continue
        for rule in policy["spec"].get(rules_name) or []:
            if not any(_is_peer(one, packet, freedom) for one in rule[peers_name]):
                continue
            ports = rule.get("ports") or rule.get("protocols") or []
            if not ports or any(_is_port(one, packet, freedom) for one in ports):
                return _ACTIONS[rule["action"]]
    return None


def _is_subject(subject: Manifest, pod: Endpoint) -> bool:
    if "namespaces" in subject:
        return selects(subject["namespaces"], dict(pod.namespace_labels))
    pods = subject["pods"]
    return both_select(pods["namespaceSelector"], pods["podSelector"], pod)


def _is_peer(peer: Manifest, packet: Packet, freedom: Freedom) -> bool:
    if "domainNames" in peer:
        return is_domain(packet, freedom)
    if "networks" in peer:
        return any(in_cidr(packet.peer_address, one) for one in peer["networks"])
    other = packet.peer
    return isinstance(other, Endpoint) and _is_subject(peer, other)


def _is_port(entry: Manifest, packet: Packet, freedom: Freedom) -> bool:
    for key in ("namedPort", "destinationNamedPort"):
        if key in entry:
            return is_named(entry[key], packet, freedom)
    if "portNumber" in entry:
        one = entry["portNumber"]
        return bool(one["protocol"] == packet.protocol) and in_ports(packet, one["port"])
    if "portRange" in entry:
        one = entry["portRange"]
        return bool(one["protocol"] == packet.protocol) and in_ports(
            packet, one["start"], one["end"]
        )
    if packet.protocol.lower() not in entry:
        return False
    port = entry[packet.protocol.lower()]["destinationPort"]
    if "number" in port:
        return in_ports(packet, port["number"])
    return in_ports(packet, port["range"]["start"], port["range"]["end"])
