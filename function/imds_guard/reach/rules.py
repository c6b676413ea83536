"""The rules of policies that are no NetworkPolicy, in the order in which engines ask them.

Tiers are asked one after the other, by their position. The SIG Network policy API has an admin
tier, then NetworkPolicy, then a baseline tier; Calico and Antrea have tiers of their own between.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, Optional, Union

from imds_guard.reach.match import Match
from imds_guard.reach.pod import Peer, Pod
from imds_guard.resources.network_policy import PolicyType, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imds_guard.reach.validity.fault import Fault
    from imds_guard.resources import Policy

Action = Literal["allow", "deny", "pass"]
Port = Union[int, str]  # noqa: UP007 - read at run time, by Python 3.10
Selects = Callable[[Pod], Match]
Reaches = Callable[[Peer, Protocol, Port, Optional[Pod]], Match]  # noqa: UP045

# Positions of tiers, on the scale of Calico's tier orders, in which its own tier for the admin
# policies of SIG Network is 1,000, `default` 1,000,000 and the one for baseline 10,000,000
# (Calico reference, Tier). NetworkPolicy is in the middle one.
UNKNOWN_TIER = -math.inf
ADMIN = 1_000.0
NAMESPACE = 1_000_000.0
BASELINE = 10_000_000.0


class Rule(NamedTuple):
    """One rule of a policy that is no NetworkPolicy.

    In NAMESPACE a rule without an order is asked together with NetworkPolicy: whatever allows
    opens, unless some rule denies. Every other rule has its place, and the first that matches
    decides. `reaches` takes the peer, protocol, port, and the pod whose port it is.
    """

    policy: Policy
    field: str  # path of the rule in its policy
    direction: PolicyType
    position: float
    order: tuple[float | str, ...] | None
    action: Action
    selects: Selects
    reaches: Reaches
    passes_to: float = -math.inf
    """The first position that is asked after a pass; the next one, unless the engine skips some."""
    may_skip_selected: bool = False
    """Whether engines may leave out pods that any NetworkPolicy selects, in whichever direction
    (seen on kube-network-policies); the API's text asks for isolation."""

    def __str__(self) -> str:
        return f"{self.policy} {self.field.removeprefix('spec.')}"

    def applies(self, pod: Pod, peer: Peer, protocol: Protocol, port: Port) -> Match:
        """Whether it is about this traffic of the pod."""
        match = self.selects(pod)
        if not match:
            return match
        receiver: Pod | None = pod
        if self.direction == "Egress":
            receiver = peer if isinstance(peer, Pod) else None
        return min(match, self.reaches(peer, protocol, port, receiver))


class Isolation(NamedTuple):
    """A policy that has the last word in its tier: what no rule there allows is dropped."""

    policy: Policy
    direction: PolicyType
    position: float
    selects: Selects
    is_like_network_policy: bool = False
    """Whether its engine makes the same of it as of a NetworkPolicy."""


class Rules:
    """The rules and isolations of every policy of the input that is no NetworkPolicy."""

    def __init__(self, metadata: frozenset[str] = frozenset()) -> None:
        self.rules: list[Rule] = []
        self.isolations: list[Isolation] = []
        self.demands: dict[int, Mapping[str, str]] = {}
        """By the identity of a policy, the labels that pods must have to be selected by it."""
        self.tiers: dict[tuple[str, str], tuple[float | None, bool]] = {}
        """By engine and name: the position of a tier, None where it is not known, and whether it
        drops what no rule matches."""
        self.places: dict[str, tuple[float | None, bool]] = {}
        """Of Calico's tiers, by name: the same with a position for each; none until one asks."""
        self.has_network_sets = False
        """Whether addresses may have labels: the input has network sets of Calico."""
        self.metadata = metadata
        """Addresses of metadata services, besides those that every run knows."""
        self.faults: list[tuple[Policy, tuple[Fault, ...]]] = []
        """The policies that are refused, everywhere or by some, with what is at fault."""

    def __bool__(self) -> bool:
        return bool(self.rules or self.isolations)

    def note_tier(self, engine: str, name: str, position: float | None, *, drops: bool) -> None:
        """Take in a tier. Of copies that differ any may stand, so that nothing of it is known."""
        known = self.tiers.setdefault((engine, name), (position, drops))
        if known != (position, drops):
            self.tiers[engine, name] = (None, True)
