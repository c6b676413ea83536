"""IG006: an exception without a reason, past its last day, or wider than the metadata service.

A policy is an exception when it has the annotation imds-guard.dev/reason. It has to give the
reason, to allow egress to metadata addresses alone, and to select one workload, or only such that
declare it themselves. A label that the other workloads lack sets it apart. Its last day (`until` of
the configuration, in the annotation imds-guard.dev/until) must not be past; from 14 days before
there is a warning. The same holds for the entries of `ignore`. The function goes by a rule for 14
days more, with a warning.

Found: the reason is empty.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: allow-metadata-web
      namespace: shop
      annotations: {imds-guard.dev/reason: ""}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 169.254.169.254/32}}]
        ports: [{port: 80}]

Found: it opens more than the metadata service.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: allow-metadata-web
      namespace: shop
      annotations: {imds-guard.dev/reason: reads its zone}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0}}]
        ports: [{port: 80}]

Found: it selects a second workload.

    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: []}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: api, namespace: shop, labels: {app: api}}
    spec: {containers: []}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: allow-metadata-web
      namespace: shop
      annotations: {imds-guard.dev/reason: reads its zone}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 169.254.169.254/32}}]
        ports: [{port: 80}]

Found: its last day is past.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: allow-metadata-web
      namespace: shop
      annotations: {imds-guard.dev/reason: reads its zone, imds-guard.dev/until: "2020-01-31"}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 169.254.169.254/32}}]
        ports: [{port: 80}]

Found: another workload has the label by which it selects.

    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      namespace: shop
      labels: {app: shop, tier: web}
      annotations: {imds-guard.dev/allow-metadata: reads its zone}
    spec: {containers: []}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: api, namespace: shop, labels: {app: shop, tier: api}}
    spec: {containers: []}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: allow-metadata-web
      namespace: shop
      annotations: {imds-guard.dev/reason: reads its zone}
    spec:
      podSelector: {matchLabels: {app: shop}}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 169.254.169.254/32}}]
        ports: [{port: 80}]

Not found: a reason, one workload and the endpoint alone, as imds-guard writes it.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: allow-metadata-web
      namespace: shop
      annotations: {imds-guard.dev/reason: reads its zone}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 169.254.169.254/32}}]
        ports: [{port: 80}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.annotations import REASON, UNTIL
from imds_guard.audit.context import is_exception, named
from imds_guard.reach.addresses import network
from imds_guard.reach.ranges import Ranges
from imds_guard.reach.selectors import demanded, label_apart
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imds_guard.audit.context import Context
    from imds_guard.reach.grants import Grant
    from imds_guard.reach.subject import Subject
    from imds_guard.resources import NetworkPolicy, Resource
    from imds_guard.settings import Settings
    from imds_guard.wire import Result

ID = "IG006"


def check(context: Context) -> Iterator[Result]:
    """Findings per exception."""
    metadata = _metadata(context)
    for policy in filter(is_exception, context.network_policies):
        selected, excepted = context.selected(policy), context.excepted(policy)
        if selected and not context.excepts(policy):
            yield untrusted(str(policy.address), REASON, policy.resource)
        if not policy.annotations[REASON].strip():
            field = f"metadata.annotations.{REASON}"
            message = "the exception gives no reason"
            yield _finding(policy, field, message, "write the reason as the annotation's value")
        until = policy.annotations.get(UNTIL)
        if until is not None and not (selected and all(one.exception for one in selected)):
            yield from _until(context, policy, until)
        egress = context.network_policies.is_about(policy, "Egress")
        for grant in context.network_policies.grants(policy, "Egress") if egress else ():
            if _is_wider(grant, metadata):
                message = (
                    f"the exception {grant.field.removeprefix('spec.')} opens more than metadata"
                )
                fix = "name the endpoint's address alone, as /32 or /128"
                yield _finding(policy, grant.field, message, fix)
        if context.excepts(policy):
            yield from _of_further_workloads(policy, selected, excepted)


def _of_further_workloads(
    policy: NetworkPolicy, selected: Sequence[Subject], excepted: Sequence[Subject]
) -> Iterator[Result]:
    """A finding where an exception selects workloads that it is not for."""
    known = set(map(id, excepted))
    others = [one for one in selected if id(one) not in known]
    meant_for = named(excepted) if excepted else "one workload"
    if not demanded(policy.pod_selector) and any(not one.exception for one in selected):
        what = "selects every pod of the namespace"
    elif others:
        what = f"{'also ' if excepted else ''}selects {named(others)}"
    else:
        return
    message = f"the exception is for {meant_for}, but {what}"
    meant, *further = (*excepted, *others)
    label = label_apart(meant.labels, (one.labels for one in (others if excepted else further)))
    fix = _separation(meant, others if excepted else further, label)
    current = proposed = None
    if excepted and label and isinstance(policy.pod_selector, dict):
        current, proposed = policy.pod_selector, _narrower(policy.pod_selector, label)
    yield _finding(policy, "spec.podSelector", message, fix, current, proposed)


def _separation(meant: Subject, others: Sequence[Subject], label: tuple[str, str] | None) -> str:
    """How to select the workload that is meant, and none of the others."""
    rest = f" and not {named(others)}" if others else ""
    if label is None:
        return f"give the pods of {meant} a label of their own, and select them by it{rest}"
    selector = f"{{matchLabels: {{{label[0]}: {label[1]}}}}}"
    return f"write podSelector: {selector}, which selects {meant}{rest}"


def _narrower(selector: dict[str, Any], label: tuple[str, str]) -> dict[str, Any]:
    labels = selector.get("matchLabels") or {}
    return {**selector, "matchLabels": {**labels, label[0]: label[1]}}


def _until(context: Context, policy: NetworkPolicy, until: str) -> Iterator[Result]:
    """The finding for the last day that an exception says of itself."""
    try:
        stage = context.settings.stage(until)
    except ValueError:
        field = f"metadata.annotations.{UNTIL}"
        fix = "write it as 2026-12-31"
        yield _finding(policy, field, f"the last day of the exception is {until!r}", fix)
        return
    if stage != "ahead":
        found = ending(
            context.settings, str(policy.address), "the exception", until, policy.resource
        )
        # What a policy says of itself takes nothing away from it.
        yield found._replace(message=found.message.partition(", and counts")[0])


def ending(
    settings: Settings, subject: str, what: str, until: str, about: Resource | None = None
) -> Result:
    """The finding for a rule whose last day is near or past. Raises ValueError: `until` is no day.

    An audit has an error from the day after, the function when it goes by the rule no more.
    """
    from imds_guard.expiry import in_words

    stage = settings.stage(until)
    is_error = stage == "lapsed" or (stage == "over" and settings.is_audit)
    message = f"{what} {in_words(until, stage, settings.today)}"
    fix = "remove it, or give it a later day with until"
    return note("error" if is_error else "warning", ID, subject, message, about=about, fix=fix)


def no_reason(subject: str, annotation: str, about: Resource | None) -> Result:
    """The finding for an annotation of a resource whose value has to be a reason."""
    message = f"the annotation {annotation} gives no reason, so it does not count"
    fix = "write the reason as its value, or remove it"
    return note("error", ID, subject, message, about=about, fix=fix)


def untrusted(subject: str, annotation: str, about: Resource | None) -> Result:
    """The finding for an annotation that the configuration does not let count."""
    message = f"the annotation {annotation} does not count: trustAnnotations is false"
    fix = "name it in the configuration (exceptions, namespaces.exclude), or remove it"
    return note("error", ID, subject, message, about=about, fix=fix)


def _metadata(context: Context) -> dict[int, Ranges]:
    """Every metadata address that is known for the platform, per IP version."""
    spans: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    for endpoint in context.settings.endpoints:
        one = network(endpoint.address)
        spans[one.version].append((int(one[0]), int(one[0])))
    return {version: Ranges.of(found) for version, found in spans.items()}


def _is_wider(grant: Grant, metadata: dict[int, Ranges]) -> bool:
    by_address = grant.peer is not None and grant.peer.ip_block is not None
    return not by_address or any(grant.addresses[one] - metadata[one] for one in (4, 6))


def _finding(
    policy: NetworkPolicy,
    field: str,
    message: str,
    fix: str,
    current: Any = None,
    proposed: Any = None,
) -> Result:
    return note(
        "error",
        ID,
        str(policy.address),
        message,
        about=policy.resource,
        address=policy.address,
        field=field,
        current=current,
        proposed=proposed,
        fix=fix,
    )
