"""What has to change in a policy so that metadata is out of its reach, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.audit.fixes import dns_rule, fixed_block, fixed_rule, typed
from imds_guard.wire import Changes
from imds_guard.wire.edit import AddKey, ChangeEntries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.audit.context import Context, Leak
    from imds_guard.resources import NetworkPolicy
    from imds_guard.wire.edit import Edit


class PolicyFix(NamedTuple):
    """The edits that mend one policy."""

    policy: NetworkPolicy
    edits: list[Edit]
    fields: list[str]  # the paths that change, for a person
    named_peers: list[dict[str, Any]]  # the rules that had no `to`, as they were before


def policy_fix(context: Context, policy: NetworkPolicy) -> PolicyFix:
    """The fix of a policy that opens metadata: only the rules to blame change.

    Where an `except` does, the ipBlock gets one; else the rule is written anew, or removed where
    it lets nothing but metadata through. What answers DNS or NTP at the address stays.
    """
    edits: list[Edit] = []
    fields: list[str] = []
    named_peers: list[dict[str, Any]] = []
    rules = Changes()
    leaks = context.leaks(policy)
    values = policy.value["spec"]["egress"]
    for at, rule in enumerate(policy.egress):
        to_blame = [leak for leak in leaks if leak.grant.rule is rule]
        if not to_blame:
            continue
        addresses = list(
            dict.fromkeys(address for leak in to_blame for address in context.addresses_of(leak))
        )
        value = values[at] if isinstance(values[at], dict) else {}
        blocks = _blocks(context, value, to_blame)
        if blocks is not None:
            for peer_at, block in blocks.items():
                edits.append(_except(at, peer_at, value["to"][peer_at]["ipBlock"], block))
                fields.append(f"egress[{at}].to[{peer_at}].ipBlock.except")
        elif (whole := fixed_rule(value, addresses)) is not None:
            rules.replaced[at] = typed(whole)
            if not value.get("to"):
                named_peers.append(value)
            fields.append(f"egress[{at}]")
        else:
            rules.removed.add(at)
            fields.append(f"egress[{at}] (removed)")
        if (dns := dns_rule([leak.grant for leak in to_blame], addresses)) is not None:
            rules.appended.append(dns)
    edits.append(ChangeEntries(("spec", "egress"), rules))
    is_empty = len(rules.removed) == len(values) and not rules.appended
    if is_empty and not policy.value["spec"].get("policyTypes"):
        # Without a rule and without policyTypes it would no longer be a policy for egress.
        edits.append(AddKey(("spec",), "policyTypes", ["Ingress", "Egress"]))
    return PolicyFix(policy, edits, fields, named_peers)


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
        block = fixed_block(written, context.addresses_of(leak))
        if block is None or block["cidr"] != written.get("cidr"):
            return None
        found[at] = block
    return found


def _except(rule_at: int, peer_at: int, block: dict[str, Any], fixed: dict[str, Any]) -> Edit:
    """The edit that gives one ipBlock its `except`."""
    path = ("spec", "egress", rule_at, "to", peer_at, "ipBlock")
    if "except" not in block:
        return AddKey(path, "except", fixed["except"])
    before = block["except"] if isinstance(block["except"], list) else []
    changes = Changes(
        removed={at for at, cidr in enumerate(before) if cidr not in fixed["except"]},
        appended=[cidr for cidr in fixed["except"] if cidr not in before],
    )
    return ChangeEntries((*path, "except"), changes)
