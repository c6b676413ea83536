"""IG005 invalid-policy: the API server will reject the policy.

An `except` entry has to be a CIDR of its block's family and a strict subset of its `cidr`; names,
ports, protocols, policy types, labels and selectors have their forms as well, and every value its
type. Kinds of engines are held against their definitions: Cilium 1.20, Calico 3.32, Antrea 2.7, the
AWS VPC CNI 1.1, the Network Policy API 0.1.7 and 0.2.0. A client-side dry run takes anything; the
server does not, and then none of the policy applies. So it counts for nothing here, neither to
isolate nor to allow.

What only some refuse does not isolate, and may allow; the message says who does:

- API servers from 1.36, of a CIDR with bits behind its prefix length, zeros in front of a number or
  an IPv4-mapped address. Older ones read the first two as what is proposed, the last as IPv4.
- kubectl and server-side apply, of a field that the API does not know. Other clients have it
  dropped, so that `egress: [{too: [...]}]` allows everything.
- The engine, which goes on without a policy that its API server has taken: of Cilium, a rule that
  names its peers in two ways.

API servers of today are meant. Before 1.26 they also take a value in `matchExpressions` that is no
label value; endPort they drop before 1.22.

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

Found: a field that the API does not know, beside which the rule allows everything.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - too: [{ipBlock: {cidr: 10.0.0.0/8}}]

Found: a priority that the definition of the kind does not have.

    apiVersion: policy.networking.k8s.io/v1alpha1
    kind: AdminNetworkPolicy
    metadata: {name: deny-metadata}
    spec:
      priority: 2000
      subject: {namespaces: {}}
      egress:
      - action: Deny
        to: [{networks: [169.254.169.254/32]}]

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
from imds_guard.reach.validity.fault import REQUIRED, UNKNOWN_FIELD
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.reach.validity import Fault
    from imds_guard.resources import NetworkPolicy, Policy
    from imds_guard.wire import Result

ID = "IG005"


def check(context: Context) -> Iterator[Result]:
    """A finding per field that API servers or engines refuse."""
    for view in context.network_policies:
        for fault in context.network_policies.faults(view):
            yield _finding(view.policy, fault, _proposed(context, view, fault))
    for policy, faults in context.policies.rules.faults:
        for fault in faults:
            yield _finding(policy, fault, fault.proposed)


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


def _finding(policy: Policy, fault: Fault, proposed: Any) -> Result:
    where = fault.field.removeprefix("spec.")
    return note(
        "error",
        ID,
        str(policy.address),
        f"{where} {fault.why}; {fault.said}",
        about=policy.resource,
        address=policy.address,
        field=fault.holder,
        current=typed(fault.current),
        proposed=proposed,
        fix=_fix(fault),
    )


def _fix(fault: Fault) -> str:
    if ".except[" in fault.field:
        return "remove it, or write it under a cidr that holds it"
    if fault.doubt == UNKNOWN_FIELD:
        return "correct its name, or remove it"
    return "add it" if fault.why == REQUIRED else "correct it"
