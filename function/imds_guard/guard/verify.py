"""Verifying: an audit of all policies that will stand, ours and everyone's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import OWNER
from imds_guard.audit import AuditReport, Context, audit, findings
from imds_guard.guard.discover import discover
from imds_guard.guard.plan import plan
from imds_guard.reach.kinds import other_policies
from imds_guard.reach.network_policies import NetworkPolicies
from imds_guard.resources import Policy, read_network_policy
from imds_guard.resources.network_policy import NETWORK_POLICY
from imds_guard.settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.config import Config
    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.plan import Plan
    from imds_guard.resources import Resource
    from imds_guard.resources.network_policy import Known
    from imds_guard.settings import Settings
    from imds_guard.wire import Result


def examine(resources: Iterable[Resource], config: Config) -> tuple[Context, AuditReport]:
    """Audit resources as they stand; nothing is written. Raises InputError or ConfigError.

    The configuration says what the platform is, which namespaces count, and what is an exception.
    """
    inventory = discover(resources)
    settings = settings_of(config)
    planned = plan(settings, inventory)
    standing = [
        Policy(one.address, resource=one, is_ours=one.annotation(OWNER) == config.name)
        for one in inventory.policies
    ]
    context = context_of(settings, standing, planned, inventory)
    report = audit(context)
    report.findings = planned.results + report.findings
    return context, report


def context_of(
    settings: Settings, standing: Iterable[Policy], planned: Plan, inventory: Inventory
) -> Context:
    """What an audit looks at: the policies that stand, and the workloads of the plan."""
    known: Known = {}
    network_policies = []
    others = []
    for policy in standing:
        if (policy.address.group, policy.address.kind) == NETWORK_POLICY:
            network_policies.append(read_network_policy(policy, known))
        elif not policy.is_ours:  # of Cilium's, those that are ours open nothing but the node
            others.append(policy)
    return Context(
        settings,
        NetworkPolicies(network_policies),
        planned.subjects,
        inventory.namespace_labels,
        other_policies(others),
        planned.flows,
        inventory.declared.service_accounts,
    )


def verify(context: Context) -> list[Result]:
    """What the audit finds. With `reopened: warn` an opening is a warning."""
    found = list(findings(context))
    if context.settings.config.spec.reopened != "warn":
        return found
    return [one._replace(severity="warning") if one.id == "IG001" else one for one in found]
