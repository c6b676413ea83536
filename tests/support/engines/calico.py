"""Calico's policies for one packet, with those of Kubernetes and SIG Network in its tiers.

Calico reference, Tier, NetworkPolicy and GlobalNetworkPolicy: tiers by their order, the policies of
a tier that select the pod by theirs, those without an order last, of the same order by their names;
the first rule about the packet decides, `Log` goes on, `Pass` leaves it to the next tier. What a
tier's policies leave undecided is dropped there, unless its defaultAction is Pass. The policies of
Kubernetes have the order 1,000 in the tier `default`, and those of SIG Network tiers of their own.
What no tier holds back gets through (the profile of a namespace allows it).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from tests.support.engines import kubernetes, sig_network
from tests.support.engines.calico_selectors import holds
from tests.support.engines.parts import (
    Endpoint,
    Freedom,
    Manifest,
    Packet,
    in_cidr,
    in_ports,
    is_named,
    of_kind,
)

Action = Literal["allow", "deny", "pass"]
_ACTIONS: dict[str, Action] = {"Allow": "allow", "Deny": "deny", "Pass": "pass"}
GROUP = "projectcalico.org"
_ADMIN, _DEFAULT, _BASELINE = "adminnetworkpolicy", "default", "baselineadminnetworkpolicy"


def passes(manifests: list[Manifest], packet: Packet, freedom: Freedom) -> bool:
    """Whether the packet gets through."""
    for tier, drops in _tiers(manifests, freedom):
        said = _in_tier(tier, drops, manifests, packet, freedom)
        if said in ("allow", "deny"):
            return said == "allow"
    return True


def _tiers(manifests: list[Manifest], freedom: Freedom) -> list[tuple[str, bool]]:
    """The tiers in their order, of the same order by name, and whether each drops."""
    orders = {_ADMIN: 1_000.0, _DEFAULT: 1_000_000.0, _BASELINE: 10_000_000.0, **freedom.tiers}
    drops = {_ADMIN: False, _BASELINE: False, **dict.fromkeys(freedom.tiers, freedom.tiers_drop)}
    for tier in of_kind(manifests, GROUP, "Tier"):
        name, spec = tier["metadata"]["name"], tier["spec"]
        orders[name] = math.inf if spec.get("order") is None else spec["order"]
        drops[name] = spec.get("defaultAction", "Deny") == "Deny"
    ordered = sorted(orders, key=lambda name: (orders[name], name))
    return [(name, drops.get(name, True)) for name in ordered]


def _in_tier(
    tier: str, drops: bool, manifests: list[Manifest], packet: Packet, freedom: Freedom
) -> Action | None:
    if tier == _ADMIN:
        return sig_network.first_match(manifests, "Admin", packet, freedom)
    if tier == _BASELINE:
        return sig_network.first_match(manifests, "Baseline", packet, freedom)
    selecting = [
        one
        for one in of_kind(manifests, GROUP, "GlobalNetworkPolicy", "NetworkPolicy")
        if (one["spec"].get("tier") or "default") == tier
        and packet.direction in _types(one["spec"])
        and _selects(one, packet.own)
    ]
    of_kubernetes = kubernetes.decide(manifests, packet, freedom) if tier == _DEFAULT else "free"
    if not selecting and of_kubernetes == "free":
        return None
    for policy in _in_order(selecting, of_kubernetes != "free", freedom):
        if policy is None:
            if of_kubernetes == "allowed":
                return "allow"
            continue
        for rule in policy["spec"].get(packet.direction.lower()) or []:
            if rule["action"] in _ACTIONS and _is_about(rule, policy, packet, freedom, manifests):
                return _ACTIONS[rule["action"]]
    return "deny" if drops else "pass"


def _in_order(
    policies: list[Manifest], has_kubernetes: bool, freedom: Freedom
) -> Iterator[Manifest | None]:
    """The policies in their order; None is where those of Kubernetes are.

    Versions differ in what is the name of a namespaced policy, so that of the same order either of
    a global and a namespaced one, or one of Kubernetes, may come first.
    """
    listed: list[Manifest | None] = [*policies, *([None] if has_kubernetes else [])]

    def place(policy: Manifest | None) -> tuple[float, bool, str]:
        if policy is None:
            return 1_000.0, not freedom.ties_reversed, ""
        order = policy["spec"].get("order")
        is_late = (policy["kind"] == "NetworkPolicy") != freedom.ties_reversed
        at = math.inf if order is None else order
        return at, is_late, policy["metadata"]["name"]

    yield from sorted(listed, key=place)


def _types(spec: Manifest) -> list[str]:
    """Where types is absent: what there are rules for, or else Ingress."""
    found = [one for one in ("Ingress", "Egress") if spec.get(one.lower())]
    return spec.get("types") or found or ["Ingress"]


def _selects(policy: Manifest, pod: Endpoint) -> bool:
    spec = policy["spec"]
    if policy["kind"] == "NetworkPolicy":
        if policy["metadata"]["namespace"] != pod.namespace:
            return False
    elif spec.get("namespaceSelector") and not _in_namespaces(spec["namespaceSelector"], pod):
        return False
    return _has_labels(spec.get("selector") or "all()", pod)


def _has_labels(selector: str, pod: Endpoint) -> bool:
    return holds(selector, {**pod.labels, "projectcalico.org/namespace": pod.namespace})


def _in_namespaces(selector: str, pod: Endpoint) -> bool:
    return holds(selector, {**pod.namespace_labels, "projectcalico.org/name": pod.namespace})


def _is_about(
    rule: Manifest,
    policy: Manifest,
    packet: Packet,
    freedom: Freedom,
    manifests: list[Manifest],
) -> bool:
    protocol, not_protocol = rule.get("protocol"), rule.get("notProtocol")
    numbers = {"TCP": 6, "UDP": 17, "SCTP": 132}
    mine = (packet.protocol, numbers[packet.protocol])
    if protocol is not None and protocol not in mine:
        return False
    if not_protocol is not None and not_protocol in mine:
        return False
    version = 6 if ":" in packet.peer_address else 4
    if rule.get("ipVersion", version) != version:
        return False
    destination = rule.get("destination") or {}
    ports, not_ports = destination.get("ports"), destination.get("notPorts")
    if ports and not any(_is_port(one, packet, freedom) for one in ports):
        return False
    if not_ports and any(_is_port(one, packet, freedom) for one in not_ports):
        return False
    entity = destination if packet.direction == "Egress" else rule.get("source") or {}
    return _is_entity(entity, policy, packet, manifests)


def _is_entity(
    entity: Manifest, policy: Manifest, packet: Packet, manifests: list[Manifest]
) -> bool:
    """Whether the other end is what a rule names.

    libcalico-go, updateprocessors/rules.go: as soon as a namespaced policy uses any selector of
    endpoints, the negative one too, it is about those of its namespace. Felix asks the negative one
    of addresses, so that an address that is no endpoint's is never among those left out.
    """
    address, other = packet.peer_address, packet.peer
    if "nets" in entity and not any(in_cidr(address, one) for one in entity["nets"]):
        return False
    if any(in_cidr(address, one) for one in entity.get("notNets") or []):
        return False
    selector, negative = entity.get("selector"), entity.get("notSelector")
    namespaces = entity.get("namespaceSelector")
    is_namespaced = policy["kind"] == "NetworkPolicy"
    needs_endpoint = selector or namespaces or (negative and is_namespaced)
    if negative and _in_set(negative, manifests, packet):
        return False
    is_anywhere = needs_endpoint and not namespaces and not is_namespaced
    if is_anywhere and _in_set(selector or "all()", manifests, packet):
        return True
    if isinstance(other, str):
        return not needs_endpoint
    if negative and _has_labels(negative, other):
        return False
    if selector and not _has_labels(selector, other):
        return False
    if namespaces:
        return _in_namespaces(namespaces, other)
    if needs_endpoint and is_namespaced:
        return bool(other.namespace == policy["metadata"]["namespace"])
    return True


def _in_set(selector: str, manifests: list[Manifest], packet: Packet) -> bool:
    """Whether a network set with these labels has the other end's address.

    Calico reference, GlobalNetworkSet: a selector of endpoints selects the networks of sets too.
    """
    return any(
        holds(selector, one["metadata"].get("labels") or {})
        and any(in_cidr(packet.peer_address, net) for net in one["spec"]["nets"])
        for one in of_kind(manifests, GROUP, "GlobalNetworkSet")
    )


def _is_port(entry: int | str, packet: Packet, freedom: Freedom) -> bool:
    if isinstance(entry, int):
        return in_ports(packet, entry)
    first, colon, last = entry.partition(":")
    if colon:
        return in_ports(packet, int(first), int(last))
    return is_named(entry, packet, freedom)
