"""Repair: taking metadata out of other people's rules, and out of nothing else of their policies.

Only the text of the offending rules changes. What the edits come to is read back from the edited
text, so that the proof is on what is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit import opened_for
from imds_guard.audit.policy_fix import policy_fix
from imds_guard.resources import note
from imds_guard.wire import InputError
from imds_guard.wire.edit import edited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.audit import Context
    from imds_guard.resources import Policy
    from imds_guard.wire import Listing, Result, Value


def repair(
    listing: Listing, context: Context, standing: Sequence[Policy]
) -> tuple[list[Policy], list[Result]]:
    """Mend every policy that is not ours and opens metadata; what stands then, and what was done.

    A policy whose text cannot be edited in place is left as it is; the audit then says so.
    """
    ours = {id(policy.resource) for policy in standing if policy.is_ours}
    fixes = [
        policy_fix(context, policy)
        for policy in context.network_policies
        if id(policy.resource) not in ours and context.leaks(policy) and opened_for(context, policy)
    ]
    values: dict[int, Value] = {}  # of the edited resources
    results: list[Result] = []
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
    found = [
        policy.with_value(values[id(policy.resource)]) if id(policy.resource) in values else policy
        for policy in standing
    ]
    return found, results
