"""IG001 metadata-open: a rule lets a workload reach the metadata service.

Policies only add up, so one rule in any policy that selects a workload undoes what all others
leave out. Every such rule is named, once, with the workloads that it opens for.

Fires: `egress: [{}]`, a rule with ports and no `to`, `0.0.0.0/0` or `128.0.0.0/1` without an
`except`, a named port, a range that holds 80. Does not: port 53 of a metadata address, which is
DNS; a rule whose ports the metadata service does not answer; a selector, since no pod is the
metadata service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.audit.mend import mended_block, mended_rule
from imds_guard.audit.scene import is_exception, named
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imds_guard.audit.scene import Leak, Scene
    from imds_guard.reach.subject import Subject
    from imds_guard.resources import NetworkPolicy
    from imds_guard.wire import Result

ID = "IG001"
_EXCEPTION = "if it is meant, declare an exception with its reason"


def check(scene: Scene) -> Iterator[Result]:
    """A finding per grant that opens metadata for workloads without an exception."""
    for policy in scene.policies:
        leaks = scene.leaks(policy)
        if not leaks:
            continue
        subjects = opened(scene, policy)
        if subjects:
            for leak in leaks:
                yield _finding(policy, leak, subjects)


def opened(scene: Scene, policy: NetworkPolicy) -> list[Subject]:
    """The workloads for which what this policy opens is no declared exception."""
    selected = scene.selected(policy)
    declared = [subject for subject in selected if subject.exception]
    if is_exception(policy) and (not declared or len(declared) == len(selected)):
        return []  # one that is too wide is IG006's
    undeclared = [subject for subject in selected if not subject.exception]
    if not scene.others:
        return undeclared
    # A rule of another kind may deny what this one opens.
    exposed = ((subject, scene.exposure(subject)) for subject in undeclared)
    return [subject for subject, found in exposed if found.is_open or found.unsure]


def _finding(policy: NetworkPolicy, leak: Leak, subjects: Sequence[Subject]) -> Result:
    grant = leak.grant
    addresses = [opening.address for opening in leak.openings]
    field, current, proposed, fix = _mend(policy, leak, addresses)
    where = grant.field.removeprefix("spec.")
    reached = ", ".join(map(str, leak.openings))
    message = f"policy {policy.address.name} {where} reaches {reached}"
    return note(
        "error",
        ID,
        named(subjects),
        message,
        about=policy.resource,
        address=policy.address,
        field=field,
        current=current,
        proposed=proposed,
        fix=f"{fix}; {_EXCEPTION}",
    )


def _mend(policy: NetworkPolicy, leak: Leak, addresses: list[str]) -> tuple[str, Any, Any, str]:
    """The field to change, its value, the value that mends it, and the change in words."""
    grant = leak.grant
    rules = policy.value["spec"]["egress"]
    at = policy.egress.index(grant.rule)
    rule = rules[at] or {}
    if grant.peer is None:
        mended = mended_rule(rule, addresses)
        fix = "write ipBlocks with except and a namespaceSelector in its place"
        return grant.field, rule, mended, fix
    peer_at = grant.rule.peers.index(grant.peer)
    if grant.peer.ip_block is not None:
        block = rule["to"][peer_at]["ipBlock"]
        if mended := mended_block(block, addresses):
            excepts = ", ".join(one for one in mended["except"] if one not in _excepted(block))
            return grant.field, block, mended, f"add {excepts} to its except"
    rest = [peer for index, peer in enumerate(rule["to"]) if index != peer_at]
    if rest:
        return f"{grant.rule.field}.to", rule["to"], rest, "remove this peer"
    others = [one for index, one in enumerate(rules) if index != at]
    return "spec.egress", rules, others, "remove this rule"


def _excepted(block: dict[str, Any]) -> list[str]:
    found = block.get("except")
    return found if isinstance(found, list) else []
