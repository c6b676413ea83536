"""The verdict on each workload: can it reach metadata?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.report import Verdict
from imds_guard.audit.scene import Opening, is_exception
from imds_guard.policies import REASON

if TYPE_CHECKING:
    from imds_guard.audit.scene import Scene
    from imds_guard.reach.subject import Subject


def verdicts(scene: Scene) -> list[Verdict]:
    """One per workload, in the order of the input."""
    return [_verdict(scene, subject) for subject in scene.subjects]


def _verdict(scene: Scene, subject: Subject) -> Verdict:
    if subject.host_network:
        everything = tuple(Opening(address, ports) for address, ports in scene.endpoints.items())
        return Verdict(subject, "ungoverned", everything, subject.exception or "")
    exposure = scene.exposure(subject)
    if exposure.is_open:
        if reason := _reason(scene, subject):
            return Verdict(subject, "excepted", exposure.is_open, reason)
        return Verdict(subject, "open", exposure.is_open)
    if exposure.unsure:
        why = ", ".join(str(rule) for rule, _ in exposure.unsure_by)
        return Verdict(subject, "uncertain", exposure.unsure, why)
    return Verdict(subject, "blocked")


def _reason(scene: Scene, subject: Subject) -> str:
    """Why it may: what it declares, or what the only policies that open metadata say."""
    if subject.exception:
        return subject.exception
    leaking = [policy for policy in scene.reach(subject).policies if scene.leaks(policy)]
    if leaking and all(map(is_exception, leaking)):
        return leaking[0].annotations[REASON].strip()
    return ""
