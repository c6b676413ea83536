"""Repair: taking metadata out of other people's rules, and out of nothing else of their policies.

Only the text of the offending rules changes. What the edits come to is read back from the edited
text, so that the proof is on what is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.audit import opened_for
from imds_guard.audit.fixes import dns_rule, fixed_block, fixed_rule, typed
from imds_guard.resources import note
from imds_guard.wire import Changes, InputError
from imds_guard.wire.edit import ItemEditor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.audit import Context, Leak
    from imds_guard.resources import NetworkPolicy, Policy
    from imds_guard.wire import Listing, Result, Splice


def repair(
    listing: Listing, context: Context, standing: Sequence[Policy]
) -> tuple[list[Policy], list[Result]]:
    """Mend every policy that is not ours and opens metadata; what stands then, and what was done.

    A policy whose text cannot be edited in place is left as it is; the audit then says so.
    """
    ours = {id(one.resource) for one in standing if one.is_ours}
    mended: dict[int, Any] = {}
    results: list[Result] = []
    for policy in context.network_policies:
        resource = policy.resource
        if resource is None or id(resource) in ours:
            continue
        if not context.leaks(policy) or not opened_for(context, policy):
            continue
        try:
            editor = ItemEditor(resource.item)
            splices, places = _edits(context, editor, policy, context.leaks(policy))
            mended[id(resource)] = editor.result(splices)
        except InputError:
            continue
        listing.edit(splices)
        message = f"repaired, so that metadata is out of its reach: {', '.join(places)}"
        results.append(note("warning", "repaired", str(policy.address), message, about=resource))
    found = [
        one.with_value(mended[id(one.resource)]) if id(one.resource) in mended else one
        for one in standing
    ]
    return found, results


def _edits(
    context: Context, editor: ItemEditor, policy: NetworkPolicy, leaks: Sequence[Leak]
) -> tuple[list[Splice], list[str]]:
    """The edits of one policy, and the fields that they change."""
    splices: list[Splice] = []
    places: list[str] = []
    rules = Changes()
    values = policy.value["spec"]["egress"]
    for at, rule in enumerate(policy.egress):
        inside = [leak for leak in leaks if leak.grant.rule is rule]
        if not inside:
            continue
        addresses = list(
            dict.fromkeys(one for leak in inside for one in context.addresses_of(leak))
        )
        grants = [leak.grant for leak in inside]
        value = values[at] if isinstance(values[at], dict) else {}
        blocks = _blocks(context, value, inside)
        if blocks is not None:
            for peer_at, block in blocks.items():
                splices += _except(editor, at, peer_at, value["to"][peer_at]["ipBlock"], block)
                places.append(f"egress[{at}].to[{peer_at}].ipBlock.except")
        elif (whole := fixed_rule(value, addresses)) is not None:
            rules.replaced[at] = typed(whole)
            places.append(f"egress[{at}]")
        else:
            rules.removed.add(at)
            places.append(f"egress[{at}] (removed)")
        if (dns := dns_rule(grants, addresses)) is not None:
            rules.appended.append(dns)
    splices += editor.change_entries(("spec", "egress"), rules)
    is_empty = len(rules.removed) == len(values) and not rules.appended
    if is_empty and not policy.value["spec"].get("policyTypes"):
        # Without a rule and without policyTypes it would no longer be a policy for egress.
        splices.append(editor.add_key(("spec",), "policyTypes", ["Ingress", "Egress"]))
    return splices, places


def _blocks(
    context: Context, rule: dict[str, Any], leaks: Sequence[Leak]
) -> dict[int, dict[str, Any]] | None:
    """The rule's ipBlocks as they have to be, by their place; None where that does not do."""
    found = {}
    for leak in leaks:
        peer = leak.grant.peer
        if peer is None or peer.ip_block is None:
            return None
        at = leak.grant.rule.peers.index(peer)
        written = rule["to"][at]["ipBlock"]
        if "except" in written and written["except"] is None:
            return None  # a null cannot be added to; the rule is written anew
        block = fixed_block(rule["to"][at]["ipBlock"], context.addresses_of(leak))
        if block is None or block["cidr"] != written.get("cidr"):
            return None
        found[at] = block
    return found


def _except(
    editor: ItemEditor, rule_at: int, peer_at: int, block: dict[str, Any], mended: dict[str, Any]
) -> list[Splice]:
    """The edit that gives one ipBlock its `except`."""
    path = ("spec", "egress", rule_at, "to", peer_at, "ipBlock")
    present = block.get("except")
    if "except" not in block:
        return [editor.add_key(path, "except", mended["except"])]
    before = present if isinstance(present, list) else []
    changes = Changes(
        removed={at for at, one in enumerate(before) if one not in mended["except"]},
        appended=[one for one in mended["except"] if one not in before],
    )
    return list(editor.change_entries((*path, "except"), changes))
