"""The plainest NetworkPolicy evaluator: one packet, one policy after the other, no sets.

Written from the Kubernetes API reference alone, to hold reach/ against.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Packet:
    """From the selected pod to `address`, or to a pod where `pod` is given."""

    protocol: str
    port: int
    address: str = ""
    pod: tuple[str, dict[str, str], dict[str, str]] | None = None  # namespace, its labels, own
    named: tuple[tuple[str, str, int], ...] = ()  # the pod's ports: protocol, name, number


def passes(
    policies: list[dict[str, Any]], namespace: str, labels: dict[str, str], packet: Packet
) -> bool:
    """Whether the packet leaves pods with these labels."""
    isolated = False
    for policy in policies:
        if policy["metadata"]["namespace"] != namespace:
            continue
        spec = policy["spec"]
        if not selects(spec.get("podSelector") or {}, labels):
            continue
        types = spec.get("policyTypes") or (
            ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
        )
        if "Egress" not in types:
            continue
        isolated = True
        if any(rule_allows(rule, namespace, packet) for rule in spec.get("egress") or []):
            return True
    return not isolated


def rule_allows(rule: dict[str, Any], namespace: str, packet: Packet) -> bool:
    """Whether an egress rule of a policy in `namespace` lets the packet through."""
    peers, ports = rule.get("to") or [], rule.get("ports") or []
    if peers and not any(peer_is(peer, namespace, packet) for peer in peers):
        return False
    return not ports or any(port_is(port, packet) for port in ports)


def peer_is(peer: dict[str, Any], namespace: str, packet: Packet) -> bool:
    """Whether a peer is where the packet goes."""
    if "ipBlock" in peer:
        if packet.pod is not None:
            return False
        block = peer["ipBlock"]
        address = ipaddress.ip_address(packet.address)
        if address not in ipaddress.ip_network(block["cidr"]):
            return False
        return all(address not in ipaddress.ip_network(one) for one in block.get("except") or [])
    if packet.pod is None:
        return False
    pod_namespace, namespace_labels, labels = packet.pod
    if peer.get("namespaceSelector") is None:
        if pod_namespace != namespace:
            return False
    elif not selects(peer["namespaceSelector"], namespace_labels):
        return False
    return peer.get("podSelector") is None or selects(peer["podSelector"], labels)


def port_is(port: dict[str, Any], packet: Packet) -> bool:
    """Whether a port of a rule is the packet's."""
    if port.get("protocol", "TCP") != packet.protocol:
        return False
    number = port.get("port")
    if number is None:
        return True
    if isinstance(number, str):
        # Of an address nobody knows the names of ports; any number may be meant.
        return packet.pod is None or (packet.protocol, number, packet.port) in packet.named
    return bool(number <= packet.port <= port.get("endPort", number))


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a label selector selects these labels."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if key not in labels or labels[key] != value:
            return False
    for one in selector.get("matchExpressions") or []:
        key, operator = one["key"], one["operator"]
        if operator == "In" and not (key in labels and labels[key] in one["values"]):
            return False
        if operator == "NotIn" and key in labels and labels[key] in one["values"]:
            return False
        if operator == "Exists" and key not in labels:
            return False
        if operator == "DoesNotExist" and key in labels:
            return False
    return True
