"""What an audit has found: findings, and a verdict per workload."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from imds_guard.audit.scene import Opening
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

State = Literal["blocked", "open", "excepted", "ungoverned", "uncertain"]
"""blocked: no policy lets it through. open: something does, or nothing isolates the pods.
excepted: it may, and the reason is written down. ungoverned: on the host's network, out of
NetworkPolicy's hands. uncertain: another kind of policy decides, and it cannot be told offline.
"""


class Verdict(NamedTuple):
    """Whether one workload can reach metadata; `openings` where it can, or could."""

    subject: Subject
    state: State
    openings: tuple[Opening, ...] = ()
    reason: str = ""  # of an exception, or of an uncertainty


@dataclass
class AuditReport:
    """Everything that an audit has found, in the order of the input."""

    findings: list[Result] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
