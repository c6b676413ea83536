"""IG001 metadata-open: a rule lets a workload reach the metadata service.

Policies only add up, so one rule in any policy that selects a workload undoes what all others
leave out. Every such rule is named, once, with the workloads that it opens for.

Found: a rule that says nothing lets everything through.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: open, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{}]

Found: a rule with ports and no `to` goes everywhere.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{ports: [{port: 80}]}]

Found: a block without an `except` for the address.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: half, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 128.0.0.0/1}}]

Found: a range that holds port 80, or a name, which may mean any port.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: low-ports, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0}}]
        ports: [{port: 1, endPort: 1023}, {port: http}]

Not found: the metadata addresses are left out.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]
        ports: [{port: 80}]

Not found: port 53 of a metadata address is DNS.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: dns, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 169.254.169.254/32}}]
        ports: [{port: 53, protocol: UDP}]

Not found: a port that the metadata service does not answer.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: database, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{ports: [{port: 5432}]}]

Not found: a selector, since no pod is the metadata service.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: pods, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{namespaceSelector: {}}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.audit.context import named
from imds_guard.audit.fixes import dns_rule, fixed_block, fixed_rule, typed
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imds_guard.audit.context import Context, Leak
    from imds_guard.reach.subject import Subject
    from imds_guard.resources import NetworkPolicy
    from imds_guard.wire import Result

ID = "IG001"
_EXCEPTION = "if it is meant, declare an exception with its reason"


def check(context: Context) -> Iterator[Result]:
    """A finding per grant that opens metadata for workloads without an exception."""
    for policy in context.network_policies:
        leaks = context.leaks(policy)
        if not leaks:
            continue
        subjects = opened(context, policy)
        if subjects:
            for leak in leaks:
                yield _finding(context, policy, leak, subjects)


def opened(context: Context, policy: NetworkPolicy) -> list[Subject]:
    """The workloads for which what this policy opens is no declared exception.

    Where all workloads that it selects are in order, or it selects none, it is asked of the pods
    that no manifest shows.
    """
    if context.excepts(policy):
        return []  # one that is too wide is IG006's
    found = [subject for subject in context.selected(policy) if not subject.exception]
    found = [subject for subject in found if _is_exposed(context, subject)]
    if not found and (unseen := context.unseen(policy)) and _is_exposed(context, unseen):
        return [unseen]
    return found


def _is_exposed(context: Context, subject: Subject) -> bool:
    """Whether nothing denies for certain what the policy opens."""
    exposure = context.exposure(subject)
    return bool(exposure.is_open or exposure.unsure)


def _finding(
    context: Context, policy: NetworkPolicy, leak: Leak, subjects: Sequence[Subject]
) -> Result:
    field, current, proposed, fix = _fix(context, policy, leak)
    where = leak.grant.field.removeprefix("spec.")
    reached = ", ".join(map(str, leak.openings))
    return note(
        "error",
        ID,
        named(subjects),
        f"policy {policy.address.name} {where} reaches {reached}",
        about=policy.resource,
        address=policy.address,
        field=field,
        current=typed(current),
        proposed=typed(proposed),
        fix=f"{fix}; {_EXCEPTION}",
    )


def _fix(context: Context, policy: NetworkPolicy, leak: Leak) -> tuple[str, Any, Any, str]:
    """The field to change, its value, the value that mends it, and the change in words."""
    grant, addresses = leak.grant, context.addresses_of(leak)
    rules = policy.value["spec"]["egress"]
    at = policy.egress.index(grant.rule)
    rule = rules[at] if isinstance(rules[at], dict) else {}
    resolvers = [one for one in addresses if one in context.settings.dns.addresses]
    kept = dns_rule([grant], resolvers)
    if grant.peer is None:
        mended, fix = fixed_rule(rule, addresses), "write ipBlocks with except, and a selector"
    else:
        peer_at = grant.rule.peers.index(grant.peer)
        if grant.peer.ip_block is not None:
            block = rule["to"][peer_at]["ipBlock"]
            without = fixed_block(block, addresses)
            if without:
                present = set(map(str, _excepted(block)))
                excepts = ", ".join(one for one in without["except"] if one not in present)
                fix = f"add {excepts} to its except"
                if without["cidr"] != block["cidr"]:  # an IPv4-mapped address
                    fix = f"write it as IPv4, {without['cidr']} except {excepts}"
                if kept is None:
                    return grant.field, block, without, fix
                mended = _with_peer(rule, peer_at, {**rule["to"][peer_at], "ipBlock": without})
            else:
                mended, fix = _with_peer(rule, peer_at, None), "remove this peer"
        else:
            mended, fix = _with_peer(rule, peer_at, None), "remove this peer"
    if mended is not None and kept is None:
        if grant.peer is None:
            return grant.field, rule, mended, fix
        return f"{grant.rule.field}.to", rule["to"], mended["to"], fix
    left = [*rules[:at], *([mended] if mended else []), *rules[at + 1 :], *([kept] if kept else [])]
    fix = fix if mended else "remove this rule"
    spec = policy.value["spec"]
    if left or spec.get("policyTypes"):
        return "spec.egress", rules, left, fix
    # Without a rule and without policyTypes it would no longer be a policy for egress.
    types = ["Ingress", "Egress"]
    return "spec", spec, {**spec, "policyTypes": types, "egress": []}, fix


def _with_peer(rule: dict[str, Any], at: int, peer: dict[str, Any] | None) -> dict[str, Any] | None:
    """The rule with another peer in this place, or without it; None where no peer is left."""
    peers = [*rule["to"][:at], *([peer] if peer else []), *rule["to"][at + 1 :]]
    return {**rule, "to": peers} if peers else None


def _excepted(block: dict[str, Any]) -> list[str]:
    found = block.get("except")
    return found if isinstance(found, list) else []
