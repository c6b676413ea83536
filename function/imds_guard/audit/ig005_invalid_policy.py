"""IG005 invalid-policy: the API server will reject the policy.

An `except` entry has to be a CIDR of its block's family and a strict subset of its `cidr`; ports,
protocols, policy types, labels and selectors have their forms as well. A client-side dry run takes
anything; the server does not, and then none of the policy applies. So it counts for nothing here,
neither to isolate nor to allow. What only newer servers refuse does not isolate, and may allow.

Found: an entry of another address family.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: "::/0", except: [169.254.169.254/32]}}]

Found: an entry that is all of its block.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]

Found: an entry outside of its block.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [169.254.169.254/32]}}]

Found: text that is no CIDR.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [metadata.google.internal]}}]

Found: an operator that selectors have not.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {matchExpressions: [{key: app, operator: Equals, values: [web]}]}
      policyTypes: [Egress]

Found: bits behind the prefix length, which API servers refuse since 1.36.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/16]}}]

Not found: a part of its block.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.audit.context import Leak
from imds_guard.audit.fixes import fixed_block, typed
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.reach.validity import Fault
    from imds_guard.resources import NetworkPolicy
    from imds_guard.wire import Result

ID = "IG005"


def check(context: Context) -> Iterator[Result]:
    """A finding per field that API servers refuse."""
    for policy in context.network_policies:
        for fault in context.network_policies.faults(policy):
            yield _finding(context, policy, fault)


def _proposed(context: Context, policy: NetworkPolicy, fault: Fault) -> Any:
    """What to write instead. An `except` that counts also leaves metadata out of its block."""
    if fault.proposed is None or not fault.holder.endswith(".except"):
        return typed(fault.proposed)
    field = fault.holder.removesuffix(".except")
    for grant in context.network_policies.grants(policy, "Egress"):
        leak = Leak(grant, tuple(context.opened(grant)))
        if grant.field == field and leak.openings and grant.peer and grant.peer.ip_block:
            block = {"cidr": grant.peer.ip_block.cidr, "except": fault.proposed}
            if mended := fixed_block(block, context.addresses_of(leak)):
                return mended["except"]
    return fault.proposed


def _finding(context: Context, policy: NetworkPolicy, fault: Fault) -> Result:
    where = fault.field.removeprefix("spec.")
    who = "the API server rejects the policy"
    if fault.since:
        who = f"API servers from {fault.since} reject the policy, older ones take it"
    is_except = ".except" in fault.field
    fix = "remove it, or write it under a cidr that holds it" if is_except else "correct it"
    return note(
        "error",
        ID,
        str(policy.address),
        f"{where} {fault.why}; {who}",
        about=policy.resource,
        address=policy.address,
        field=fault.holder,
        current=typed(fault.current),
        proposed=_proposed(context, policy, fault),
        fix=fix,
    )
