"""The verdict on each workload: can it reach metadata?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.report import Verdict
from imds_guard.audit.scene import Opening, is_exception
from imds_guard.policies import REASON
from imds_guard.reach.addresses import network

if TYPE_CHECKING:
    from imds_guard.audit.scene import Scene, Subject


def verdicts(scene: Scene) -> list[Verdict]:
    """One per workload, in the order of the input."""
    return [_verdict(scene, subject) for subject in scene.subjects]


def _verdict(scene: Scene, subject: Subject) -> Verdict:
    if subject.host_network:
        return Verdict(subject, "ungoverned", _everything(scene), subject.exception or "")
    reach = scene.reach(subject)
    if not reach.isolated:
        return Verdict(subject, "open", _everything(scene))
    leaking = [policy for policy in reach.policies if scene.leaks(policy)]
    if not leaking:
        return Verdict(subject, "blocked")
    openings = _merged(scene, subject)
    if subject.exception:
        return Verdict(subject, "excepted", openings, subject.exception)
    if all(map(is_exception, leaking)):
        return Verdict(subject, "excepted", openings, leaking[0].annotations[REASON])
    return Verdict(subject, "open", openings)


def _everything(scene: Scene) -> tuple[Opening, ...]:
    return tuple(Opening(address, ports) for address, ports in scene.endpoints.items())


def _merged(scene: Scene, subject: Subject) -> tuple[Opening, ...]:
    """What all policies together open, per address."""
    reach = scene.reach(subject)
    found = []
    for address, ports in scene.endpoints.items():
        one = network(address)
        is_open = tuple(port for port in ports if reach.to_address(one, "TCP", port))
        if is_open:
            found.append(Opening(address, is_open))
    return tuple(found)
