"""Drawing Antrea's policies and tiers."""

from __future__ import annotations

from typing import Any

from tests.support.worlds.parts import (
    Draw,
    Ports,
    block,
    manifest,
    name,
    namespace,
    namespace_selector,
    pod_selector,
    port_list,
    subject,
)

_API = "crd.antrea.io/v1beta1"
TIERS = ("ours", "theirs")
_PRIORITIES = {"ours": 20, "theirs": 220}
_ACTIONS = ("Allow", "Drop", "Reject", "Pass")


def tier(draw: Draw) -> dict[str, Any]:
    """A tier. Antrea refuses one that has the priority of another."""
    which = draw.one(TIERS)
    return manifest(_API, "Tier", which, None, {"priority": _PRIORITIES[which]})


def _applied(draw: Draw, *, is_wide: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if is_wide and draw.once_in(2):
        found["namespaceSelector"] = namespace_selector(draw)
    if not found or draw.once_in(2):
        found["podSelector"] = subject(draw)
    return found


def _peer(draw: Draw) -> dict[str, Any]:
    which = draw.one(range(4))
    if which == 0:
        return {"ipBlock": block(draw)}
    found = {"podSelector": pod_selector(draw)} if which != 1 else {}
    if which != 2:
        found["namespaceSelector"] = namespace_selector(draw)
    return found


def _port(one: Ports) -> dict[str, Any]:
    found: dict[str, Any] = {"protocol": one.protocol}
    if one == Ports("TCP", 1, 65535):
        return found
    found["port"] = one.first
    return found | ({"endPort": one.last} if one.last else {})


def _rule(
    draw: Draw, way: str, *, is_wide: bool, by_rule: bool, is_baseline: bool
) -> dict[str, Any]:
    rule: dict[str, Any] = {"action": draw.one(_ACTIONS[: 3 if is_baseline else 4])}
    if not draw.once_in(4):
        rule[way] = [_peer(draw) for _ in draw.at_most(2, 1)]
    ports = port_list(draw)
    if ports:
        rule["ports"] = [_port(one) for one in ports]
    if by_rule:
        rule["appliedTo"] = [_applied(draw, is_wide=is_wide)]
    return rule


def policy(draw: Draw) -> dict[str, Any]:
    """A policy of a namespace or of the cluster, applied as a whole or rule by rule."""
    is_wide = draw.once_in(2)
    tier = draw.one((None, "emergency", "Platform", "application", "baseline", *TIERS))
    by_rule = draw.once_in(4)
    spec: dict[str, Any] = {"priority": draw.one((1, 5, 5, 7.5, 10))}
    if tier is not None:
        spec["tier"] = tier
    if not by_rule:
        spec["appliedTo"] = [_applied(draw, is_wide=is_wide) for _ in draw.at_most(2, 1)]
    for name_of_rules, way in (("egress", "to"), ("ingress", "from")):
        spec[name_of_rules] = [
            _rule(draw, way, is_wide=is_wide, by_rule=by_rule, is_baseline=tier == "baseline")
            for _ in draw.at_most(2)
        ]
    kind = "ClusterNetworkPolicy" if is_wide else "NetworkPolicy"
    where = None if is_wide else namespace(draw)
    return manifest(_API, kind, name(draw), where, spec)
