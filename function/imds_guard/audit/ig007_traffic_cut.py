"""IG007 traffic-cut: traffic that the manifests declare does not get through.

A Service, an Ingress, a route, a webhook or a monitor whose workload no policy lets in on that
port; a workload whose settings name a Service that policies keep it from. All kinds of policies
decide together; what one of them may let through counts as through.

Found: a Service in front of a workload under a default deny.

    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]

Found: no policy names the namespace that the Ingress' gateway is in.

    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      defaultBackend: {service: {name: web, port: {number: 80}}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress:
      - from: [{podSelector: {}}]
        ports: [{port: 80}]

Found: the settings of a workload name a Service, and nothing lets it out to that.

    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: []}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: job, namespace: shop, labels: {app: job}}
    spec: {containers: [{name: job, args: ["--to=http://web"]}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]

Not found: a policy lets the gateway in.

    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      defaultBackend: {service: {name: web, port: {number: 80}}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress:
      - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}]
        ports: [{port: 80}]

Not found: nothing isolates the workload for ingress.

    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.audit.connectivity import can_be_allowed, passes
from imds_guard.audit.traffic_remedies import otherwise, proposed_by, remedies_for
from imds_guard.resources import note
from imds_guard.wire import Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.connectivity import Cut, Direction
    from imds_guard.audit.context import Context
    from imds_guard.reach.declared import Flow, FlowKind
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG007"
_WHAT = "declared connections are cut"
_WORST: tuple[FlowKind, ...] = (
    "webhooks",  # the API server waits for it
    "ingresses",
    "gateways",
    "references",
    "monitors",
)
"""The kinds of declarations that are named first; then all others, such as Services, which nobody
may call."""
_SENDERS: dict[FlowKind, str] = {
    "webhooks": "API server",
    "ingresses": "Ingress",
    "gateways": "gateway",
    "monitors": "Prometheus",
}


def check(context: Context) -> Iterator[Result]:
    """A finding per declaration and workload, with all of its ports.

    A caller that a declaration names has one of its own, where it is not let out. What an allowance
    would let through and what another policy denies are told apart.
    """
    declared: dict[tuple[Any, ...], Cut] = {}
    for flow in context.flows:
        inward, outward = passes(context, flow)
        if inward and outward:
            continue
        found: list[Direction] = []
        found += [] if inward else ["ingress"]
        found += [] if outward else ["egress"]
        together = [found] if flow.client is None else [[direction] for direction in found]
        for directions in together:
            is_denied = not all(can_be_allowed(context, flow, one) for one in directions)
            at = "" if flow.client is None else directions[0]
            key = (flow.by, flow.kind, flow.source, flow.target, flow.client, at, is_denied)
            cut = declared.setdefault(key, {})
            for direction in directions:
                cut.setdefault(direction, []).append(flow)
    for (*_, is_denied), cut in declared.items():
        yield _finding(context, cut, is_denied=is_denied)


def _finding(context: Context, cut: Cut, *, is_denied: bool) -> Result:
    (flow, *_), *_ = cut.values()
    subject = flow.client if flow.client is not None and "egress" in cut else flow.target
    # An allowance of ours would isolate its pods from all others, so none is written.
    is_left_alone = "ingress" in cut and not context.settings.denies("Ingress")
    remedies = [] if is_denied or is_left_alone else remedies_for(context, cut)
    fix = "" if remedies else otherwise(context, cut)
    if is_left_alone and not is_denied:
        fix = "let it in by the policies that isolate it; defaultDeny leaves ingress to them"
    field, proposed = None, None
    if remedies:
        field, proposed = proposed_by(remedies[-1])
    return note(
        "warning",
        ID,
        str(subject),
        _message(flow, cut),
        about=flow.by,
        field=field,
        proposed=proposed,
        remedies=remedies,
        fix=fix,
        member=_member(flow, subject),
        workloads=[subject],
    )


def _member(flow: Flow, subject: Subject) -> Member:
    """Both of a client's findings about one connection have one name, and so have all webhooks."""
    receiver = flow.target.name if flow.target.namespace == subject.namespace else str(flow.target)
    name = f"{flow.by.kind} {flow.by.address.name}"
    if flow.client is not None:
        is_here = flow.client.namespace == subject.namespace
        name = f"{flow.client.name if is_here else flow.client} -> {receiver}"
    elif flow.kind in _SENDERS:
        name = f"{_SENDERS[flow.kind]} -> {receiver}"
    rank = _WORST.index(flow.kind) if flow.kind in _WORST else len(_WORST)
    return Member(_WHAT, name, subject.namespace or "", rank)


def _message(flow: Flow, cut: Cut) -> str:
    ports = ", ".join(dict.fromkeys(str(one.port) for flows in cut.values() for one in flows))
    by = f"{flow.by.address.kind} {flow.by.address}"
    if flow.client is not None:
        if "egress" in cut:
            return f"its settings name {flow.target}, but no policy lets it out to port {ports}"
        return f"{flow.client} calls it on port {ports}, but no policy lets that in"
    if "ingress" not in cut:
        return f"nobody is let out to port {ports} of {by}"
    also = ", nor anybody out to it" if "egress" in cut else ""
    return f"{by} sends to port {ports}, but no policy lets that in{also}"
