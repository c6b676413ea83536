"""What one NetworkPolicy allows: per peer, the addresses or the pods, and the ports."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.reach.addresses import (
    ALL_ADDRESSES,
    NO_ADDRESSES,
    Addresses,
    address_number,
    block_addresses,
    hold_pods,
    network,
    span,
)
from imds_guard.reach.match import Match
from imds_guard.reach.pod import ApiServer, Peer, Pod
from imds_guard.reach.ranges import Ranges
from imds_guard.reach.selectors import matches
from imds_guard.resources.network_policy import LAST_PORT, PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.rules import Port
    from imds_guard.resources.network_policy import (
        NetworkPolicy,
        PolicyPeer,
        PolicyRule,
        PolicyType,
        PortRange,
        Protocol,
    )

_ALL_PORTS = Ranges(((1, LAST_PORT),))


class Engine(NamedTuple):
    """Where the engines that enforce NetworkPolicies differ, as far as a decision depends on it."""

    blocks_match_pods: bool = True
    """Whether an ipBlock that holds a pod's address allows that pod."""
    splits_of_ipv6: tuple[str, ...] = ()
    """The CIDRs that the engine makes of ::/0. An `except` that is in none of them is lost."""
    blocks_match_nodes: bool = True
    """Whether an ipBlock that holds the address of a node or of the API server allows it."""
    unmatched: tuple[str, ...] = ()
    """Addresses that no ipBlock matches: on some engines, those on the node."""
    heeds_policy_types: bool = True
    """Whether rules of a direction that policyTypes leaves out have no effect."""
    ip_versions: tuple[int, ...] = (4, 6)
    """The IP versions that pods have addresses of."""
    metadata: tuple[str, ...] = ()
    """The addresses of metadata services: none of them is a pod's."""


class Grant(NamedTuple):
    """One peer of one rule, or a rule that has no peers: what it lets through.

    `peer` is None where every peer is meant. `ports` are those with a number, per protocol;
    `named` the ones that only a pod's containers can tell.
    """

    policy: NetworkPolicy
    rule: PolicyRule
    peer: PolicyPeer | None
    addresses: Addresses
    pods_by_address: Match  # whether the addresses hold those of pods
    nodes_by_address: bool  # whether they may be those of nodes and of the API server
    ports: Mapping[Protocol, Ranges]
    named: tuple[PortRange, ...]

    @property
    def field(self) -> str:
        """The field path of what grants: the IP block, the peer or the rule."""
        if self.peer is None:
            return self.rule.field
        return f"{self.peer.field}.ipBlock" if self.peer.ip_block else self.peer.field

    def allows(self, peer: Peer, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        """Whether it lets traffic through to (or from) the peer.

        `receiver` is the pod whose port is meant, None where it is no pod's. A port that is a text
        is the name of a container's port that no container explains.
        """
        match = self.selects(peer) if isinstance(peer, Pod) else self.holds(peer)
        return match and min(match, self.has_port(protocol, port, receiver))

    def holds(self, peer: Network | ApiServer) -> Match:
        """Whether its peer is an address that is no pod's, on whatever port."""
        if isinstance(peer, ApiServer):
            if not self.nodes_by_address:
                return Match.NO
            peer = peer.address
        inside = address_number(peer) in self.addresses[peer.version]
        return Match.YES if inside else Match.NO

    def selects(self, pod: Pod) -> Match:
        """Whether its peer is the pod, on whatever port."""
        peer = self.peer
        if peer is None:
            return Match.YES
        if peer.ip_block is not None:
            is_other = pod.ip_version is not None and not self.addresses[pod.ip_version]
            return Match.NO if is_other else self.pods_by_address
        if not peer.is_readable:
            return Match.MAYBE  # nothing that the API knows: the widest that it may mean
        if peer.namespace_selector is not None:
            of_namespace = matches(peer.namespace_selector, pod.namespace_labels)
        elif not pod.namespace_is_known:
            of_namespace = Match.UNKNOWN
        else:
            is_here = pod.namespace == self.policy.namespace
            of_namespace = Match.YES if is_here else Match.NO
        return of_namespace and min(of_namespace, matches(peer.pod_selector, pod.labels))

    def has_port(self, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        """Whether its ports hold one; a named port means a number that only a pod's container says.

        A named port has no number at an address that is no pod's; it may be this one.
        """
        ports = self.ports[protocol]
        if (port in ports) if isinstance(port, int) else (ports == _ALL_PORTS):
            return Match.YES
        known = receiver.named_ports if receiver is not None else None
        found = Match.NO
        for one in self.named:
            if one.protocol != protocol or one.name is None:
                continue
            if port == one.name:
                return Match.YES
            if receiver is None:
                found = max(found, Match.MAYBE)
            elif known is None:
                found = max(found, Match.UNKNOWN)
            elif known.get((protocol, one.name)) == port:
                return Match.YES
        return found


def grants_of(policy: NetworkPolicy, direction: PolicyType, engine: Engine) -> list[Grant]:
    """Everything that the policy's rules of one direction let through."""
    rules = policy.egress if direction == "Egress" else policy.ingress
    return [grant for rule in rules for grant in _grants(policy, rule, engine)]


def _grants(policy: NetworkPolicy, rule: PolicyRule, engine: Engine) -> list[Grant]:
    ports, named = _ports(rule.ports)
    if not rule.peers:
        return [Grant(policy, rule, None, ALL_ADDRESSES, Match.YES, True, ports, named)]
    found = []
    for peer in rule.peers:
        addresses, pods = _addresses(peer, engine)
        nodes = engine.blocks_match_nodes
        found.append(Grant(policy, rule, peer, addresses, pods, nodes, ports, named))
    return found


@lru_cache(maxsize=4096)
def _ports(
    ports: tuple[PortRange, ...],
) -> tuple[Mapping[Protocol, Ranges], tuple[PortRange, ...]]:
    if not ports:
        return dict.fromkeys(PROTOCOLS, _ALL_PORTS), ()
    spans = {
        protocol: Ranges.of(
            (one.first, one.last) for one in ports if one.protocol == protocol and one.name is None
        )
        for protocol in PROTOCOLS
    }
    return spans, tuple(one for one in ports if one.name is not None)


def _addresses(peer: PolicyPeer, engine: Engine) -> tuple[Addresses, Match]:
    """The addresses of a peer, and whether pods have some of them."""
    if peer.ip_block is not None:
        addresses = block_addresses(peer.ip_block, engine.splits_of_ipv6)
        for text in engine.unmatched:
            one = network(text)
            left = addresses[one.version] - Ranges((span(one),))
            addresses = {**addresses, one.version: left}
        pods = Match.NO
        if engine.blocks_match_pods:
            pods = hold_pods(peer.ip_block, engine.ip_versions, engine.metadata)
        return addresses, pods
    # A selector means pods, and no pod has an address of the metadata service.
    return (NO_ADDRESSES if peer.is_readable else ALL_ADDRESSES), Match.NO
