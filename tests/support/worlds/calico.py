"""Drawing Calico's policies and tiers."""

from __future__ import annotations

from typing import Any

from tests.support.engines.calico_selectors import OF_NAMESPACES, OF_PODS
from tests.support.worlds.parts import (
    Draw,
    Ports,
    cidrs,
    manifest,
    name,
    namespace,
    ports,
)

_API = "projectcalico.org/v3"
_OF_PODS, _OF_NAMESPACES = sorted(OF_PODS), sorted(OF_NAMESPACES)
_SECTIONS = (("Egress", "egress", "destination"), ("Ingress", "ingress", "source"))
_ORDERS = (None, None, 10, 1000, 1000, 2000)
TIERS = ("early", "late")


def tier(draw: Draw) -> dict[str, Any]:
    """A tier: before, between, after Calico's own ones, or in the same place as one of them."""
    orders = (None, 0, 100, 1000, 500_000, 1_000_000, 2_000_000, 10_000_000)
    order = draw.one(orders)
    spec: dict[str, Any] = {} if order is None else {"order": order}
    if draw.once_in(2):
        spec["defaultAction"] = draw.one(("Pass", "Deny"))
    return manifest(_API, "Tier", draw.one(TIERS), None, spec)


def network_set(draw: Draw) -> dict[str, Any]:
    """Networks with labels."""
    found = manifest(_API, "GlobalNetworkSet", name(draw), None, {"nets": cidrs(draw)})
    found["metadata"]["labels"] = draw.one(({}, {"app": "a"}, {"app": "b", "tier": "a"}))
    return found


def _port(one: Ports) -> int | str:
    return one.first if one.last is None else f"{one.first}:{one.last}"


def _entity(draw: Draw) -> dict[str, Any]:
    which = draw.one(range(7))
    found: dict[str, Any] = {}
    if which in (1, 2):
        found["nets"] = cidrs(draw)
    if which in (2, 3):
        found["notNets"] = cidrs(draw, 1)
    if which in (4, 5):
        found["selector"] = draw.one(_OF_PODS)
    if which in (5, 6) and draw.once_in(2):
        found["namespaceSelector"] = draw.one(_OF_NAMESPACES)
    if which in (4, 6) and draw.once_in(2):
        found["notSelector"] = draw.one(_OF_PODS)
    return found


def _rule(draw: Draw, peer: str) -> dict[str, Any]:
    actions = ("Allow", "Allow", "Deny", "Deny", "Pass", "Log")
    rule: dict[str, Any] = {"action": draw.one(actions)}
    entity = _entity(draw)
    if entity:
        rule[peer] = entity
    which = draw.one(range(6))
    protocol = draw.one(("TCP", "UDP", "SCTP", 6, 17))
    if which == 1:
        rule["notProtocol"] = protocol
    elif which >= 2:
        rule["protocol"] = protocol
    if which >= 3:
        key = "ports" if which < 5 else "notPorts"
        destination = rule.setdefault("destination", {})
        destination[key] = [_port(one) for one in ports(draw)]
    if draw.once_in(6):
        rule["ipVersion"] = draw.one((4, 6))
    return rule


def policy(draw: Draw) -> dict[str, Any]:
    """A policy of a namespace or of the cluster."""
    is_wide = draw.once_in(2)
    spec: dict[str, Any] = {}
    order = draw.one(_ORDERS)
    if order is not None:
        spec["order"] = order
    if draw.once_in(3):
        spec["tier"] = draw.one((*TIERS, "default"))
    if draw.once_in(2):
        spec["selector"] = draw.one(_OF_PODS)
    if is_wide and draw.once_in(4):
        spec["namespaceSelector"] = draw.one(_OF_NAMESPACES)
    if draw.once_in(2):
        spec["types"] = draw.one((["Egress"], ["Ingress"], ["Ingress", "Egress"]))
    for direction, rules, peer in _SECTIONS:
        if direction in spec.get("types", (direction,)) and draw.one(range(3)):
            spec[rules] = [_rule(draw, peer) for _ in draw.at_most(2)]
    if is_wide:
        return manifest(_API, "GlobalNetworkPolicy", name(draw), None, spec)
    return manifest(_API, "NetworkPolicy", name(draw), namespace(draw), spec)
