"""AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.

SIG Network policy API (policy.networking.k8s.io v1alpha1, v1alpha2, v1beta1); the kind of the AWS
VPC CNI (networking.k8s.aws) is made after them. A lower priority comes first; the first rule that
matches decides; which of two policies of one priority does is not defined. They isolate nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.kinds.matching import (
    SECTIONS,
    any_of,
    has_ports,
    holds,
    holds_pod,
    in_range,
    named_port,
    number,
    reaching,
    selects,
    sequence,
)
from imds_guard.reach.match import Match
from imds_guard.reach.rules import ADMIN, BASELINE, Action, Rule
from imds_guard.reach.selectors import demanded, matches
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from imds_guard.reach.addresses import Network
    from imds_guard.reach.pod import Pod
    from imds_guard.reach.rules import Port, Rules, Selects
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import Protocol

_ACTIONS: dict[str, Action] = {"Allow": "allow", "Accept": "allow", "Deny": "deny", "Pass": "pass"}


def read(policy: Policy, found: Rules) -> None:
    """Add the rules of one policy."""
    spec = policy.spec
    kind = policy.address.kind
    is_baseline = kind == "BaselineAdminNetworkPolicy" or spec.get("tier") == "Baseline"
    priority = number(spec.get("priority")) or 0.0
    subject = mapping(spec.get("subject"))
    for direction, name, peers in SECTIONS:
        for index, value in enumerate(sequence(spec.get(name))):
            rule = mapping(value)
            action = _ACTIONS.get(str(rule.get("action")))
            if action is None:
                continue
            ports = rule.get("ports") if "ports" in rule else rule.get("protocols")
            entries = [mapping(one) for one in sequence(rule.get(peers))]
            found.rules.append(
                Rule(
                    policy,
                    f"spec.{name}[{index}]",
                    direction,
                    BASELINE if is_baseline else ADMIN,
                    (priority, index),
                    action,
                    _subject(subject),
                    reaching(
                        lambda address, entries=entries: any_of(  # type: ignore[misc]
                            _has_address(one, address) for one in entries
                        ),
                        lambda pod, entries=entries: any_of(  # type: ignore[misc]
                            _has_pod(one, pod) for one in entries
                        ),
                        has_ports(sequence(ports), _entry),
                    ),
                    may_skip_selected=is_baseline,
                )
            )
    pods = mapping(subject.get("pods"))
    found.demands[id(policy)] = demanded(pods.get("podSelector"))


def _subject(subject: dict[str, Any]) -> Selects:
    def selected(pod: Pod) -> Match:
        if "namespaces" in subject:
            return matches(subject["namespaces"], pod.namespace_labels)
        pods = mapping(subject.get("pods"))
        return selects(pods.get("namespaceSelector"), pods.get("podSelector"), pod)

    return selected


def _has_address(peer: dict[str, Any], address: Network) -> Match:
    if "networks" in peer:
        return any_of(holds(one, address) for one in sequence(peer["networks"]))
    # Names of the world and addresses of nodes are known only in the cluster.
    return Match.UNKNOWN if "domainNames" in peer or "nodes" in peer else Match.NO


def _has_pod(peer: dict[str, Any], pod: Pod) -> Match:
    if "namespaces" in peer:
        return matches(peer["namespaces"], pod.namespace_labels)
    if "pods" in peer:
        pods = mapping(peer["pods"])
        return selects(pods.get("namespaceSelector"), pods.get("podSelector"), pod)
    # Traffic inside of the cluster is checked against networks as well (the API's reference).
    return any_of(holds_pod(str(one), pod) for one in sequence(peer.get("networks")))


def _entry(entry: dict[str, Any], protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
    """v1alpha1: portNumber, portRange, namedPort. Later: tcp, udp, sctp, destinationNamedPort."""
    name = entry.get("namedPort", entry.get("destinationNamedPort"))
    if name is not None:
        return named_port(name, protocol, port, receiver)
    if protocol.lower() in entry:
        destination = mapping(mapping(entry[protocol.lower()]).get("destinationPort"))
        if not destination:
            return Match.YES
        several = mapping(destination.get("range"))
        if "number" in destination:
            return in_range(port, destination["number"])
        return in_range(port, several.get("start"), several.get("end"))
    single, several = mapping(entry.get("portNumber")), mapping(entry.get("portRange"))
    written = single or several
    if not written or (written.get("protocol") or "TCP") != protocol:
        return Match.NO
    if single:
        return in_range(port, single.get("port"))
    return in_range(port, several.get("start"), several.get("end"))
