"""Antrea's ClusterNetworkPolicy and NetworkPolicy (crd.antrea.io).

Which tiers there are and what groups hold is known only in the cluster, so a rule that matches may
decide, and is never certain to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.decision import Action, Client, Match, Rule
from imds_guard.reach.kinds.matching import holds, number, sequence
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.decision import OtherPolicies
    from imds_guard.reach.grants import Pod
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import Protocol

_ACTIONS: dict[str, Action] = {"Allow": "allow", "Drop": "deny", "Reject": "deny", "Pass": "pass"}


def read(policy: Policy, found: OtherPolicies) -> None:
    """Add the egress rules of one policy."""
    spec = policy.spec
    for index, value in enumerate(sequence(spec.get("egress"))):
        rule = mapping(value)
        action = _ACTIONS.get(str(rule.get("action")))
        if action is not None:
            field = f"spec.egress[{index}]"
            order = (number(spec.get("priority")) or 0, index)
            reaches, to_pod = _addresses(rule), _pods(rule)
            found.rules.append(
                Rule(policy, field, "admin", order, action, _selects(policy), reaches, to_pod)
            )


def _selects(policy: Policy) -> Callable[[Client], Match]:
    def selects(client: Client) -> Match:
        elsewhere = policy.address.kind == "NetworkPolicy" and client.namespace != policy.namespace
        return Match.NO if elsewhere else Match.MAYBE

    return selects


def _addresses(rule: dict[str, Any]) -> Callable[[Network, Protocol, int], Match]:
    def reaches(address: Network, protocol: Protocol, port: int) -> Match:
        peers = [mapping(one) for one in sequence(rule.get("to"))]
        match = max((_peer(one, address) for one in peers), default=Match.MAYBE)
        return min(match, _ports(rule, protocol, port), Match.MAYBE)

    return reaches


def _peer(peer: dict[str, Any], address: Network) -> Match:
    if "ipBlock" in peer:
        return holds(mapping(peer["ipBlock"]).get("cidr"), address)
    return Match.MAYBE if {"fqdn", "group", "nodeSelector"} & peer.keys() else Match.NO


def _pods(rule: dict[str, Any]) -> Callable[[Pod, Protocol, int], Match]:
    def reaches(pod: Pod, protocol: Protocol, port: int) -> Match:
        return min(Match.MAYBE, _ports(rule, protocol, port))

    return reaches


def _ports(rule: dict[str, Any], protocol: Protocol, port: int) -> Match:
    entries = [mapping(one) for one in sequence(rule.get("ports"))]
    if not entries:
        return Match.YES
    found = Match.NO
    for entry in entries:
        if str(entry.get("protocol", "TCP")) != protocol:
            continue
        first = number(entry.get("port")) if "port" in entry else 1
        last = number(entry.get("endPort")) or (first if "port" in entry else 65535)
        if first is None or last is None:
            found = max(found, Match.MAYBE)
        elif first <= port <= last:
            return Match.YES
    return found
