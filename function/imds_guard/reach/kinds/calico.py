"""Calico's NetworkPolicy and GlobalNetworkPolicy, with their tiers.

Calico reference, Tier, NetworkPolicy and GlobalNetworkPolicy: tiers are asked by their order, the
policies of a tier by theirs, and the first rule that matches decides. Traffic that no rule of a
tier matches is dropped there if one of its policies selects the pod, unless the tier's
defaultAction is Pass. NetworkPolicies of Kubernetes are in the tier `default`, with the order
1,000. A policy without an order comes last. Where a tier is not in the input, nobody knows when its
policies are asked.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from imds_guard.reach.kinds.calico_selector import demanded_by, selected
from imds_guard.reach.kinds.matching import (
    any_of,
    holds,
    holds_pod,
    in_range,
    named_port,
    number,
    reaching,
    sequence,
)
from imds_guard.reach.match import Match
from imds_guard.reach.rules import (
    ADMIN,
    BASELINE,
    NAMESPACE,
    UNKNOWN_TIER,
    Action,
    Isolation,
    Rule,
)
from imds_guard.reach.selectors import negated
from imds_guard.resources.labels import Labels
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.pod import Pod
    from imds_guard.reach.rules import Port, Rules, Selects
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import PolicyType, Protocol

_ACTIONS: dict[str, Action] = {"Allow": "allow", "Deny": "deny", "Pass": "pass"}
_PROTOCOL_NUMBERS: dict[Protocol, str] = {"TCP": "6", "UDP": "17", "SCTP": "132"}
# Calico makes these itself; the other ones are objects.
_OWN_TIERS = {
    "default": (NAMESPACE, True),
    "adminnetworkpolicy": (ADMIN, False),
    "baselineadminnetworkpolicy": (BASELINE, False),
}
_SECTIONS: tuple[tuple[PolicyType, str, str], ...] = (
    ("Egress", "egress", "destination"),
    ("Ingress", "ingress", "source"),
)
_LAST = sys.float_info.max / 2  # there is room behind it
_ACCOUNT = "projectcalico.org/serviceaccount"


def read(policy: Policy, found: Rules) -> None:
    """Add the rules and isolations of one policy, or note a tier or a network set."""
    kind, spec = policy.address.kind, policy.spec
    if kind == "Tier":
        written = number(spec.get("order"))
        is_dropping = spec.get("defaultAction") != "Pass"
        place_of_tier = math.inf if written is None else written
        found.note_tier("calico", policy.address.name, place_of_tier, drops=is_dropping)
        return
    if kind in ("GlobalNetworkSet", "NetworkSet"):
        found.has_network_sets = True
        return
    if str(spec.get("doNotTrack", spec.get("preDNAT"))).lower() == "true":
        return  # for the interfaces of nodes alone
    selects = _selects(policy, spec)
    position, drops = _tier(str(spec.get("tier") or "default"), found)
    order = number(spec.get("order"))
    place = (math.inf if order is None else order, policy.address.name, policy.namespace or "")
    for direction, name, peer in _SECTIONS:
        if direction not in _types(spec):
            continue
        if position is None:
            selects = _unknown(selects)
        at = UNKNOWN_TIER if position is None else position
        for index, value in enumerate(sequence(spec.get(name))):
            rule = mapping(value)
            action = _ACTIONS.get(str(rule.get("action")))
            if action is None:
                continue  # Log
            peers = _Peers(policy, rule, peer, found.has_network_sets)
            found.rules.append(
                Rule(
                    policy,
                    f"spec.{name}[{index}]",
                    direction,
                    at,
                    (*place, index),
                    action,
                    selects,
                    reaching(peers.has_address, peers.has_pod, peers.has_port),
                )
            )
        if drops:
            found.isolations.append(Isolation(policy, direction, at, selects))
    found.demands[id(policy)] = demanded_by(str(spec.get("selector") or ""))


def _tier(name: str, found: Rules) -> tuple[float | None, bool]:
    """The position of a tier, and whether it drops. All tiers are read before all policies."""
    if not found.places:
        tiers: dict[str, tuple[float | None, bool]] = dict(_OWN_TIERS)
        tiers |= {of: tier for (engine, of), tier in found.tiers.items() if engine == "calico"}
        found.places = dict(_places(tiers))
    return found.places.get(name, (None, True))


def _places(
    tiers: dict[str, tuple[float | None, bool]],
) -> Iterator[tuple[str, tuple[float | None, bool]]]:
    """Every tier with a position of its own. Of the same order the one with the lesser name comes
    first (felix, policy_sorter.go); those without an order come last.
    """
    by_order: dict[float, list[str]] = {}
    for name, (order, drops) in sorted(tiers.items()):
        if order is None:
            yield name, (None, drops)
        else:
            by_order.setdefault(min(order, _LAST), []).append(name)
    for order, names in by_order.items():
        own = next((at for at, name in enumerate(names) if name in _OWN_TIERS), 0)
        for way, some in ((-math.inf, names[:own][::-1]), (math.inf, names[own + 1 :])):
            position = order
            for name in some:
                position = math.nextafter(position, way)
                yield name, (position, tiers[name][1])
        yield names[own], (order, tiers[names[own]][1])


def _types(spec: dict[str, Any]) -> list[Any]:
    """Where types is absent: what there are rules for, or else Ingress."""
    types = sequence(spec.get("types"))
    if types:
        return types
    return [one for one, name, _ in _SECTIONS if spec.get(name)] or ["Ingress"]


def _unknown(selects: Selects) -> Selects:
    return lambda pod: min(selects(pod), Match.UNKNOWN)


def _selects(policy: Policy, spec: dict[str, Any]) -> Selects:
    by_namespace = spec.get("namespaceSelector")

    def selects(pod: Pod) -> Match:
        if policy.address.kind == "NetworkPolicy":
            if not pod.namespace_is_known:
                return Match.UNKNOWN
            if pod.namespace != policy.namespace:
                return Match.NO
        match = selected(str(spec.get("selector") or ""), _pod_labels(pod))
        if by_namespace:
            match = min(match, selected(str(by_namespace), _namespace_labels(pod)))
        if spec.get("serviceAccountSelector"):
            match = min(match, Match.UNKNOWN)
        return match

    return selects


def _pod_labels(pod: Pod) -> Labels:
    """The pod's labels with those that Calico puts on every workload endpoint."""
    own = {"projectcalico.org/orchestrator": "k8s"}
    if pod.namespace is not None:
        own["projectcalico.org/namespace"] = pod.namespace
    of_namespace = {f"pcns.{key}": text for key, text in pod.namespace_labels.known.items()}
    return pod.labels._replace(
        known={**pod.labels.known, **of_namespace, **own},
        present=pod.labels.present | {_ACCOUNT},
    )


