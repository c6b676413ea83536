"""NetworkPolicy, and what the AWS VPC CNI makes of its own kind beside it, for one packet.

Kubernetes API reference, NetworkPolicySpec: policies add up, a pod that one of them selects is
isolated in the policy's directions, and what any rule allows gets through. The documentation of
the AWS VPC CNI says the same of ApplicationNetworkPolicy.
"""

from __future__ import annotations

from typing import Any, Literal

from tests.support.engines.parts import (
    SECTIONS,
    Endpoint,
    Freedom,
    Manifest,
    Packet,
    in_block,
    in_ports,
    is_domain,
    is_named,
    of_kind,
)
from tests.support.packets import selects

Verdict = Literal["allowed", "isolated", "free"]


def network_policies(manifests: list[Manifest]) -> list[Manifest]:
    """The NetworkPolicies of Kubernetes, and the policies that add to them."""
    found = of_kind(manifests, "networking.k8s.io", "NetworkPolicy")
    return found + of_kind(manifests, "networking.k8s.aws", "ApplicationNetworkPolicy")


def selecting(manifests: list[Manifest], pod: Endpoint) -> list[Manifest]:
    """The policies that select a pod, for whichever direction."""
    return [
        one
        for one in network_policies(manifests)
        if one["metadata"]["namespace"] == pod.namespace
        and selects(one["spec"].get("podSelector") or {}, dict(pod.labels))
    ]


def types(spec: Manifest) -> list[str]:
    """Where policyTypes is absent: Ingress always, Egress where there are egress rules."""
    return spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def decide(
    manifests: list[Manifest], packet: Packet, freedom: Freedom, *, blocks_match_pods: bool = True
) -> Verdict:
    """What all policies together say of the packet."""
    mine = [
        one for one in selecting(manifests, packet.own) if packet.direction in types(one["spec"])
    ]
    if not mine:
        return "free"
    rules_name, _ = SECTIONS[packet.direction]
    for policy in mine:
        for rule in policy["spec"].get(rules_name) or []:
            namespace = policy["metadata"]["namespace"]
            if _rule_allows(rule, namespace, packet, freedom, blocks_match_pods):
                return "allowed"
    return "isolated"


def _rule_allows(
    rule: Manifest, namespace: str, packet: Packet, freedom: Freedom, blocks_match_pods: bool
) -> bool:
    _, peers_name = SECTIONS[packet.direction]
    peers, ports = rule.get(peers_name) or [], rule.get("ports") or []
    if peers and not any(
        _is_peer(one, namespace, packet, blocks_match_pods)
        if "domainNames" not in one
        else is_domain(packet, freedom)
        for one in peers
    ):
        return False
    return not ports or any(_is_port(one, packet, freedom) for one in ports)


def _is_peer(peer: Manifest, namespace: str, packet: Packet, blocks_match_pods: bool) -> bool:
    other = packet.peer
    if "ipBlock" in peer:
        if isinstance(other, Endpoint) and not blocks_match_pods:
            return False
        return in_block(packet.peer_address, peer["ipBlock"])
    if isinstance(other, str):
        return False
    by_namespace = peer.get("namespaceSelector")
    if by_namespace is None:
        if other.namespace != namespace:
            return False
    elif not selects(by_namespace, dict(other.namespace_labels)):
        return False
    by_labels = peer.get("podSelector")
    return by_labels is None or selects(by_labels, dict(other.labels))


def _is_port(entry: dict[str, Any], packet: Packet, freedom: Freedom) -> bool:
    if entry.get("protocol", "TCP") != packet.protocol:
        return False
    port = entry.get("port")
    if port is None:
        return True
    if isinstance(port, str):
        return is_named(port, packet, freedom)
    return in_ports(packet, port, entry.get("endPort"))
