"""Verifying: an audit of all policies that will stand, ours and everyone's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import OWNER
from imds_guard.audit import AuditReport, Context, audit, findings
from imds_guard.config import Config
from imds_guard.guard.discover import discover
from imds_guard.guard.plan import plan
from imds_guard.guard.recorded import recorded
from imds_guard.guard.scope import is_governed
from imds_guard.reach.decision import Policies
from imds_guard.reach.grants import Engine
from imds_guard.reach.kinds import rules_of
from imds_guard.reach.network_policies import NetworkPolicies
from imds_guard.resources import Policy, read_network_policy
from imds_guard.resources.network_policy import NETWORK_POLICY
from imds_guard.settings import settings_of
from imds_guard.wire import merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.plan import Plan
    from imds_guard.resources import Key, Resource
    from imds_guard.resources.network_policy import Known
    from imds_guard.settings import Settings
    from imds_guard.wire import Result


def examine(
    resources: Iterable[Resource], given: Config | None = None
) -> tuple[Context, AuditReport]:
    """Audit resources as they stand; nothing is written. Raises InputError or ConfigError.

    The configuration says what the platform is, which namespaces count, and what is an exception.
    Where none is given, the platform is the one that the policies were built for.
    """
    inventory = discover(resources, settings_of(given or Config()).default_namespace)
    config, notes = (given, []) if given else recorded(inventory)
    settings = settings_of(config)
    planned = plan(settings, inventory)
    standing = [
        Policy(one.address, resource=one, is_ours=one.annotation(OWNER) == config.name)
        for one in inventory.policies
    ]
    context = context_of(settings, standing, planned, inventory)
    report = audit(context)
    report.findings = merged(notes + planned.results + report.findings)
    return context, report


def context_of(
    settings: Settings, standing: Iterable[Policy], planned: Plan, inventory: Inventory
) -> Context:
    """What an audit looks at: the policies that stand, and the workloads of the plan."""
    engine = engine_of(settings)
    known: Known = {}
    network_policies = []
    others = []
    for policy in _different(standing):
        if (policy.address.group, policy.address.kind) == NETWORK_POLICY:
            network_policies.append(read_network_policy(policy, known))
        else:
            others.append(policy)
    return Context(
        settings,
        Policies(NetworkPolicies(network_policies, engine), rules_of(others, engine.metadata)),
        planned.subjects,
        inventory.namespace_labels,
        flows=planned.flows,
        api_clients=planned.api_clients,
        service_accounts=inventory.declared.service_accounts,
        left_out=planned.left_out,
        owned=planned.owned,
        pod_makers=planned.pod_makers,
        is_governed=lambda name: is_governed(settings, inventory, name),
        duplicates=inventory.duplicates,
    )


def _different(standing: Iterable[Policy]) -> Iterator[Policy]:
    """The policies without copies that say the very same."""
    seen: dict[Key, list[Policy]] = {}
    for policy in standing:
        before = seen.setdefault(policy.key, [])
        if not any(one.value == policy.value for one in before):
            yield policy
        before.append(policy)


def engine_of(settings: Settings) -> Engine:
    """Where the engine that enforces NetworkPolicies differs from what the API's text says."""
    cni, metadata = settings.cni, tuple(one.address for one in settings.endpoints)
    if cni is None:
        return Engine(ip_versions=settings.ip_versions, metadata=metadata)
    return Engine(
        cni.ip_block_matches_pods,
        cni.splits_of_any_ipv6,
        settings.ip_block_matches_nodes,
        () if settings.ip_block_matches_nodes else settings.node_addresses,
        cni.heeds_policy_types,
        settings.ip_versions,
        metadata,
    )


def verify(context: Context) -> list[Result]:
    """What the audit finds. With `reopened: warn` an opening is a warning."""
    found = list(findings(context))
    if context.settings.config.spec.reopened != "warn":
        return found
    return [one._replace(severity="warning") if one.id == "IG001" else one for one in found]