def _namespace_labels(pod: Pod) -> Labels:
    own = {"projectcalico.org/name": pod.namespace} if pod.namespace is not None else {}
    return pod.namespace_labels._replace(known={**pod.namespace_labels.known, **own})


class _Peers:
    """One rule: the peers that it names, and the ports. `peer` is the entity of the other end."""

    def __init__(
        self, policy: Policy, rule: dict[str, Any], peer: str, has_network_sets: bool
    ) -> None:
        self.policy = policy
        self.rule = rule
        self.entity = mapping(rule.get(peer))
        # The labels of network sets are not looked at; they may be about any address, a pod's too.
        self.by_sets = Match.UNKNOWN if has_network_sets else Match.NO
        # In a policy of a namespace a negative selector, too, means endpoints of that namespace
        # (libcalico-go, updateprocessors/rules.go).
        selectors = ["selector", "namespaceSelector"]
        if policy.address.kind == "NetworkPolicy":
            selectors.append("notSelector")
        self.is_for_endpoints = any(self.entity.get(one) for one in selectors)
        # What the other entity of the rule, an account, a Service or a request asks for.
        this_end = mapping(rule.get("source" if peer == "destination" else "destination"))
        is_narrowed = bool(set(this_end) - {"ports", "notPorts"}) or bool(
            {"http", "icmp", "notICMP"} & rule.keys()
        )
        if {"serviceAccounts", "services", "domains"} & self.entity.keys():
            is_narrowed = True
        self.widest = Match.UNKNOWN if is_narrowed else Match.YES

    def has_address(self, address: Network) -> Match:
        """Whether the rule is about an address that is no pod's."""
        version = number(self.rule.get("ipVersion"))
        if version is not None and version != address.version:
            return Match.NO
        match = self.widest
        nets, not_nets = self.entity.get("nets"), sequence(self.entity.get("notNets"))
        if nets is not None:
            match = min(match, any_of(holds(one, address) for one in sequence(nets)))
        if not_nets:
            match = min(match, negated(any_of(holds(one, address) for one in not_nets)))
        if self.is_for_endpoints or self.entity.get("notSelector"):
            # Addresses have labels by network sets alone; without, no notSelector leaves one out.
            match = min(match, self.by_sets if self.is_for_endpoints else negated(self.by_sets))
        return match

    def has_pod(self, pod: Pod) -> Match:
        """Whether the rule is about a pod."""
        match = self.widest
        version = number(self.rule.get("ipVersion"))
        if version is not None and version != pod.ip_version:
            match = Match.UNKNOWN if pod.ip_version is None else Match.NO
        nets, not_nets = self.entity.get("nets"), sequence(self.entity.get("notNets"))
        if nets is not None:
            match = min(match, any_of(holds_pod(str(one), pod) for one in sequence(nets)))
        if not_nets:
            match = min(match, negated(any_of(holds_pod(str(one), pod) for one in not_nets)))
        if self.is_for_endpoints:
            selector = str(self.entity.get("selector") or "")
            found = selected(selector, _pod_labels(pod))
            found = min(found, self._in_namespace(self.entity.get("namespaceSelector"), pod))
            match = min(match, max(found, self.by_sets))
        if left_out := self.entity.get("notSelector"):
            found = max(selected(str(left_out), _pod_labels(pod)), self.by_sets)
            match = min(match, negated(found))
        return match

    def _in_namespace(self, namespaces: Any, pod: Pod) -> Match:
        if namespaces:
            return selected(str(namespaces), _namespace_labels(pod))
        if self.policy.address.kind != "NetworkPolicy":
            return Match.YES
        if not pod.namespace_is_known:
            return Match.UNKNOWN
        return Match.YES if pod.namespace == self.policy.namespace else Match.NO

    def has_port(self, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        """Whether the rule has a protocol and a port of the receiver."""
        names = {protocol, _PROTOCOL_NUMBERS[protocol]}
        written, left_out = self.rule.get("protocol"), self.rule.get("notProtocol")
        if written is not None and str(written).upper() not in names:
            return Match.NO
        if left_out is not None and str(left_out).upper() in names:
            return Match.NO
        destination = mapping(self.rule.get("destination"))
        match = Match.YES
        if ports := sequence(destination.get("ports")):
            match = any_of(_port(one, protocol, port, receiver) for one in ports)
        if not_ports := sequence(destination.get("notPorts")):
            inside = any_of(_port(one, protocol, port, receiver) for one in not_ports)
            match = min(match, negated(inside))
        if mapping(self.rule.get("source")).keys() & {"ports", "notPorts"}:
            match = min(match, Match.UNKNOWN)  # the sender's port
        return match


def _port(entry: Any, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
    low, colon, high = str(entry).partition(":")
    if number(low) is None:
        return named_port(entry, protocol, port, receiver)
    return in_range(port, low, high if colon else None)
