"""AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.

SIG Network policy API (policy.networking.k8s.io v1alpha1 and v1alpha2); the kind of the AWS VPC CNI
(networking.k8s.aws) is made after them. A lower priority comes first; the first rule that matches
decides. They never select pods of the host's network and isolate nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.decision import Action, Client, Match, Rule, Tier
from imds_guard.reach.kinds.matching import (
    holds,
    number,
    selects_namespace,
    selects_pods,
    sequence,
)
from imds_guard.reach.selectors import matches
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.decision import OtherPolicies
    from imds_guard.reach.grants import Pod
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import Protocol

_ACTIONS: dict[str, Action] = {"Allow": "allow", "Accept": "allow", "Deny": "deny", "Pass": "pass"}


def read(policy: Policy, found: OtherPolicies) -> None:
    """Add the egress rules of one policy."""
    spec = policy.spec
    baseline = policy.address.kind == "BaselineAdminNetworkPolicy" or spec.get("tier") == "Baseline"
    tier: Tier = "baseline" if baseline else "admin"
    priority = number(spec.get("priority")) or 0
    for index, value in enumerate(sequence(spec.get("egress"))):
        rule = mapping(value)
        action = _ACTIONS.get(str(rule.get("action")))
        if action is not None:
            field = f"spec.egress[{index}]"
            order = (priority, index)
            ports = rule.get("ports") if "ports" in rule else rule.get("protocols")
            found.rules.append(
                Rule(
                    policy,
                    field,
                    tier,
                    order,
                    action,
                    _subject(mapping(spec.get("subject"))),
                    _addresses(sequence(rule.get("to")), ports),
                    _pods(sequence(rule.get("to")), ports),
                )
            )


def _subject(subject: dict[str, Any]) -> Callable[[Client], Match]:
    def selects(client: Client) -> Match:
        if "namespaces" in subject:
            return selects_namespace(subject["namespaces"], client)
        pods = mapping(subject.get("pods"))
        return min(
            selects_namespace(pods.get("namespaceSelector"), client),
            selects_pods(pods.get("podSelector"), client),
        )

    return selects


def _addresses(peers: list[Any], ports: Any) -> Callable[[Network, Protocol, int], Match]:
    def reaches(address: Network, protocol: Protocol, port: int) -> Match:
        match = max((_peer(mapping(one), address) for one in peers), default=Match.NO)
        return min(match, _port(ports, protocol, port))

    return reaches


def _peer(peer: dict[str, Any], address: Network) -> Match:
    if "networks" in peer:
        return max((holds(one, address) for one in sequence(peer["networks"])), default=Match.NO)
    # Names of the world and addresses of nodes are known only in the cluster.
    return Match.MAYBE if "domainNames" in peer or "nodes" in peer else Match.NO


def _pods(peers: list[Any], ports: Any) -> Callable[[Pod, Protocol, int], Match]:
    def reaches(pod: Pod, protocol: Protocol, port: int) -> Match:
        match = max((_selects(mapping(one), pod) for one in peers), default=Match.NO)
        return min(match, _port(ports, protocol, port))

    return reaches


def _selects(peer: dict[str, Any], pod: Pod) -> Match:
    if "namespaces" in peer:
        return Match.YES if matches(peer["namespaces"], pod.namespace_labels) else Match.NO
    if "pods" not in peer:
        return Match.NO
    pods = mapping(peer["pods"])
    both = matches(pods.get("namespaceSelector"), pod.namespace_labels) and matches(
        pods.get("podSelector"), pod.labels
    )
    return Match.YES if both else Match.NO


def _port(ports: Any, protocol: Protocol, port: int) -> Match:
    entries = sequence(ports)
    if not entries:
        return Match.YES
    return max(_entry(mapping(one), protocol, port) for one in entries)


def _entry(entry: dict[str, Any], protocol: Protocol, port: int) -> Match:
    """v1alpha1: portNumber, portRange, namedPort. v1alpha2: tcp, udp, sctp."""
    if "namedPort" in entry:
        return Match.MAYBE
    if protocol.lower() in entry:
        destination = mapping(entry[protocol.lower()]).get("destinationPort")
        if destination is None:
            return Match.YES
        return _in_range(mapping(destination), mapping(mapping(destination).get("range")), port)
    if "destinationNamedPort" in entry:
        return Match.MAYBE
    single, several = mapping(entry.get("portNumber")), mapping(entry.get("portRange"))
    written = (single or several).get("protocol")
    if not (single or several) or (written or "TCP") != protocol:
        return Match.NO
    if single:
        return Match.YES if number(single.get("port")) == port else Match.NO
    return _in_range({}, several, port)


def _in_range(single: dict[str, Any], several: dict[str, Any], port: int) -> Match:
    exact = number(single.get("number"))
    low, high = exact, exact
    if exact is None:
        low, high = number(several.get("start")), number(several.get("end"))
    if low is None or high is None:
        return Match.MAYBE
    return Match.YES if low <= port <= high else Match.NO
