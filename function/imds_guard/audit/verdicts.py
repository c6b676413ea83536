"""What an audit has found: the verdict on each workload, can it reach metadata?, and findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from imds_guard.annotations import REASON
from imds_guard.audit.context import UNSEEN, Opening
from imds_guard.audit.enforcement import gaps_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from imds_guard.audit.context import Context
    from imds_guard.platforms import Gap
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

State = Literal["blocked", "open", "excepted", "ungoverned", "unenforced", "uncertain"]
"""blocked: no policy lets it through. open: something does, or nothing isolates the pods.
excepted: it may, and the reason is written down. ungoverned: on the host's network, out of
NetworkPolicy's hands. unenforced: no policy lets it through, but none is enforced for it.
uncertain: another kind of policy decides, and it cannot be told offline.
"""


class Verdict(NamedTuple):
    """Whether one workload can reach metadata; `openings` where it can, or could.

    `finding` is the id of what an open one is found for: IG001 or IG002.
    """

    subject: Subject
    state: State
    openings: tuple[Opening, ...] = ()
    reason: str = ""  # of an exception, of an uncertainty, or why nothing is enforced
    finding: str = ""


class Ignored(NamedTuple):
    """A finding that the configuration ignores, and why."""

    finding: Result
    reason: str


class AuditReport:
    """Everything that an audit has found, in the order of the input."""

    def __init__(
        self,
        findings: list[Result] | None = None,
        verdicts: list[Verdict] | None = None,
    ) -> None:
        self.findings: list[Result] = [] if findings is None else findings
        self.verdicts: list[Verdict] = [] if verdicts is None else verdicts
        self.ignored: list[Ignored] = []

    def is_of_unseen(self, id: str) -> bool:
        """Whether a finding of this id is about pods that no manifest shows, and no others."""
        return any(one.id == id and one.subject.startswith(UNSEEN) for one in self.findings)


def verdicts(context: Context) -> list[Verdict]:
    """One per workload, in the order of the input; copies of an object with one verdict are one."""
    found: dict[Hashable, Verdict] = {}
    for subject in context.subjects:
        own = verdict(context, subject)
        is_named = subject.resource is not None and not subject.name.endswith("-")
        key = subject.kind, subject.namespace, str(subject)
        found.setdefault((key, *own[1:]) if is_named else id(subject), own)
    return list(found.values())


def verdict(context: Context, subject: Subject) -> Verdict:
    """Whether a workload can reach metadata, by the policies and by who enforces them."""
    if subject.host_network:
        everything = tuple(Opening(address, ports) for address, ports in context.endpoints.items())
        return Verdict(subject, "ungoverned", everything, subject.exception or "")
    exposure = context.exposure(subject)
    if exposure.is_open:
        if reason := _reason(context, subject):
            return Verdict(subject, "excepted", exposure.is_open, reason)
        return Verdict(subject, "open", exposure.is_open, finding=_way(context, subject))
    if gaps := gaps_of(context, subject):
        openings = _openings_by(context, gaps[0])
        if subject.exception:
            return Verdict(subject, "excepted", openings, subject.exception)
        return Verdict(subject, "unenforced", openings, gaps[0].why)
    if exposure.unsure:
        why = ", ".join(str(rule) for rule, _ in exposure.unsure_by) or "labels or copies decide"
        return Verdict(subject, "uncertain", exposure.unsure, why)
    return Verdict(subject, "blocked")


def _way(context: Context, subject: Subject) -> str:
    """IG001 where a rule opens metadata, IG002 where nothing isolates the pods."""
    opens = bool(context.exposure(subject).opened_by)
    leaks = any(context.leaks(policy) for policy in context.reach(subject).policies)
    return "IG001" if opens or leaks else "IG002"


def _openings_by(context: Context, gap: Gap) -> tuple[Opening, ...]:
    """The metadata endpoints that nothing keeps from its pods."""
    if gap.cluster_of is None:
        return tuple(Opening(address, ports) for address, ports in context.endpoints.items())
    endpoints = context.settings.endpoints
    return tuple(
        Opening(one.address, one.ports)
        for one in endpoints
        if (":" in one.address) != (gap.cluster_of == "IPv6")
    )


def _reason(context: Context, subject: Subject) -> str:
    """Why it may: what it declares, or what the only policies that open metadata say."""
    if subject.exception:
        return subject.exception
    leaking = [policy for policy in context.reach(subject).policies if context.leaks(policy)]
    if context.exposure(subject).opened_by:
        return ""
    if leaking and all(subject in context.excepted(policy) for policy in leaking):
        return leaking[0].annotations[REASON].strip()
    return ""
