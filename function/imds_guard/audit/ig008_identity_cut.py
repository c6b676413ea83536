"""IG008 identity-cut: a workload uses the cloud's pod identity and cannot reach it.

That it uses one is seen by an annotation of its service account or a label of its pods. An
identity of the node needs its agent's address, one over the internet TCP 443. kube2iam, kiam and
AAD Pod Identity answer at the metadata service's own address: their workloads need an exception.

Found: its agent is at an address of the node that nothing opens; `podIdentity: true` does.

    # config: platform=gke
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {serviceAccountName: web, containers: []}
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: web
      namespace: shop
      annotations: {iam.gke.io/gcp-service-account: web@shop.iam.gserviceaccount.com}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]
        ports: [{port: 443}]

Found: its tokens come over the internet, which `egress: dns` shuts.

    # config: platform=eks
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {serviceAccountName: web, containers: []}
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: web
      namespace: shop
      annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/web"}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]

Found: its role comes from an agent that answers instead of the metadata service.

    # config: platform=eks
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      namespace: shop
      labels: {app: web}
      annotations: {iam.amazonaws.com/role: web}
    spec: {containers: []}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]

Not found: TCP 443 is let out, as by `egress: web`.

    # config: platform=eks
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {serviceAccountName: web, containers: []}
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: web
      namespace: shop
      annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/web"}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]
        ports: [{port: 443}]

Not found: the service account is not in the input.

    # config: platform=eks
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {serviceAccountName: web, containers: []}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.config.setting import Setting, in_words
from imds_guard.platforms import PLATFORMS
from imds_guard.reach.addresses import network
from imds_guard.resources import note
from imds_guard.wire import Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.config.setting import Remedy
    from imds_guard.platforms import Identity, Platform, WorkloadSign
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG008"
_WHAT = "workloads cannot reach their cloud identity"
_WORLD = ("198.51.100.1", "2001:db8::1")  # documentation ranges: any address at all


def check(context: Context) -> Iterator[Result]:
    """A finding per workload and identity that it uses."""
    identities = _identities(context.settings.platform)
    for subject in context.subjects:
        if subject.host_network or subject.workload is None:
            continue
        used: dict[str, tuple[WorkloadSign, list[Identity]]] = {}
        for identity in identities:
            for sign in identity.workload_signs:
                if _shows(context, subject, sign):
                    used.setdefault(sign.key, (sign, []))[1].append(identity)
        for sign, meant in used.values():
            # The same sign may stand for several platforms' agents; one in reach will do.
            if not any(_is_in_reach(context, subject, one) for one in meant):
                yield _finding(context, subject, sign, meant)


def _identities(platform: Platform) -> list[Identity]:
    """The platform's identities, or where it has none every one that is known."""
    own = [one for one in (platform.identity, *platform.further_identities) if one]
    if own:
        return own
    known: dict[str, Identity] = {}
    for other in PLATFORMS.values():
        for one in (other.identity, *other.further_identities):
            if one is not None:
                known.setdefault(f"{one.name} {one.endpoints}", one)
    return list(known.values())


def _shows(context: Context, subject: Subject, sign: WorkloadSign) -> bool:
    if sign.place == "pod-label":
        value = subject.labels.known.get(sign.key)
    elif sign.place == "pod-annotation":
        value = subject.workload.pod_annotation(sign.key) if subject.workload else None
    else:
        if not context.service_accounts or subject.workload is None:
            return False
        name = subject.workload.service_account
        account = context.service_accounts.get((subject.namespace, name))
        value = account.annotation(sign.key) if account else None
    return value is not None and sign.value in (None, value)


def _is_in_reach(
    context: Context, subject: Subject, identity: Identity, *, granted: bool = False
) -> bool:
    """Whether one of its addresses is, or with `granted` would be if a policy allowed it."""
    if identity.over_internet:
        return any(_may_reach(context, subject, one, 443, granted) for one in _WORLD)
    if identity.takes_over:
        return _may_reach(context, subject, identity.takes_over, 80, granted)
    if not identity.endpoints:
        return True
    return any(
        _may_reach(context, subject, one.address, port, granted)
        for one in identity.endpoints
        for port in one.ports
        if not granted or network(one.address).version in context.settings.ip_versions
    )


def _may_reach(context: Context, subject: Subject, address: str, port: int, granted: bool) -> bool:
    own, to = context.pod(subject), network(address)
    decision = context.policies.decide(own, "Egress", to, "TCP", port, lean="open", granted=granted)
    return not decision.is_blocked


def _remedies(context: Context, subject: Subject, of: Identity) -> list[Remedy]:
    """What opens the way to an identity; nothing where a policy of another kind denies it."""
    if not _is_in_reach(context, subject, of, granted=True):
        return []
    if of.over_internet:
        return [(Setting("egress", "web"),)]
    if of.takes_over:
        reason = f"its identity comes from {of.title}"
        excepted = {"workload": subject.reference, "reason": reason, "ports": [80]}
        return [(Setting("exceptions", [excepted]),)]
    opens = Setting("podIdentity", value=True)
    if context.settings.platform.identity == of:
        return [(opens,)]
    platforms = [one.name for one in PLATFORMS.values() if one.identity == of]
    return [(Setting("platform", name), opens) for name in platforms[:1]]


def _finding(
    context: Context, subject: Subject, sign: WorkloadSign, meant: list[Identity]
) -> Result:
    identity = meant[0]
    by_account = sign.place == "service-account-annotation"
    who = "its service account uses" if by_account else "its pods use"
    remedies = _remedies(context, subject, identity)
    if identity.over_internet:
        where, missing = "TCP 443", "no policy lets it out to the internet on TCP 443"
    else:
        where = ", ".join(one.address for one in identity.endpoints) or identity.takes_over
        missing = f"no policy lets it reach {where}"
    fix = in_words(remedies) or f"leave {where} out of what denies it"
    if remedies and identity.over_internet:
        fix = in_words(remedies, "list the token service's addresses under allow.egress")
    return note(
        "warning",
        ID,
        str(subject),
        f"{who} {identity.title} ({sign.key}), but {missing}",
        about=subject.resource,
        fix=fix,
        remedies=remedies,
        member=Member(_WHAT, subject.name, subject.namespace or ""),
        workloads=[subject],
    )
