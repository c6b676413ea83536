"""Proving the result: an audit of all policies that will stand, ours and everyone's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imds_guard.audit import Scene, findings
from imds_guard.reach.workload import Policies
from imds_guard.resources import network_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from imds_guard.audit import Subject
    from imds_guard.guard.reconcile import Standing
    from imds_guard.policies import Settings
    from imds_guard.wire import Result


def scene_of(
    settings: Settings,
    standing: Iterable[Standing],
    subjects: Iterable[Subject],
    namespaces: Mapping[str, Mapping[str, str]],
) -> Scene:
    """What an audit looks at."""
    views = [
        network_policy(one.value, one.address, one.resource)
        for one in standing
        if one.address.kind == "NetworkPolicy"
    ]
    return Scene(settings, Policies(views), subjects, namespaces)


def prove(scene: Scene) -> list[Result]:
    """What the audit finds. With `reopened: warn` an opening is a warning."""
    found = list(findings(scene))
    if scene.settings.config.spec.reopened != "warn":
        return found
    return [replace(one, severity="warning") if one.id == "IG001" else one for one in found]
