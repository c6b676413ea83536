"""Whether policies are enforced for a workload, as far as the engine and its manifest tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.resources.owners import owners_of
from imds_guard.resources.placement import node_labels, operating_system

if TYPE_CHECKING:
    from imds_guard.audit.context import Context
    from imds_guard.platforms import Gap, PodSign
    from imds_guard.reach.subject import Subject
    from imds_guard.resources import Workload

_NO_NETWORKS = ("", "[]")


def gaps_of(context: Context, subject: Subject) -> tuple[Gap, ...]:
    """Why policies are not enforced for its pods; nothing where none is known.

    The host's network is another matter: no engine governs it.
    """
    if subject.host_network:
        return ()
    known = context.memo(gaps_of)
    found: tuple[Gap, ...] | None = known.get(id(subject))
    if found is None:
        gaps = context.settings.gaps
        found = tuple(one for one in gaps if not one.signs or _shows_any(subject, one))
        known[id(subject)] = found
    return found


def _shows_any(subject: Subject, gap: Gap) -> bool:
    return any(_shows(subject, sign) for sign in gap.signs)


def _shows(subject: Subject, sign: PodSign) -> bool:
    if sign.place == "pod-label":
        value = subject.labels.known.get(sign.key)
        return value is not None and sign.value in (None, value)
    return subject.workload is not None and _is_written(subject.workload, sign)


def _is_written(workload: Workload, sign: PodSign) -> bool:
    if sign.place == "standalone":
        resource = workload.resource
        return (resource.group, resource.kind) == ("", "Pod") and not owners_of(resource)
    if sign.place == "pod-annotation":
        value = (workload.pod_annotation(sign.key) or "").strip()
        return value not in _NO_NETWORKS and sign.value in (None, value)
    spec = workload.spec_with(sign.value or sign.key)
    if sign.place == "os":
        return operating_system(spec) == sign.value
    if sign.place == "scheduler":
        return spec.get("schedulerName") == sign.value
    return any(k == sign.key and sign.value in (None, v) for k, v in node_labels(spec))
