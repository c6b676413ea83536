"""Calico's NetworkPolicy and GlobalNetworkPolicy.

Tiers, orders and host endpoints decide with them, and not all of that stands in manifests. A rule
that matches therefore may decide; it is never certain to. That is enough to keep a verdict from
being called certain when it is not.
"""

from __future__ import annotations

import re
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

_ACTIONS: dict[str, Action] = {"Allow": "allow", "Deny": "deny", "Pass": "pass"}
_PROTOCOL_NUMBERS: dict[Protocol, str] = {"TCP": "6", "UDP": "17", "SCTP": "132"}
_TERM = re.compile(
    r"\s*(?:(?P<all>all\(\))|(?P<not>!)?has\((?P<has>[^()]+)\)"
    r"|(?P<key>[\w./-]+)\s*(?P<op>==|!=)\s*['\"](?P<value>[^'\"]*)['\"])\s*"
)


def read(policy: Policy, found: OtherPolicies) -> None:
    """Add the egress rules of one policy."""
    spec = policy.spec
    types = sequence(spec.get("types"))
    if types and "Egress" not in types:
        return
    order = number(spec.get("order")) or 0
    for index, value in enumerate(sequence(spec.get("egress"))):
        rule = mapping(value)
        action = _ACTIONS.get(str(rule.get("action")))
        if action is not None:
            field = f"spec.egress[{index}]"
            found.rules.append(
                Rule(
                    policy,
                    field,
                    "admin",
                    (order, index),
                    action,
                    _selects(policy, spec),
                    _addresses(rule),
                    _pods(rule),
                )
            )


def _selects(policy: Policy, spec: dict[str, Any]) -> Callable[[Client], Match]:
    def selects(client: Client) -> Match:
        if policy.address.kind == "NetworkPolicy" and client.namespace != policy.namespace:
            return Match.NO
        return min(_matches(spec.get("selector"), client), Match.MAYBE)

    return selects


def _matches(selector: Any, client: Client) -> Match:
    """A selector of plain terms joined by &&; any other one may match."""
    if not selector:
        return Match.YES
    for part in str(selector).split("&&"):
        term = _TERM.fullmatch(part)
        if term is None:
            return Match.MAYBE
        if term["all"]:
            continue
        if term["has"]:
            holds_here = (term["has"].strip() in client.labels) != bool(term["not"])
        else:
            holds_here = (client.labels.get(term["key"]) == term["value"]) == (term["op"] == "==")
        if not holds_here:
            return Match.NO
    return Match.YES


def _addresses(rule: dict[str, Any]) -> Callable[[Network, Protocol, int], Match]:
    def reaches(address: Network, protocol: Protocol, port: int) -> Match:
        destination = mapping(rule.get("destination"))
        if "nets" in destination:
            nets = sequence(destination["nets"])
            if max((holds(one, address) for one in nets), default=Match.NO) is Match.NO:
                return Match.NO
        if any(holds(one, address) is Match.YES for one in sequence(destination.get("notNets"))):
            return Match.NO
        return min(Match.MAYBE, _ports(rule, protocol, port))

    return reaches


def _pods(rule: dict[str, Any]) -> Callable[[Pod, Protocol, int], Match]:
    def reaches(pod: Pod, protocol: Protocol, port: int) -> Match:
        return min(Match.MAYBE, _ports(rule, protocol, port))

    return reaches


def _ports(rule: dict[str, Any], protocol: Protocol, port: int) -> Match:
    written = rule.get("protocol")
    names = {protocol, _PROTOCOL_NUMBERS[protocol]}
    if written is not None and str(written).upper() not in names:
        return Match.NO
    entries = sequence(mapping(rule.get("destination")).get("ports"))
    if not entries:
        return Match.YES
    for entry in entries:
        low, _, high = str(entry).partition(":")
        first, last = number(low), number(high or low)
        if first is None or last is None:
            return Match.MAYBE
        if first <= port <= last:
            return Match.YES
    return Match.NO
