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

from typing import TYPE_CHECKING, Any, Literal

from imds_guard.audit.connectivity import passes
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.reach.declared import Flow
    from imds_guard.wire import Result

ID = "IG007"


Direction = Literal["ingress", "egress"]


def check(context: Context) -> Iterator[Result]:
    """A finding per declaration and workload, with all of its ports.

    A caller that a declaration names has one of its own, where it is not let out.
    """
    declared: dict[tuple[Any, ...], dict[Direction, list[Flow]]] = {}
    for flow in context.flows:
        inward, outward = passes(context, flow)
        if inward and outward:
            continue
        key = (flow.by, flow.kind, flow.source, flow.target, flow.client)
        cut = declared.setdefault(key, {})
        if not inward:
            cut.setdefault("ingress", []).append(flow)
        if not outward:
            cut.setdefault("egress", []).append(flow)
    for cut in declared.values():
        (flow, *_), *_ = cut.values()
        if flow.client is None:
            yield _finding(context, cut)
        else:
            for direction, flows in cut.items():
                yield _finding(context, {direction: flows})


def _finding(context: Context, cut: dict[Direction, list[Flow]]) -> Result:
    (flow, *_), *_ = cut.values()
    entries = {direction: _entry(context, flows, direction) for direction, flows in cut.items()}
    subject = flow.target
    if flow.client is not None and "egress" in cut:
        subject = flow.client
    field, fix = "allow", "entries"
    proposed: dict[str, Any] = {direction: [entry] for direction, entry in entries.items()}
    if len(entries) == 1:
        ((direction, proposed),) = entries.items()
        field, fix = f"allow.{direction}", "an entry"
    where = " and ".join(f"allow.{direction}" for direction in entries)
    return note(
        "warning",
        ID,
        str(subject),
        _message(flow, cut),
        about=flow.by,
        field=field,
        proposed=proposed,
        fix=f"add {flow.kind} to allow.infer, or {fix} to {where}",
    )


def _message(flow: Flow, cut: dict[Direction, list[Flow]]) -> str:
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


def _entry(context: Context, found: list[Flow], direction: Direction) -> dict[str, Any]:
    """The entry of `allow` that lets the traffic through."""
    flow = found[0]
    ports: list[Any] = []
    for one in dict.fromkeys(one.port for one in found):
        ports.append(one.port if one.protocol == "TCP" else f"{one.port}/{one.protocol}")
    if direction == "egress":
        client = {"workload": _name(flow.client)} if flow.client else {}
        return {**client, "to": _peer(flow.target), "ports": ports}
    return {"workload": _name(flow.target), "from": _source(context, flow), "ports": ports}


def _source(context: Context, flow: Flow) -> dict[str, Any]:
    if flow.client is not None:
        return _peer(flow.client)
    if flow.source == "world":
        return {"cidr": "0.0.0.0/0"}
    if flow.source == "namespace":
        return {"podLabels": {}}
    return {"namespace": context.senders(flow)[0]}


def _peer(subject: Any) -> dict[str, Any]:
    labels = {"podLabels": dict(subject.labels.known)}
    return {"namespace": subject.namespace, **labels} if subject.namespace else labels


def _name(subject: Any) -> str:
    return f"{subject.kind}/{subject}" if subject.namespace else subject.name
