"""IG001 metadata-open, by a policy that is no NetworkPolicy.

AdminNetworkPolicy, ClusterNetworkPolicy, Cilium's, Calico's, Antrea's and AWS' policies decide too,
together with NetworkPolicies and in the order of their tiers. Where their rule can be decided
offline it is an error like any other; where it cannot, that is IG015.

Found: an AdminNetworkPolicy that allows all.

    apiVersion: policy.networking.k8s.io/v1alpha1
    kind: AdminNetworkPolicy
    metadata: {name: open}
    spec:
      priority: 10
      subject: {namespaces: {}}
      egress:
      - action: Allow
        to: [{networks: [0.0.0.0/0]}]

Found: Cilium's `world` holds the metadata address.

    apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: world, namespace: shop}
    spec:
      endpointSelector: {}
      egress: [{toEntities: [world]}]

Found: Calico's policy is asked before NetworkPolicies, since its order is below 1,000.

    apiVersion: projectcalico.org/v3
    kind: GlobalNetworkPolicy
    metadata: {name: open}
    spec:
      order: 10
      selector: all()
      egress: [{action: Allow, destination: {nets: [0.0.0.0/0]}}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]

Not found: a denial of the metadata addresses.

    apiVersion: policy.networking.k8s.io/v1alpha1
    kind: AdminNetworkPolicy
    metadata: {name: metadata}
    spec:
      priority: 10
      subject: {namespaces: {}}
      egress:
      - action: Deny
        to: [{networks: [169.254.169.254/32, "fd00:ec2::254/128"]}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.context import named
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context, Opening
    from imds_guard.reach.rules import Rule
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG001"


def check(context: Context) -> Iterator[Result]:
    """A finding per rule of another kind that opens metadata, with the workloads."""
    opened: dict[int, tuple[Rule, list[Subject], list[Opening]]] = {}
    unseen = [(context.exposure(one), [one]) for one in context.unseen_under_rules]
    for exposure, alike in (*context.exposures, *unseen):
        for rule, openings in exposure.opened_by:
            exposed = [subject for subject in alike if not subject.exception]
            if exposed:
                _, subjects, reached = opened.setdefault(id(rule), (rule, [], []))
                subjects += exposed
                reached.extend(one for one in openings if one not in reached)
    for rule, subjects, reached in opened.values():
        seen = [subject for subject in subjects if not subject.is_unseen]
        yield note(
            "error",
            ID,
            named(seen or subjects),
            f"{rule} reaches {', '.join(map(str, reached))}",
            about=rule.policy.resource,
            address=rule.policy.address,
            field=rule.field,
            fix="leave the metadata addresses out of it, or deny them before it",
        )
