"""What NetworkPolicies let pods reach: the union of every policy that selects them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.reach.addresses import cover_pods
from imds_guard.reach.grants import Engine, Grant, grants_of
from imds_guard.reach.index import Index
from imds_guard.reach.match import Match
from imds_guard.reach.part import Member, Part, of_copies
from imds_guard.reach.pod import Pod
from imds_guard.reach.ranges import Ranges
from imds_guard.reach.selectors import matches
from imds_guard.reach.validity import Clean, Fault, network_policy_faults, validity

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from imds_guard.reach.part import Applied
    from imds_guard.reach.pod import Peer
    from imds_guard.reach.rules import Port
    from imds_guard.resources.labels import Labels
    from imds_guard.resources.network_policy import NetworkPolicy, PolicyType, Protocol

Selected = tuple["NetworkPolicy", Match]
_ReachKey = tuple["PolicyType", Match, tuple[tuple[int, Match], ...]]
_EVERYONE = "{}"  # the text of a selector for all pods


class Reach:
    """One direction of the traffic of pods: whether they are isolated, and what is let through.

    Without isolation everything is let through, and no grant is needed. The policies that select
    the pods come in parts, each with whether its selector does.
    """

    __slots__ = ("isolated", "metadata", "parts")

    def __init__(
        self,
        isolated: Match,
        parts: tuple[tuple[Part, Match], ...],
        metadata: tuple[str, ...] = (),  # addresses of metadata services
    ) -> None:
        self.isolated = isolated
        self.parts = parts
        self.metadata = metadata

    @property
    def policies(self) -> list[NetworkPolicy]:
        """The policies that select the pods, or may, in the order of the input."""
        return [member.policy for member, _ in self._members()]

    @property
    def grants(self) -> Iterator[Applied]:
        """What they let through, with whether it applies to these pods."""
        for member, match in self._members():
            for grant in member.grants:
                yield grant, min(match, member.applies)

    def _members(self) -> list[tuple[Member, Match]]:
        found = [(member, match) for part, match in self.parts for member in part.members]
        return sorted(found, key=lambda one: one[0].place)

    def allows(self, peer: Peer, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        """Whether some grant lets traffic through to (or from) the peer."""
        found = Match.NO
        for part, match in self.parts:
            if match > found:
                found = max(found, min(match, part.allows(peer, protocol, port, receiver)))
        if found is Match.UNKNOWN and isinstance(peer, Pod):
            # A part of the addresses that pods may have; several rules may make it all of them.
            versions = (4, 6) if peer.ip_version is None else (peer.ip_version,)
            found = max(found, self._cover_pods(versions, protocol, port, receiver))
        return found

    def _cover_pods(
        self, versions: tuple[int, ...], protocol: Protocol, port: Port, receiver: Pod | None
    ) -> Match:
        """Whether all ipBlocks together hold every address that a pod may have."""
        sure = [part for part, match in self.parts if match is Match.YES]
        for version in versions:
            spans = [
                span
                for part in sure
                for span in part.spans_of_pods(version, protocol, port, receiver)
            ]
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
    """A policy, its place in the input, and what is asked of it for every pod of its namespace."""

    place: int
    policy: NetworkPolicy
    validity: Match
    is_single: bool  # no other copy of the object is in the input


class _Alike:
    """The policies of a namespace with one selector."""

    def __init__(self, selector: Any) -> None:
        self.selector = selector
        self.held: list[_Held] = []
        self.parts: dict[PolicyType, Part | None] = {}


class NetworkPolicies:
    """The NetworkPolicies of an input, asked per pod. Grants are worked out once per policy.

    Of an object that stands twice, either copy may be the one that counts: it isolates where all
    copies do, and what one of them allows may be allowed.
    """

    def __init__(
        self,
        policies: Iterable[NetworkPolicy],
        engine: Engine | None = None,
        faults: tuple[Fault, ...] | None = None,
    ) -> None:
        """`faults` are those of every policy, where they are known already."""
        self._all = list(policies)
        self.engine = engine or Engine()
        self._faults: dict[int, tuple[Fault, ...]] = {}
        if faults is not None:
            self._faults = {id(policy): faults for policy in self._all}
        self._without_fault: Clean = {}
        self._grants: dict[tuple[int, PolicyType], list[Grant]] = {}
        # What is refused is none, and no copy of an object either.
        standing = [one for one in self._all if self.counts(one)]
        self._copies = Counter(policy.key for policy in standing)
        self._alike: dict[str | None, dict[str, _Alike]] = {}
        for place, policy in enumerate(standing):
            is_single = self._copies[policy.key] == 1
            held = _Held(place, policy, validity(self.faults(policy)), is_single)
            here = self._alike.setdefault(policy.namespace, {})
            selector = policy.pod_selector
            alike = here.setdefault(repr(selector), _Alike(selector))
            alike.held.append(held)
        self._by_selector: dict[str | None, Index[_Alike]] = {}
        self._reaches: dict[_ReachKey, Reach] = {}
        self._known: dict[tuple[PolicyType, str | None, int], tuple[Labels | None, Reach]] = {}
        self._egress: dict[int, int] = {}  # of a part, by its identity: a number for its rules
        self._numbers: dict[tuple[tuple[int, Match], ...], int] = {}

    def __iter__(self) -> Iterator[NetworkPolicy]:
        return iter(self._all)

    def reach(self, pod: Pod, direction: PolicyType) -> Reach:
        """What the pod can reach, or what can reach it.

        Pods that the same policies select have the same object.
        """
        # Where every policy of a namespace selects all pods, its pods have one reach.
        is_one = not self._alike.get(pod.namespace, {}).keys() - {_EVERYONE}
        labels = None if is_one else pod.labels
        # By the labels' identity, which stays theirs while they are held here.
        key = direction, pod.namespace, 0 if labels is None else id(labels)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = labels, self._reach(pod, direction)
        return known[1]

    def selects(self, pod: Pod) -> Match:
        """Whether any policy selects the pod, for whichever direction."""
        return max((match for _, match in self._selecting(pod)), default=Match.NO)

    def to_addresses(self, pod: Pod) -> Hashable:
        """Pods with the same key have the same egress to addresses that are no pod's.

        Policies of several namespaces may share their rules; ours do.
        """
        reach = self.reach(pod, "Egress")
        return reach.isolated, frozenset((self._number(part), match) for part, match in reach.parts)

    def _number(self, part: Part) -> int:
        found = self._egress.get(id(part))
        if found is None:
            found = self._numbers.setdefault(part.egress(), len(self._numbers))
            self._egress[id(part)] = found
        return found

    def _selecting(self, pod: Pod) -> Iterator[tuple[_Alike, Match]]:
        """The policies of the pod's namespace that select it, by their selectors."""
        index = self._by_selector.get(pod.namespace)
        if index is None:
            here = self._alike.get(pod.namespace, {})
            index = Index((one.selector, one) for one in here.values())
            self._by_selector[pod.namespace] = index
        for alike in index.candidates(pod.labels):
            if match := matches(alike.selector, pod.labels):
                yield alike, match

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
        parts: list[tuple[Part, Match]] = []
        isolated = Match.NO
        for alike, match in self._selecting(pod):
            part = self._part(alike, direction)
            if part is not None:
                parts.append((part, match))
                isolated = max(isolated, min(match, part.isolated))
        if isolated is not Match.YES:
            isolated = max(isolated, self._isolated_by_copies(parts))
        key_of_reach = direction, isolated, tuple((id(part), match) for part, match in parts)
        known = self._reaches.get(key_of_reach)
        if known is None:
            known = self._reaches[key_of_reach] = Reach(
                isolated, tuple(parts), self.engine.metadata
            )
        return known

    def _isolated_by_copies(self, parts: Sequence[tuple[Part, Match]]) -> Match:
        """What objects isolate that stand more than once, in whichever parts their copies are."""
        having = [one for one in parts if one[0].copies]
        if not having:
            return Match.NO
        most = max(having, key=lambda one: len(one[0].copies))
        # The greatest part is asked once for all pods; of the others' objects each is looked at.
        isolated = most[0].isolated_by_copies(most[1], self._copies)
        others = [one for one in having if one is not most]
        for key in dict.fromkeys(key for part, _ in others for key in part.copies):
            found = [
                min(match, valid) for part, match in having for valid in part.copies.get(key, ())
            ]
            isolated = max(isolated, of_copies(found, self._copies[key]))
        return isolated

    def _part(self, alike: _Alike, direction: PolicyType) -> Part | None:
        """The policies of one selector that say something of a direction; None where none does."""
        if direction not in alike.parts:
            members = [
                Member(*held, self.grants(held.policy, direction))
                for held in alike.held
                if held.validity and self.is_about(held.policy, direction)
            ]
            alike.parts[direction] = Part(members) if members else None
        return alike.parts[direction]

    def grants(self, policy: NetworkPolicy, direction: PolicyType) -> list[Grant]:
        """What a policy's rules of one direction let through."""
        key = (id(policy), direction)
        if key not in self._grants:
            self._grants[key] = grants_of(policy, direction, self.engine)
        return self._grants[key]
