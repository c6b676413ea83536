"""Deciding over all kinds of policies together, and saying so where it cannot be told offline.

NetworkPolicy only allows. Other kinds deny, come before it or after it. The order is that of the
SIG Network policy API: admin tier, then NetworkPolicy, then baseline where no NetworkPolicy
isolates the pod. Cilium's rules are of NetworkPolicy's tier, and its denials beat every allowance
there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.grants import Pod
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import Protocol

Tier = Literal["admin", "namespace", "baseline"]
Action = Literal["allow", "deny", "pass"]


class Match(IntEnum):
    """Whether something applies; of two together, the smaller one holds."""

    NO = 0
    MAYBE = 1  # it depends on what no manifest shows
    YES = 2


class Client(NamedTuple):
    """The pods whose egress is asked for. `namespace_labels` may be incomplete."""

    namespace: str | None
    labels: Mapping[str, str]
    namespace_labels: Mapping[str, str]
    namespace_is_known: bool


class Rule(NamedTuple):
    """One egress rule of a policy that is no NetworkPolicy."""

    policy: Policy
    field: str  # path of the rule in its policy
    tier: Tier
    order: tuple[int, ...]  # within the tier; the smaller comes first
    action: Action
    selects: Callable[[Client], Match]
    reaches: Callable[[Network, Protocol, int], Match]
    reaches_pod: Callable[[Pod, Protocol, int], Match]

    def __str__(self) -> str:
        return f"{self.policy} {self.field.removeprefix('spec.')}"


@dataclass
class OtherPolicies:
    """The rules of every policy of the input that is no NetworkPolicy, and what each isolates.

    `isolations` tell of pods whether a policy isolates them for egress in NetworkPolicy's tier.
    """

    rules: list[Rule] = field(default_factory=list)
    isolations: list[Callable[[Client], Match]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rules or self.isolations)

    def isolates(self, client: Client) -> Match:
        """Whether one of them isolates these pods for egress."""
        return max((isolates(client) for isolates in self.isolations), default=Match.NO)

    def may_reach_pod(self, client: Client, pod: Pod, protocol: Protocol, port: int) -> bool:
        """Whether one of them allows traffic to a pod, as far as can be told."""
        return any(
            rule.action == "allow"
            and rule.selects(client)
            and rule.reaches_pod(pod, protocol, port)
            for rule in self.rules
        )


class Decision(NamedTuple):
    """What may become of a packet: `open`, `blocked`, or either; and the rules that match it."""

    outcomes: frozenset[str]
    matching: tuple[tuple[Rule, Match], ...]

    @property
    def opening(self) -> list[Rule]:
        """The rules that let it through for certain."""
        certain = (rule for rule, match in self.matching if match is Match.YES)
        return [rule for rule in certain if rule.action == "allow"]

    @property
    def is_open(self) -> bool:
        return self.outcomes == {"open"}

    @property
    def is_certain(self) -> bool:
        return len(self.outcomes) == 1


def decide(
    others: OtherPolicies,
    client: Client,
    address: Network,
    protocol: Protocol,
    port: int,
    *,
    isolated: bool,
    allowed: bool,
) -> Decision:
    """What becomes of a packet; `isolated` and `allowed` are NetworkPolicy's own answer."""
    matching = [
        (rule, match)
        for rule in sorted(others.rules, key=lambda rule: rule.order)
        if (match := min(rule.selects(client), rule.reaches(address, protocol, port)))
    ]
    isolation = Match.YES if isolated else others.isolates(client)
    outcomes = frozenset(_admin(matching, isolation, allowed))
    return Decision(outcomes, tuple(matching))


def _admin(
    matching: Sequence[tuple[Rule, Match]], isolation: Match, allowed: bool
) -> Iterator[str]:
    for rule, match in matching:
        if rule.tier != "admin":
            continue
        if rule.action == "pass":
            yield from _namespace(matching, isolation, allowed)
        else:
            yield _outcome(rule)
        if match is Match.YES:
            return
    yield from _namespace(matching, isolation, allowed)


def _namespace(
    matching: Sequence[tuple[Rule, Match]], isolation: Match, allowed: bool
) -> Iterator[str]:
    own = [(rule, match) for rule, match in matching if rule.tier == "namespace"]
    denied = max((match for rule, match in own if rule.action == "deny"), default=Match.NO)
    if denied:
        yield "blocked"
    if denied is Match.YES:
        return
    if isolation:
        let = max((match for rule, match in own if rule.action == "allow"), default=Match.NO)
        let = Match.YES if allowed else let
        if let:
            yield "open"
        if let is not Match.YES:
            yield "blocked"
    if isolation is not Match.YES:
        yield from _baseline(matching)


def _baseline(matching: Sequence[tuple[Rule, Match]]) -> Iterator[str]:
    for rule, match in matching:
        if rule.tier == "baseline":
            yield _outcome(rule)
            if match is Match.YES:
                return
    yield "open"


def _outcome(rule: Rule) -> str:
    return "open" if rule.action == "allow" else "blocked"
