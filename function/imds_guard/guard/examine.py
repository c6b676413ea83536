"""The audit alone: resources in, findings and verdicts out. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit import AuditReport, Scene, audit
from imds_guard.guard.discover import discover
from imds_guard.guard.plan import plan
from imds_guard.guard.prove import scene_of
from imds_guard.guard.reconcile import Standing
from imds_guard.policies import OWNER, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.config import Config
    from imds_guard.resources import Resource


def examine(resources: Iterable[Resource], config: Config) -> tuple[Scene, AuditReport]:
    """Audit resources as they stand. Raises InputError or ConfigError.

    The configuration says what the platform is, which namespaces count, and what is an exception.
    """
    inventory = discover(resources)
    known = settings(config)
    planned = plan(known, inventory)
    standing = [
        Standing(one.item.value(), one.address, one, one.annotation(OWNER) == config.name)
        for one in inventory.policies
    ]
    scene = scene_of(known, standing, planned, inventory)
    report = audit(scene)
    report.findings = planned.results + report.findings
    return scene, report
