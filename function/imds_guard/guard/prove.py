"""Proving the result: an audit of all policies that will stand, ours and everyone's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit import Scene, findings
from imds_guard.reach.kinds import other_policies
from imds_guard.reach.workload import Policies
from imds_guard.resources import network_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.plan import Plan
    from imds_guard.guard.reconcile import Standing
    from imds_guard.policies import Settings
    from imds_guard.resources.network_policy import Known
    from imds_guard.wire import Result


def scene_of(
    settings: Settings,
    standing: Iterable[Standing],
    planned: Plan,
    inventory: Inventory,
) -> Scene:
    """What an audit looks at."""
    standing = list(standing)
    known: Known = {}
    views = [
        network_policy(one.value, one.address, one.resource, known)
        for one in standing
        if one.address.kind == "NetworkPolicy"
    ]
    # Of Cilium's, those that are ours open nothing but the node.
    kept = [one.resource for one in standing if one.resource is not None and not one.is_ours]
    others = other_policies([*inventory.other_policies, *kept])
    return Scene(
        settings,
        Policies(views),
        planned.subjects,
        inventory.namespace_labels,
        others,
        planned.flows,
        inventory.declared.service_accounts,
    )


def prove(scene: Scene) -> list[Result]:
    """What the audit finds. With `reopened: warn` an opening is a warning."""
    found = list(findings(scene))
    if scene.settings.config.spec.reopened != "warn":
        return found
    return [one._replace(severity="warning") if one.id == "IG001" else one for one in found]
