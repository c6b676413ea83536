"""What the readers of policies share: values of any shape, and matching with three answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.addresses import hold_pods, network
from imds_guard.reach.match import Match
from imds_guard.reach.pod import ApiServer, Peer, Pod
from imds_guard.reach.selectors import matches
from imds_guard.resources.network_policy import IpBlock, port_number
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.rules import Port, Reaches
    from imds_guard.resources.network_policy import PolicyType, Protocol

SECTIONS: tuple[tuple[PolicyType, str, str], ...] = (
    ("Egress", "egress", "to"),
    ("Ingress", "ingress", "from"),
)
"""The directions of a policy: the field with its rules, and the field with a rule's peers."""


def sequence(value: Any) -> list[Any]:
    """A list, empty for anything else."""
    return value if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """A number, however it is written; None for anything else."""
    whole = port_number(value)
    if whole is not None:
        return float(whole)
    try:
        return float(str(value))
    except ValueError:
        return None


def any_of(answers: Iterable[Match]) -> Match:
    """Whether one of several conditions holds."""
    return max(answers, default=Match.NO)


def holds(cidr: Any, address: Network) -> Match:
    """Whether a CIDR holds an address; a CIDR that cannot be read may."""
    try:
        outer = network(str(cidr), strict=False)
    except ValueError:
        return Match.UNKNOWN
    inside = outer.version == address.version and outer.overlaps(address)
    return Match.YES if inside else Match.NO


def holds_pod(cidr: str, pod: Pod) -> Match:
    """Whether a CIDR holds the address of a pod."""
    versions = (4, 6) if pod.ip_version is None else (pod.ip_version,)
    return hold_pods(IpBlock(cidr, ()), versions)


def in_range(port: Port, first: Any, last: Any = None) -> Match:
    """Whether a port is in a range whose ends can be read; `last` may be left out.

    A port by a name that no container explains may be any.
    """
    low = port_number(first)
    high = low if last is None else port_number(last)
    if low is None or high is None or isinstance(port, str):
        return Match.UNKNOWN
    return Match.YES if low <= port <= high else Match.NO


def named_port(name: Any, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
    """Whether a container's port with this name is the one that is asked for."""
    if port == str(name):
        return Match.YES
    if receiver is None or receiver.named_ports is None:
        return Match.UNKNOWN
    is_this = receiver.named_ports.get((protocol, str(name))) == port
    return Match.YES if is_this else Match.NO


def selects(namespaces: Any, pods: Any, pod: Pod) -> Match:
    """Whether label selectors of namespaces and of pods both select a pod."""
    return min(matches(namespaces, pod.namespace_labels), matches(pods, pod.labels))


def reaching(
    to_address: Callable[[Network], Match],
    to_pod: Callable[[Pod], Match],
    has_port: Callable[[Protocol, Port, Pod | None], Match],
    to_api_server: Callable[[ApiServer], Match] | None = None,
) -> Reaches:
    """Whether a rule is about a peer and a port, of what it says of either.

    Without `to_api_server` the API server is an address like any other.
    """

    def reaches(peer: Peer, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        if isinstance(peer, Pod):
            match = to_pod(peer)
        elif isinstance(peer, ApiServer):
            match = to_api_server(peer) if to_api_server else to_address(peer.address)
        else:
            match = to_address(peer)
        return match and min(match, has_port(protocol, port, receiver))

    return reaches


def has_ports(
    entries: list[Any], entry_has: Callable[[dict[str, Any], Protocol, Port, Pod | None], Match]
) -> Callable[[Protocol, Port, Pod | None], Match]:
    """Whether a list of ports has one: by any of its entries, or because it has none."""

    def has_port(protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        if not entries:
            return Match.YES
        return any_of(entry_has(mapping(one), protocol, port, receiver) for one in entries)

    return has_port
