"""Verifying: an audit of all policies that will stand, ours and everyone's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import OWNER
from imds_guard.audit import AuditReport, Context, audit, findings
from imds_guard.config import Config
from imds_guard.guard.discover import discover
from imds_guard.guard.ignore import set_apart
from imds_guard.guard.plan import plan
from imds_guard.guard.recorded import recorded
from imds_guard.guard.scope import is_governed
from imds_guard.guard.standing import policies_of
from imds_guard.resources import Policy
from imds_guard.settings import settings_of
from imds_guard.wire import merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.plan import Plan
    from imds_guard.resources import Resource
    from imds_guard.settings import Settings
    from imds_guard.wire import Result


def examine(
    resources: Iterable[Resource], given: Config | None = None, notes: Sequence[Result] = ()
) -> tuple[Context, AuditReport]:
    """Audit resources as they stand; nothing is written. Raises InputError or ConfigError.

    `notes` are what there is to say of the input, once all of it is read; they come first.

    The configuration says what the platform is, which namespaces count, and what is an exception.
    Where none is given, the platform is the one that the policies were built for.
    """
    inventory = discover(resources, settings_of(given or Config()).default_namespace)
    config, said = (given, []) if given else recorded(inventory)
    settings = settings_of(config, is_audit=True)
    planned = plan(settings, inventory)
    standing = [
        Policy(one.address, resource=one, is_ours=one.annotation(OWNER) == config.name)
        for one in inventory.policies
    ]
    context = context_of(settings, standing, planned, inventory)
    report = audit(context)
    found = merged([*notes, *said, *planned.results, *report.findings])
    report.findings, report.ignored = set_apart(settings, found)
    return context, report


def context_of(
    settings: Settings, standing: Iterable[Policy], planned: Plan, inventory: Inventory
) -> Context:
    """What an audit looks at: the policies that stand, and the workloads of the plan."""
    return Context(
        settings,
        policies_of(settings, standing),
        planned.targets.subjects,
        inventory.namespace_labels,
        flows=planned.flows,
        api_clients=planned.api_clients,
        service_accounts=inventory.declared.service_accounts,
        left_out=planned.targets.left_out,
        owned=planned.targets.owned,
        pod_makers=planned.targets.pod_makers,
        is_governed=lambda name: is_governed(settings, inventory, name),
        duplicates=inventory.duplicates,
    )


def verify(context: Context) -> list[Result]:
    """What the audit finds. With `reopened: warn` an opening is a warning."""
    found = list(findings(context))
    if context.settings.config.spec.reopened != "warn":
        return found
    return [one._replace(severity="warning") if one.id == "IG001" else one for one in found]
