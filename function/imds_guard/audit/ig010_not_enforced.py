"""IG010 not-enforced: the engine does not enforce the policies of the workload.

The API server takes them, and there they end: on Windows and Fargate nodes, on networks besides
the default one, with an engine that enforces nothing, for standalone Pods on EKS. What is known of
engines is in `imds-guard platforms`; where the engine is not known, nothing is said of it.

Found: the Amazon VPC CNI passes over Pods that nothing owns.

    # config: platform=eks
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: []}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]

Found: a second network, of which NetworkPolicy knows nothing.

    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      namespace: shop
      labels: {app: web}
      annotations: {k8s.v1.cni.cncf.io/networks: macvlan}
    spec: {containers: []}

Found: OpenShift keeps metadata from every pod itself, so an exception opens nothing.

    # config: platform=openshift
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      namespace: shop
      labels: {app: web}
      annotations: {imds-guard.dev/allow-metadata: reads its zone}
    spec: {containers: []}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: open, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{}]

Not found: another engine is named, which governs every Pod.

    # config: platform=eks cni=calico
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: []}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.context import UNSEEN, named
from imds_guard.audit.enforcement import gaps_of
from imds_guard.audit.verdicts import verdict
from imds_guard.platforms import CNIS
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.platforms import Gap, OwnRule
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG010"


def check(context: Context) -> Iterator[Result]:
    """A finding per gap that is one of every pod, per workload in another, and per exception that
    cannot work.
    """
    found: dict[Gap, list[Subject]] = {}
    for subject in context.subjects:
        gaps = gaps_of(context, subject)
        if gaps and verdict(context, subject).state != "excepted":
            for gap in gaps:
                found.setdefault(gap, []).append(subject)
    for gap in context.settings.gaps:
        yield from _of_gap(context, gap, found.get(gap, []))
    own_rule = context.settings.own_rule
    for subject in context.subjects if own_rule else ():
        if own_rule and not subject.host_network:
            yield from _without_effect(context, subject, own_rule)


def _of_gap(context: Context, gap: Gap, subjects: list[Subject]) -> Iterator[Result]:
    fix = gap.fix + _or_another_engine(context, gap)
    if gap.signs:
        for subject in subjects:
            yield note("warning", ID, str(subject), gap.why, about=subject.resource, fix=fix)
    elif subjects:
        about = subjects[0].resource
        yield note("warning", ID, named(subjects), gap.why, about=about, fix=fix)
    elif not context.subjects and any(True for _ in context.network_policies):
        yield note("warning", ID, UNSEEN, gap.why, fix=fix)


def _or_another_engine(context: Context, gap: Gap) -> str:
    """What to do where the platform's usual engine was taken for granted, and is not there."""
    usual = CNIS.get(context.settings.platform.usual_cni)
    if context.settings.cni is not None or usual is None or gap not in usual.gaps:
        return ""
    return "; where another engine enforces policies, set cni to it"


def _without_effect(context: Context, subject: Subject, rule: OwnRule) -> Iterator[Result]:
    """The finding for an exception at an address that the platform keeps from every pod."""
    if not context.exposure(subject).is_open:
        return
    found = verdict(context, subject)
    addresses = [one.address for one in found.openings if one.address in rule.addresses]
    if found.state == "excepted" and addresses:
        message = f"its exception opens nothing at {', '.join(addresses)}: {rule.why}"
        fix = "give it credentials of its own, or hostNetwork if it must read metadata"
        yield note("warning", ID, str(subject), message, about=subject.resource, fix=fix)
