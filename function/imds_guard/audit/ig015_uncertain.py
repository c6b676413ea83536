"""IG015 uncertain: what decides it is not in the input, or cannot be decided offline.

A rule for a name of the world, a group, a tier or a Service, a selector for labels of a namespace
that no manifest shows, a part of the addresses that pods may have: whether it opens metadata, or
lets names resolve, is known only in the cluster. It is never passed over.

Found: a name may stand for any address.

    apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: names, namespace: shop}
    spec:
      endpointSelector: {}
      egress: [{toFQDNs: [{matchPattern: "*"}]}]

Found: nobody knows when a tier that is not in the input is asked.

    apiVersion: projectcalico.org/v3
    kind: GlobalNetworkPolicy
    metadata: {name: security.open}
    spec:
      tier: security
      order: 10
      egress: [{action: Allow, destination: {nets: [0.0.0.0/0]}}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]

Found: DNS pods may have such an address, or another.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: inside, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 10.0.0.0/8}}]

Not found: the tier is in the input, and comes before NetworkPolicies.

    apiVersion: projectcalico.org/v3
    kind: Tier
    metadata: {name: security}
    spec: {order: 100, defaultAction: Pass}
    ---
    apiVersion: projectcalico.org/v3
    kind: GlobalNetworkPolicy
    metadata: {name: security.metadata}
    spec:
      tier: security
      order: 10
      egress: [{action: Deny, destination: {nets: [169.254.0.0/16]}}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.context import named
from imds_guard.audit.name_resolution import answers, resolution
from imds_guard.reach.match import Match
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context, Opening
    from imds_guard.reach.rules import Rule
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG015"
_FIX = "write the rule with addresses and known labels, or check it in the cluster"


def check(context: Context) -> Iterator[Result]:
    """A finding per rule that leaves a verdict open, and per workload that no rule explains."""
    yield from _about_metadata(context)
    yield from _about_names(context)


def _about_metadata(context: Context) -> Iterator[Result]:
    unsure: dict[int, tuple[Rule, list[Subject], list[Opening]]] = {}
    unseen = [(context.exposure(one), [one]) for one in context.unseen_under_rules]
    for exposure, alike in (*context.exposures, *unseen):
        if not exposure.unsure:
            continue
        exposed = [subject for subject in alike if not subject.exception]
        if exposed and not exposure.unsure_by:
            reached = ", ".join(map(str, exposure.unsure))
            message = f"whether it reaches {reached} cannot be told from the manifests"
            about = exposed[0].resource
            yield note(
                "warning", ID, named(exposed), message, about=about, fix=_FIX, workloads=exposed
            )
        for rule, openings in exposure.unsure_by if exposed else ():
            _, subjects, found = unsure.setdefault(id(rule), (rule, [], []))
            subjects += exposed
            found.extend(one for one in openings if one not in found)
    for rule, subjects, found in unsure.values():
        seen = [subject for subject in subjects if not subject.is_unseen]
        what = ", ".join(map(str, found))
        yield note(
            "warning",
            ID,
            named(seen or subjects),
            f"not certain: whether it reaches {what} depends on {rule}",
            about=rule.policy.resource,
            address=rule.policy.address,
            field=rule.field,
            fix=_FIX,
            workloads=seen or subjects,
        )


def _about_names(context: Context) -> Iterator[Result]:
    governed = [subject for subject in context.subjects if not subject.host_network]
    unsure = [one for one in governed if resolution(context, one) is Match.UNKNOWN]
    if unsure:
        message = "not certain: whether names resolve depends on what is known only in the cluster"
        fix = "allow egress to cluster DNS by its labels, or set dns to what this cluster has"
        yield note(
            "warning",
            ID,
            named(unsure),
            message,
            about=unsure[0].resource,
            fix=fix,
            workloads=unsure,
        )
    shut_out = [
        one
        for one in governed
        if resolution(context, one) is Match.YES and answers(context, one) is Match.UNKNOWN
    ]
    if shut_out:
        message = "not certain: whether cluster DNS answers names is known only in the cluster"
        fix = "let clients in there by known labels, or have the namespace of DNS in the input"
        yield note(
            "warning",
            ID,
            named(shut_out),
            message,
            about=shut_out[0].resource,
            fix=fix,
            workloads=shut_out,
        )


def _unsure(subjects: list[Subject], message: str, fix: str) -> Result:
    about = subjects[0].resource
    return note("warning", ID, named(subjects), message, about=about, fix=fix, workloads=subjects)
