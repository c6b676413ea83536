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
from imds_guard.wire.edit import ChangeEntries, edited
from imds_guard.wire.sequence import Changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.audit import Context
    from imds_guard.audit.policy_fix import PolicyFix
    from imds_guard.guard.discover import Inventory
    from imds_guard.settings import Settings
    from imds_guard.wire import Listing, Result, Value
    from imds_guard.wire.sequence import Splice


def repair(
    listing: Listing, context: Context, standing: Sequence[Policy], inventory: Inventory
) -> tuple[list[Policy], list[Result]]:
    """Mend every policy that is not ours and opens metadata; what stands then, and what was done.

    A policy whose text cannot be edited in place is left as it is, and so is one whose companion
    cannot be written; the audit then says so.
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
    stands = {policy.key: policy for policy in standing}
    beside: list[Policy] = []
    for fix in fixes:
        resource = fix.policy.resource
        if resource is None:
            continue
        try:
            splices, value = edited(resource.item, fix.edits)
            if fix.named_peers and not settings.ip_block_matches_nodes:
                planned = _beside(settings, fix)
                before = stands.get(planned.key)
                if before is None:
                    listing.append(placed(planned, inventory))
                    stands[planned.key] = _as_policy(planned)
                    beside.append(stands[planned.key])
                else:
                    added, values[id(before.resource)] = _widened(before, planned)
                    listing.edit(added)
        except InputError:
            continue
        values[id(resource)] = value
        listing.edit(splices)
        message = f"repaired, so that metadata is out of its reach: {', '.join(fix.fields)}"
        subject = str(fix.policy.address)
        results.append(note("warning", "repaired", subject, message, about=resource))
    found = [
        policy.with_value(values[id(policy.resource)]) if id(policy.resource) in values else policy
        for policy in standing
    ]
    return [*found, *beside], results


def _beside(settings: Settings, fix: PolicyFix) -> Planned:
    """The policy that lets the same pods reach nodes and the API server still."""
    address = fix.policy.address
    target = Target(address.namespace, fix.policy.value["spec"].get("podSelector") or {})
    manifest = allow_nodes.build(settings, target, address.name, fix.named_peers)
    return Planned(manifest, fix.policy.resource, fix.policy.namespace)


def _as_policy(planned: Planned) -> Policy:
    value = as_text(planned.manifest)
    return Policy(planned.address, namespace=planned.namespace, value=value, is_ours=True)


def _widened(before: Policy, planned: Planned) -> tuple[list[Splice], Value]:
    """What adds the planned rules to the policy that an earlier repair wrote; what it says then.

    Its own rules stay: the rules that they are for were repaired then, and show no more. Raises
    InputError where the policy is somebody else's or cannot be edited in place.
    """
    resource = before.resource
    wanted = planned.manifest["spec"]
    same_pods = before.spec.get("endpointSelector") == as_text(wanted["endpointSelector"])
    has = before.spec.get("egress")
    if resource is None or not (before.is_ours and same_pods and isinstance(has, list)):
        raise InputError("a policy of this name stands in the way")
    new = [rule for rule in wanted["egress"] if as_text(rule) not in has]
    if not new:
        return [], before.value
    return edited(resource.item, [ChangeEntries(("spec", "egress"), Changes(appended=new))])
