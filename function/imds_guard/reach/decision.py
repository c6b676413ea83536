"""The one decision: what becomes of traffic, by all kinds of policies together.

Who asks says what a doubt counts as. For whether metadata can be reached, an allowance that may
apply counts and a denial that may apply does not; for whether names resolve it is the other way
round. What is known only in the cluster leaves both outcomes open.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache, cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from imds_guard.reach.match import Match
from imds_guard.reach.pod import Pod
from imds_guard.reach.rules import NAMESPACE, Rule, Rules

if TYPE_CHECKING:
    from collections.abc import Generator, Hashable, Iterator, Sequence

    from imds_guard.reach.network_policies import NetworkPolicies
    from imds_guard.reach.pod import Peer
    from imds_guard.resources.network_policy import PolicyType, Protocol

Outcome = Literal["open", "blocked"]
Lean = Literal["open", "blocked"]
"""The outcome that a rule counts for where it only may apply (Match.MAYBE)."""

# Calico gives every NetworkPolicy of Kubernetes this order in its tier `default`.
_ORDER_OF_NETWORK_POLICY = 1_000.0

_Matching = tuple[Rule, Match]


class Decision(NamedTuple):
    """What may become of traffic, and the rules of other kinds than NetworkPolicy about it."""

    outcomes: frozenset[Outcome]
    matching: tuple[_Matching, ...]
    allowed: Match  # by NetworkPolicies

    @property
    def is_open(self) -> bool:
        """Whether it gets through for certain."""
        return self.outcomes == {"open"}

    @property
    def is_blocked(self) -> bool:
        """Whether it does not, for certain."""
        return self.outcomes == {"blocked"}

    @property
    def opening(self) -> list[Rule]:
        """The rules that let it through."""
        allowing = (one for one in self.matching if one[0].action == "allow")
        return [rule for rule, match in allowing if match >= Match.MAYBE]

    @property
    def denying(self) -> list[Rule]:
        """The rules that deny it, or may."""
        return [rule for rule, _ in self.matching if rule.action == "deny"]

    @property
    def unsure(self) -> list[Rule]:
        """The rules of which it is not known whether they apply."""
        return [rule for rule, match in self.matching if match is Match.UNKNOWN]


class Policies:
    """All policies of an input, of every kind."""

    def __init__(self, network_policies: NetworkPolicies, rules: Rules | None = None) -> None:
        self.network_policies = network_policies
        self.rules = Rules() if rules is None else rules

    def isolates(self, pod: Pod, direction: PolicyType) -> Match:
        """Whether some policy drops what is not allowed to (or from) the pod."""
        found = self.network_policies.reach(pod, direction).isolated
        for one in self.rules.isolations:
            if one.direction == direction:
                found = max(found, one.selects(pod))
        return found

    def alike(self, pod: Pod, direction: PolicyType) -> Hashable:
        """Pods with the same key have the same decisions in this direction."""
        reach = self.network_policies.reach(pod, direction)
        if not self._positions[direction]:
            return id(reach)
        labels = pod.labels
        own = tuple(sorted(labels.known.items())), labels.present, labels.maybe
        return id(reach), pod.namespace, own

    def alike_to_addresses(self, pod: Pod) -> Hashable:
        """Pods with the same key have the same egress to addresses that are no pod's.

        Policies of several namespaces may share their rules; ours do.
        """
        if self._positions["Egress"]:
            return self.alike(pod, "Egress")
        return self.network_policies.to_addresses(pod)

    def is_free(self, pod: Pod, direction: PolicyType) -> bool:
        """Whether no policy of any kind says anything about the pod in this direction."""
        reach = self.network_policies.reach(pod, direction)
        if reach.isolated or reach.parts:
            return False
        return not any(
            one.direction == direction and one.selects(pod) for one in self.rules.rules
        ) and not any(
            one.direction == direction and one.selects(pod) for one in self.rules.isolations
        )

    def decide(
        self,
        pod: Pod,
        direction: PolicyType,
        peer: Peer,
        protocol: Protocol,
        port: int | str,
        *,
        lean: Lean,
        granted: bool = False,
    ) -> Decision:
        """What becomes of traffic between the pod and a peer, by the policies of the pod.

        `port` is the receiver's: the peer's for Egress, the pod's for Ingress. With `granted` it is
        what would become of it if one more NetworkPolicy allowed it.
        """
        reach = self.network_policies.reach(pod, direction)
        receiver = pod if direction == "Ingress" else peer if isinstance(peer, Pod) else None
        allowed = Match.YES if granted else reach.allows(peer, protocol, port, receiver)
        if not self._positions[direction]:
            return Decision(_by_network_policies(lean, reach.isolated, allowed), (), allowed)
        walk = _Walk(lean, reach.isolated, allowed)
        is_selected = bool(self.network_policies.selects(pod)) or any(
            one.is_like_network_policy and one.selects(pod) for one in self.rules.isolations
        )
        for rule in self._rules[direction]:
            match = rule.applies(pod, peer, protocol, port)
            if rule.may_skip_selected and is_selected:
                match = min(match, Match.UNKNOWN)
            if match:
                walk.rules.append((rule, match))
        for one in self.rules.isolations:
            if one.direction == direction and (match := one.selects(pod)):
                known = walk.isolations.get(one.position, Match.NO)
                walk.isolations[one.position] = max(known, match)
        outcomes = walk.outcomes([*self._positions[direction], NAMESPACE])
        return Decision(outcomes, tuple(walk.rules), allowed)

    @cached_property
    def _rules(self) -> dict[PolicyType, list[Rule]]:
        """The rules of each direction, in their order."""
        union = [rule for rule in self.rules.rules if rule.order is None]
        ordered = sorted(
            (rule for rule in self.rules.rules if rule.order is not None),
            key=lambda rule: (rule.position, rule.order),
        )
        found: dict[PolicyType, list[Rule]] = {"Egress": [], "Ingress": []}
        for rule in (*union, *ordered):
            found[rule.direction].append(rule)
        return found

    @cached_property
    def _positions(self) -> dict[PolicyType, tuple[float, ...]]:
        """The positions of the tiers of each direction that hold a rule or an isolation."""
        found: dict[PolicyType, set[float]] = {"Egress": set(), "Ingress": set()}
        for rule in self.rules.rules:
            found[rule.direction].add(rule.position)
        for isolation in self.rules.isolations:
            found[isolation.direction].add(isolation.position)
        return {direction: tuple(sorted(positions)) for direction, positions in found.items()}


@cache
def _by_network_policies(lean: Lean, isolated: Match, allowed: Match) -> frozenset[Outcome]:
    """What may become of traffic that no other kind of policy is about."""
    return _Walk(lean, isolated, allowed).outcomes([NAMESPACE])


class _Walk:
    """One decision in the making: tier after tier, with every outcome that may come of it."""

    def __init__(self, lean: Lean, isolated: Match, allowed: Match) -> None:
        self.lean = lean
        self.isolated = isolated
        self.allowed = allowed
        self.rules: list[_Matching] = []
        self.isolations: dict[float, Match] = {}
        self._after: list[frozenset[Outcome]] = [frozenset(("open",))]  # by how many tiers are left

    def outcomes(self, positions: Sequence[float]) -> frozenset[Outcome]:
        """What may become of the traffic; from the last tier back, so that each is asked once."""
        here: dict[float, list[_Matching]] = {}
        for one in self.rules:
            here.setdefault(one[0].position, []).append(one)
        left = sorted(set(positions))
        for at in reversed(range(len(left))):
            rules, later = here.get(left[at], []), left[at + 1 :]
            self._after.append(frozenset(self._at(left[at], rules, later)))
        return self._after[-1]

    def _at(self, place: float, here: list[_Matching], later: Sequence[float]) -> Iterator[Outcome]:
        """One tier. In all but NetworkPolicy's the first rule that matches decides."""
        if place == NAMESPACE:
            yield from self._namespace(here, later)
        elif not (yield from self._first(here, later)):
            yield from self._rest(self.isolations.get(place, Match.NO), later)

    def _namespace(self, here: list[_Matching], later: Sequence[float]) -> Iterator[Outcome]:
        """NetworkPolicy's tier: what any policy allows gets through, unless one denies it."""
        union = [one for one in here if one[0].order is None]
        denials = (self._counts(*one) for one in union if one[0].action == "deny")
        denied = max(denials, default=Match.NO)
        if denied:
            yield "blocked"
        if denied is Match.YES:
            return
        before, after = self._around_network_policy(here)
        if (yield from self._first(before, later)):
            return
        allowed = self._leaned("allow", self.allowed)
        for one in union:
            if one[0].action == "allow":
                allowed = max(allowed, self._counts(*one))
        if allowed:
            yield "open"
        if allowed is Match.YES:
            return
        if (yield from self._first(after, later)):
            return
        isolated = max(self.isolated, self.isolations.get(NAMESPACE, Match.NO))
        yield from self._rest(isolated, later)

    @staticmethod
    def _around_network_policy(
        here: Sequence[_Matching],
    ) -> tuple[list[_Matching], list[_Matching]]:
        """Calico's rules that come before NetworkPolicy in its tier, and those that come after.

        Of the same order the names decide; such a rule may come before.
        """
        before: list[_Matching] = []
        after: list[_Matching] = []
        for rule, match in here:
            if rule.order is None:
                continue
            order = rule.order[0]
            if order == _ORDER_OF_NETWORK_POLICY:
                before.append((rule, min(match, Match.UNKNOWN)))
                after.append((rule, match))
            elif isinstance(order, float) and order < _ORDER_OF_NETWORK_POLICY:
                before.append((rule, match))
            else:
                after.append((rule, match))
        return before, after

    def _first(
        self, rules: Sequence[_Matching], later: Sequence[float]
    ) -> Generator[Outcome, None, bool]:
        """The outcomes of rules of which the first that matches decides; whether one has to.

        Of policies with one order any may come first; of Calico's the lesser name does, but its
        versions differ in how a namespaced one and a global one compare.
        """
        for _, same in groupby(rules, key=lambda one: (one[0].order or ())[:1]):
            by_policy: dict[int, list[_Matching]] = {}
            for one in same:
                by_policy.setdefault(id(one[0].policy), []).append(one)
            kinds = {own[0][0].policy.address.kind for own in by_policy.values()}
            by_name = len(kinds) == 1 and len(one[0].order or ()) > 2
            is_decided = False
            for own in by_policy.values():
                if not (by_name and is_decided):
                    is_decided |= yield from self._of_policy(own, later)
            if is_decided:
                return True
        return False

    def _of_policy(
        self, rules: Sequence[_Matching], later: Sequence[float]
    ) -> Generator[Outcome, None, bool]:
        for rule, match in rules:
            counts = self._counts(rule, match)
            if not counts:
                continue
            if rule.action == "pass":
                left = len(later) - bisect_left(later, rule.passes_to)
                yield from self._after[left]
            else:
                yield "open" if rule.action == "allow" else "blocked"
            if counts is Match.YES:
                return True
        return False

    def _rest(self, isolated: Match, later: Sequence[float]) -> Iterator[Outcome]:
        """What becomes of traffic that no rule of a tier is about."""
        isolated = self._leaned("deny", isolated)
        if isolated:
            yield "blocked"
        if isolated is not Match.YES:
            yield from self._after[len(later)]

    def _counts(self, rule: Rule, match: Match) -> Match:
        return self._leaned(rule.action, match)

    def _leaned(self, action: str, match: Match) -> Match:
        """What a rule that only may apply counts as, for who asks."""
        if match is not Match.MAYBE:
            return match
        if action == "pass":
            return Match.UNKNOWN
        return Match.YES if (action == "allow") == (self.lean == "open") else Match.NO
