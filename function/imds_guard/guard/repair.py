"""Repair: taking metadata out of other people's rules, and out of nothing else of their policies.

Only the text of the offending rules changes. What the edits come to is read back from the edited
text, so that the proof is on what is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit import opened_for
from imds_guard.audit.policy_fix import policy_fix
from imds_guard.guard.plan import Planned
from imds_guard.guard.reconcile import placed
from imds_guard.policies import Target, allow_nodes
from imds_guard.resources import Policy, note
from imds_guard.wire import InputError, as_text
from imds_guard.wire.edit import edited

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imds_guard.audit import Context
    from imds_guard.audit.policy_fix import PolicyFix
    from imds_guard.guard.discover import Inventory
    from imds_guard.settings import Settings
    from imds_guard.wire import Listing, Result, Value


def repair(
    listing: Listing, context: Context, standing: Sequence[Policy], inventory: Inventory
) -> tuple[list[Policy], list[Result]]:
    """Mend every policy that is not ours and opens metadata; what stands then, and what was done.

    A policy whose text cannot be edited in place is left as it is; the audit then says so.
    """
    settings = context.settings
    ours = {id(policy.resource) for policy in standing if policy.is_ours}
    fixes = [
        policy_fix(context, policy)
        for policy in context.network_policies
        if id(policy.resource) not in ours and context.leaks(policy) and opened_for(context, policy)
    ]
    values: dict[int, Value] = {}  # of the edited resources
    results: list[Result] = []
    beside: list[Policy] = []
    for fix in fixes:
        resource = fix.policy.resource
        if resource is None:
            continue
        try:
            splices, value = edited(resource.item, fix.edits)
        except InputError:
            continue
        values[id(resource)] = value
        listing.edit(splices)
        message = f"repaired, so that metadata is out of its reach: {', '.join(fix.fields)}"
        subject = str(fix.policy.address)
        results.append(note("warning", "repaired", subject, message, about=resource))
        if fix.named_peers and not settings.ip_block_matches_nodes:
            beside += _beside(listing, settings, fix, inventory)
    found = [
        policy.with_value(values[id(policy.resource)]) if id(policy.resource) in values else policy
        for policy in standing
    ]
    return [*found, *beside], results


def _beside(
    listing: Listing, settings: Settings, fix: PolicyFix, inventory: Inventory
) -> Iterator[Policy]:
    """The policy that lets the same pods reach nodes and the API server still; it is appended."""
    address, resource = fix.policy.address, fix.policy.resource
    target = Target(address.namespace, fix.policy.value["spec"].get("podSelector") or {})
    manifest = allow_nodes.build(settings, target, address.name, fix.named_peers)
    planned = Planned(manifest, resource, fix.policy.namespace)
    listing.append(placed(planned, inventory))
    value = as_text(manifest)
    yield Policy(planned.address, namespace=planned.namespace, value=value, is_ours=True)
