"""Antrea's ClusterNetworkPolicy and NetworkPolicy (crd.antrea.io), with their tiers.

Antrea documentation, Antrea Network Policy CRDs: tiers are asked by their priority, the policies of
a tier by theirs, and the first rule that matches decides; all but the tier `baseline` come before
NetworkPolicy, and `Pass` leaves out what is still to come of those (release notes of 1.5). They
isolate nothing. Groups, names of the world and Services are known only in the cluster, and so is a
tier that is not in the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.addresses import hold_pods
from imds_guard.reach.kinds.matching import (
    SECTIONS,
    any_of,
    has_ports,
    holds,
    in_range,
    named_port,
    number,
    reaching,
    sequence,
)
from imds_guard.reach.match import Match
from imds_guard.reach.rules import BASELINE, NAMESPACE, UNKNOWN_TIER, Action, Rule
from imds_guard.reach.selectors import demanded, matches, negated
from imds_guard.resources.network_policy import IpBlock, port_number
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from imds_guard.reach.addresses import Network
    from imds_guard.reach.pod import Pod
    from imds_guard.reach.rules import Port, Rules, Selects
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import Protocol

_ACTIONS: dict[str, Action] = {"Allow": "allow", "Drop": "deny", "Reject": "deny", "Pass": "pass"}
# The static tiers with their priorities, which are all below the position of other admin tiers.
_TIERS = {
    "emergency": 50.0,
    "securityops": 100.0,
    "networkops": 150.0,
    "platform": 200.0,
    "application": 250.0,
}
_SELECTORS = ("podSelector", "namespaceSelector")


def read(policy: Policy, found: Rules) -> None:
    """Add the rules of one policy, or note a tier."""
    spec = policy.spec
    if policy.address.kind == "Tier":
        found.note_tier("antrea", policy.address.name, number(spec.get("priority")), drops=False)
        return
    tier = str(spec.get("tier") or "application").lower()
    position = BASELINE if tier == "baseline" else _TIERS.get(tier)
    if position is None:
        position = found.tiers.get(("antrea", str(spec.get("tier"))), (None, False))[0]
    priority = number(spec.get("priority")) or 0.0
    for direction, name, way in SECTIONS:
        for index, value in enumerate(sequence(spec.get(name))):
            rule = mapping(value)
            action = _ACTIONS.get(str(rule.get("action")))
            if action is None:
                continue
            selects = _applied_to(policy, rule.get("appliedTo", spec.get("appliedTo")))
            if position is None:
                selects = _unknown(selects)
            peers = _Peers(policy, rule, way)
            found.rules.append(
                Rule(
                    policy,
                    f"spec.{name}[{index}]",
                    direction,
                    UNKNOWN_TIER if position is None else position,
                    (priority, index),
                    action,
                    selects,
                    reaching(peers.has_address, peers.has_pod, peers.has_port),
                    passes_to=NAMESPACE,
                )
            )
    applied = [mapping(one) for one in sequence(spec.get("appliedTo"))]
    wanted = applied[0].get("podSelector") if len(applied) == 1 else None
    found.demands[id(policy)] = demanded(wanted)


def _unknown(selects: Selects) -> Selects:
    return lambda pod: min(selects(pod), Match.UNKNOWN)


def _applied_to(policy: Policy, value: Any) -> Selects:
    entries = [mapping(one) for one in sequence(value)]

    def selects(pod: Pod) -> Match:
        if policy.address.kind == "NetworkPolicy":
            if not pod.namespace_is_known:
                return Match.UNKNOWN
            if pod.namespace != policy.namespace:
                return Match.NO
        # Antrea refuses a policy that is applied to nothing.
        return any_of(_selects(one, pod) for one in entries) if entries else Match.UNKNOWN

    return selects


def _selects(entry: dict[str, Any], pod: Pod) -> Match:
    """By labels; what a group, an account or a Service stands for is known only in the cluster."""
    if not entry.keys() & set(_SELECTORS):
        return Match.UNKNOWN
    match = matches(entry.get("podSelector"), pod.labels)
    return min(match, matches(entry.get("namespaceSelector"), pod.namespace_labels))


class _Peers:
    """One rule: the peers that it names, and the ports. `way` is to or from."""

    def __init__(self, policy: Policy, rule: dict[str, Any], way: str) -> None:
        self.policy = policy
        self.entries = [mapping(one) for one in sequence(rule.get(way))]
        self.has_no_peers = not self.entries and not sequence(rule.get("toServices"))
        self.widest = Match.UNKNOWN if "l7Protocols" in rule else Match.YES
        self.has_services = bool(sequence(rule.get("toServices")))
        self.is_other_protocol = bool(sequence(rule.get("protocols")))  # ICMP and IGMP
        self.has_listed_port = has_ports(sequence(rule.get("ports")), _entry)

    def has_address(self, address: Network) -> Match:
        """Whether the rule is about an address that is no pod's."""
        if self.has_no_peers:
            return self.widest
        found = [_has_address(one, address) for one in self.entries]
        return min(any_of([*found, *self._services()]), self.widest)

    def has_pod(self, pod: Pod) -> Match:
        """Whether the rule is about a pod."""
        if self.has_no_peers:
            return self.widest
        found = [self._has_pod(one, pod) for one in self.entries]
        return min(any_of([*found, *self._services()]), self.widest)

    def _services(self) -> list[Match]:
        return [Match.UNKNOWN] if self.has_services else []

    def _has_pod(self, peer: dict[str, Any], pod: Pod) -> Match:
        if "ipBlock" in peer:
            versions = (4, 6) if pod.ip_version is None else (pod.ip_version,)
            return hold_pods(_block(peer["ipBlock"]), versions)
        if "namespaces" in peer or not peer.keys() & set(_SELECTORS):
            return Match.UNKNOWN  # those with the same labels; groups, names, nodes
        match = _selects(peer, pod)
        is_own = self.policy.address.kind == "NetworkPolicy" and "namespaceSelector" not in peer
        if not is_own:
            return match
        if not pod.namespace_is_known:
            return min(match, Match.UNKNOWN)
        return match if pod.namespace == self.policy.namespace else Match.NO

    def has_port(self, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        """Whether the rule has a port."""
        if self.is_other_protocol:
            return Match.NO
        return self.has_listed_port(protocol, port, receiver)


def _has_address(peer: dict[str, Any], address: Network) -> Match:
    if "ipBlock" in peer:
        block = _block(peer["ipBlock"])
        inside = any_of(holds(one, address) for one in block.excepted)
        return min(holds(block.cidr, address), negated(inside))
    return Match.UNKNOWN if {"fqdn", "group", "nodeSelector"} & peer.keys() else Match.NO


def _block(value: Any) -> IpBlock:
    block = mapping(value)
    return IpBlock(str(block.get("cidr")), tuple(map(str, sequence(block.get("except")))))


def _entry(entry: dict[str, Any], protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
    if str(entry.get("protocol", "TCP")) != protocol:
        return Match.NO
    match = Match.YES
    if (first := entry.get("port")) is not None:
        match = (
            named_port(first, protocol, port, receiver)
            if port_number(first) is None
            else in_range(port, first, entry.get("endPort"))
        )
    return min(match, Match.UNKNOWN) if "sourcePort" in entry else match
