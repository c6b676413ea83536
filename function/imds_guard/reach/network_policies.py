"""What NetworkPolicies let pods reach: the union of every policy that selects them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.reach.addresses import cover_pods
from imds_guard.reach.grants import Engine, Grant, grants_of
from imds_guard.reach.match import Match
from imds_guard.reach.pod import Pod
from imds_guard.reach.ranges import Ranges
from imds_guard.reach.selectors import matches
from imds_guard.reach.validity import Clean, Fault, network_policy_faults, validity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.pod import ApiServer, Peer
    from imds_guard.reach.rules import Port
    from imds_guard.resources import Key
    from imds_guard.resources.labels import Labels
    from imds_guard.resources.network_policy import NetworkPolicy, PolicyType, Protocol

Selected = tuple["NetworkPolicy", Match]
_Applied = tuple[Grant, Match]
_ReachKey = tuple["PolicyType", Match, tuple[tuple[int, Match], ...]]


class Reach:
    """One direction of the traffic of pods: whether they are isolated, and what is let through.

    Without isolation everything is let through, and no grant is needed. Policies and grants come
    with whether they apply to these pods.
    """

    __slots__ = ("_by_address", "grants", "isolated", "metadata", "selecting")

    def __init__(
        self,
        isolated: Match,
        selecting: tuple[Selected, ...],
        grants: tuple[_Applied, ...],
        metadata: tuple[str, ...] = (),  # addresses of metadata services
    ) -> None:
        self.isolated = isolated
        self.selecting = selecting
        self.grants = grants
        self.metadata = metadata
        self._by_address: dict[Network | ApiServer, list[_Applied]] = {}

    @property
    def policies(self) -> tuple[NetworkPolicy, ...]:
        """The policies that select the pods, or may."""
        return tuple(policy for policy, _ in self.selecting)

    def allows(self, peer: Peer, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        """Whether some grant lets traffic through to (or from) the peer."""
        found = Match.NO
        if not isinstance(peer, Pod):
            for grant, applies in self._holding(peer):
                if applies > found:
                    found = max(found, min(applies, grant.has_port(protocol, port, receiver)))
            return found
        for grant, applies in self.grants:
            if applies > found:
                found = max(found, min(applies, grant.allows(peer, protocol, port, receiver)))
        if found is Match.UNKNOWN:
            # A part of the addresses that pods may have; several rules may make it all of them.
            versions = (4, 6) if peer.ip_version is None else (peer.ip_version,)
            found = max(found, self._cover_pods(versions, protocol, port, receiver))
        return found

    def _holding(self, address: Network | ApiServer) -> list[_Applied]:
        """The grants whose peer is an address; it is asked for with one port after the other."""
        known = self._by_address.get(address)
        if known is None:
            known = [one for one in self.grants if one[0].holds(address)]
            self._by_address[address] = known
        return known

    def _cover_pods(
        self, versions: tuple[int, ...], protocol: Protocol, port: Port, receiver: Pod | None
    ) -> Match:
        """Whether all ipBlocks together hold every address that a pod may have."""
        blocks = [
            grant
            for grant, applies in self.grants
            if applies is Match.YES
            and grant.pods_by_address
            and grant.has_port(protocol, port, receiver) is Match.YES
        ]
        for version in versions:
            spans = [span for grant in blocks for span in grant.addresses[version].spans]
            if spans and cover_pods(version, Ranges.of(spans), self.metadata) is Match.YES:
                return Match.YES
        return Match.NO

    def addresses(self, version: int, protocol: Protocol, port: int) -> Ranges:
        """All addresses of an IP version that may get through on this port, as one set."""
        spans = [
            span
            for grant, _ in self.grants
            if grant.has_port(protocol, port, None)
            for span in grant.addresses[version].spans
        ]
        return Ranges.of(spans)


class _Held(NamedTuple):
    """A policy that counts, as it is asked for every pod of its namespace."""

    policy: NetworkPolicy
    validity: Match
    is_single: bool  # no other copy of the object is in the input


class NetworkPolicies:
    """The NetworkPolicies of an input, asked per pod. Grants are worked out once per policy.

    Of an object that stands twice, either copy may be the one that counts: it isolates where all
    copies do, and what one of them allows may be allowed.
    """

    def __init__(self, policies: Iterable[NetworkPolicy], engine: Engine | None = None) -> None:
        self._all = list(policies)
        self.engine = engine or Engine()
        self._faults: dict[int, tuple[Fault, ...]] = {}
        self._without_fault: Clean = {}
        self._grants: dict[tuple[int, PolicyType], list[Grant]] = {}
        self._by_namespace: dict[str | None, list[_Held]] = {}
        # What is refused is none, and no copy of an object either.
        standing = [one for one in self._all if self.counts(one)]
        copies = Counter(policy.key for policy in standing)
        for policy in standing:
            held = _Held(policy, validity(self.faults(policy)), copies[policy.key] == 1)
            self._by_namespace.setdefault(policy.namespace, []).append(held)
        # Where every policy of a namespace selects all pods, its pods have one reach.
        self._alike = {
            namespace: all(one.policy.pod_selector == {} for one in held)
            for namespace, held in self._by_namespace.items()
        }
        self._reaches: dict[_ReachKey, Reach] = {}
        self._known: dict[tuple[PolicyType, str | None, int], tuple[Labels | None, Reach]] = {}

    def __iter__(self) -> Iterator[NetworkPolicy]:
        return iter(self._all)

    def reach(self, pod: Pod, direction: PolicyType) -> Reach:
        """What the pod can reach, or what can reach it.

        Pods that the same policies select have the same object.
        """
        labels = None if self._alike.get(pod.namespace, True) else pod.labels
        # By the labels' identity, which stays theirs while they are held here.
        key = direction, pod.namespace, 0 if labels is None else id(labels)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = labels, self._reach(pod, direction)
        return known[1]

    def selects(self, pod: Pod) -> Match:
        """Whether any policy selects the pod, for whichever direction."""
        here = self._by_namespace.get(pod.namespace, ())
        return max((matches(one.policy.pod_selector, pod.labels) for one in here), default=Match.NO)

    def is_about(self, policy: NetworkPolicy, direction: PolicyType) -> bool:
        """Whether the policy isolates in a direction, and its rules for it count."""
        if direction in policy.policy_types:
            return True
        rules = policy.egress if direction == "Egress" else policy.ingress
        return bool(rules) and not self.engine.heeds_policy_types

    def counts(self, policy: NetworkPolicy) -> bool:
        """Whether some API server takes the policy."""
        return validity(self.faults(policy)) is not Match.NO

    def faults(self, policy: NetworkPolicy) -> tuple[Fault, ...]:
        """What the API server refuses in a policy."""
        found = self._faults.get(id(policy))
        if found is None:
            found = self._faults[id(policy)] = network_policy_faults(
                policy.policy, self._without_fault
            )
        return found

    def _reach(self, pod: Pod, direction: PolicyType) -> Reach:
        selecting: list[Selected] = []
        isolated = Match.NO
        copies: dict[Key, list[Match]] = {}  # of objects that stand more than once
        for policy, valid, is_single in self._by_namespace.get(pod.namespace, ()):
            match = Match.NO
            if self.is_about(policy, direction):
                match = min(valid, matches(policy.pod_selector, pod.labels))
            if is_single:
                isolated = max(isolated, match)
            else:
                copies.setdefault(policy.key, []).append(match)
                match = min(match, Match.MAYBE)
            if match:
                selecting.append((policy, match))
        isolated = max((isolated, *(_of_copies(found) for found in copies.values())))
        key = direction, isolated, tuple((id(policy), match) for policy, match in selecting)
        known = self._reaches.get(key)
        if known is None:
            grants = tuple(
                (grant, match)
                for policy, match in selecting
                for grant in self.grants(policy, direction)
            )
            found = Reach(isolated, tuple(selecting), grants, self.engine.metadata)
            known = self._reaches[key] = found
        return known

    def grants(self, policy: NetworkPolicy, direction: PolicyType) -> list[Grant]:
        """What a policy's rules of one direction let through."""
        key = (id(policy), direction)
        if key not in self._grants:
            self._grants[key] = grants_of(policy, direction, self.engine)
        return self._grants[key]


def _of_copies(found: list[Match]) -> Match:
    """Whether an object applies of which any copy may stand."""
    return found[0] if len(set(found)) == 1 else min(max(found), Match.MAYBE)
