"""The NetworkPolicies of a namespace that have one selector: asked once for all that they select.

Many policies may select a pod, and many pods each be selected by others. What the policies of one
selector let through does not depend on the pod, and is merged: one grant for each peer, with the
ports of all.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.reach.index import Index
from imds_guard.reach.match import Match
from imds_guard.reach.pod import Pod
from imds_guard.reach.ranges import Ranges
from imds_guard.resources.network_policy import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.grants import Grant
    from imds_guard.reach.pod import ApiServer, Peer
    from imds_guard.reach.rules import Port
    from imds_guard.resources import Key
    from imds_guard.resources.network_policy import NetworkPolicy, Protocol

Applied = tuple["Grant", Match]
_FEW = 8  # grants that are asked one by one; to merge them would take longer


class Member(NamedTuple):
    """A policy of a part: its place in the input, whether it counts, whether it stands once."""

    place: int
    policy: NetworkPolicy
    validity: Match
    is_single: bool
    grants: Sequence[Grant]

    @property
    def applies(self) -> Match:
        """Whether what it allows is allowed, where its selector selects."""
        return self.validity if self.is_single else min(self.validity, Match.MAYBE)


class Part:
    """Policies of one namespace, direction and selector that some API server takes."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members
        self.isolated = max((one.validity for one in members if one.is_single), default=Match.NO)
        self.copies: dict[Key, list[Match]] = {}  # of objects that stand more than once
        for one in members:
            if not one.is_single:
                self.copies.setdefault(one.policy.key, []).append(one.validity)
        self._isolated_by_copies: dict[Match, Match] = {}
        self.grants: list[Applied] = [
            (grant, one.applies) for one in members for grant in one.grants
        ]
        self._by_address: dict[Network | ApiServer, list[Applied]] = {}

    def egress(self) -> tuple[tuple[int, Match], ...]:
        """The rules by their identity: parts of several namespaces may share theirs."""
        return tuple(dict.fromkeys((id(one.policy.egress), one.applies) for one in self.members))

    def isolated_by_copies(self, match: Match, counts: Mapping[Key, int]) -> Match:
        """What the copies that are here isolate, where no other part selects; at least that.

        `counts` says how many copies of each object the input has.
        """
        found = self._isolated_by_copies.get(match)
        if found is None:
            found = Match.NO
            for key, valid in self.copies.items():
                own = [min(match, one) for one in valid]
                found = max(found, of_copies(own, counts[key]))
            self._isolated_by_copies[match] = found
        return found

    def allows(self, peer: Peer, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        """Whether some grant lets traffic through to (or from) the peer."""
        found = Match.NO
        if not isinstance(peer, Pod):
            for grant, applies in self._holding(peer):
                if applies > found:
                    found = max(found, min(applies, grant.has_port(protocol, port, receiver)))
            return found
        for grant, applies in self._about(peer):
            if applies > found:
                found = max(found, min(applies, grant.allows(peer, protocol, port, receiver)))
        return found

    def spans_of_pods(
        self, version: int, protocol: Protocol, port: Port, receiver: Pod | None
    ) -> Iterator[tuple[int, int]]:
        """The addresses of an IP version that ipBlocks let through for certain, pods' among them.

        A part of the addresses that pods may have is known as such; several may make all of them.
        """
        for grant, applies in self._merged:
            if applies is not Match.YES or not grant.pods_by_address:
                continue
            if grant.has_port(protocol, port, receiver) is Match.YES:
                yield from grant.addresses[version].spans

    def _holding(self, peer: Network | ApiServer) -> list[Applied]:
        """The grants whose peer is an address; it is asked for with one port after the other."""
        known = self._by_address.get(peer)
        if known is None:
            held = [one for one in self._merged if one[0].holds(peer)]
            known = self._by_address[peer] = _merged(held, lambda _: None)
        return known

    def _about(self, peer: Pod) -> list[Applied]:
        """The grants whose peer may be a pod."""
        if self._by_labels is None:
            return self._merged
        return [
            one
            for index in self._by_labels.candidates(peer.labels)
            for one in index.candidates(peer.namespace_labels)
        ]

    @cached_property
    def _merged(self) -> list[Applied]:
        return _merged(self.grants, _peer_of)

    @cached_property
    def _by_labels(self) -> Index[Index[Applied]] | None:
        """The grants by the labels of pods that their peers ask for, then by the namespaces'."""
        if len(self._merged) <= _FEW:
            return None
        by_selector: dict[str, tuple[object, list[tuple[object, Applied]]]] = {}
        for one in self._merged:
            peer = one[0].peer
            pods = peer.pod_selector if peer and peer.is_readable else None
            namespaces = peer.namespace_selector if peer and peer.is_readable else None
            alike = by_selector.setdefault(repr(pods), (pods, []))[1]
            alike.append((namespaces, one))
        return Index((selector, Index(alike)) for selector, alike in by_selector.values())


def of_copies(found: list[Match], count: int) -> Match:
    """Whether an object applies of which any copy may stand; those that are not here do not."""
    if len(found) == count and len(set(found)) == 1:
        return found[0]
    return min(max(found), Match.MAYBE)


def _peer_of(grant: Grant) -> Hashable:
    """Grants of one namespace with the same key differ in nothing but their ports."""
    peer = grant.peer
    if peer is None:
        return None
    selectors = repr(peer.namespace_selector), repr(peer.pod_selector)
    return peer.ip_block, *selectors, grant.nodes_by_address


def _merged(found: Sequence[Applied], key_of: Callable[[Grant], Hashable]) -> list[Applied]:
    """One grant for each peer, and for whether it applies, with the ports of all."""
    if len(found) <= _FEW:
        return [*found]
    alike: dict[tuple[Hashable, Match], list[Grant]] = {}
    for grant, applies in found:
        alike.setdefault((key_of(grant), applies), []).append(grant)
    return [(_union(grants), applies) for (_, applies), grants in alike.items()]


def _union(grants: Sequence[Grant]) -> Grant:
    first = grants[0]
    if len(grants) == 1:
        return first
    ports = {
        protocol: Ranges.of(span for one in grants for span in one.ports[protocol].spans)
        for protocol in PROTOCOLS
    }
    named = tuple(dict.fromkeys(port for one in grants for port in one.named))
    return first._replace(ports=ports, named=named)
