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

from imds_guard.audit.connectivity import can_be_allowed, denials, passes, senders_to_allow
from imds_guard.config.setting import Setting
from imds_guard.resources import note
from imds_guard.wire import Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.connectivity import Direction
    from imds_guard.audit.context import Context
    from imds_guard.config.setting import Remedy
    from imds_guard.reach.declared import Flow, FlowKind
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

    Cut = dict[Direction, list[Flow]]

ID = "IG007"
_WHAT = "declared connections are cut"
_WORST: tuple[FlowKind, ...] = (
    "webhooks",  # the API server waits for it
    "ingresses",
    "gateways",
    "references",
    "services",  # nobody may be there who calls it
    "monitors",
)
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
    remedies = [] if is_denied else _remedies(context, cut)
    field, proposed = None, None
    if remedies:
        field, proposed = _proposed(remedies[-1])
    return note(
        "warning",
        ID,
        str(subject),
        _message(flow, cut),
        about=flow.by,
        field=field,
        proposed=proposed,
        remedies=remedies,
        fix="" if remedies else _otherwise(context, cut),
        member=_member(flow, subject),
    )


def _remedies(context: Context, cut: Cut) -> list[Remedy]:
    """What lets all of it through: the kind of its declaration, or entries for it alone.

    There is none where no label selects the pods that have to be let in or out.
    """
    (flow, *_), *_ = cut.values()
    remedies: list[Remedy] = []
    if flow.target.is_selectable and (flow.client is None or flow.client.is_selectable):
        remedies.append((Setting("allow.infer", [flow.kind]),))
    receives = "ingress" in cut
    sends = "egress" in cut and flow.client is not None
    if (flow.target.is_selectable or not receives) and (
        not sends or (flow.client is not None and flow.client.is_selectable)
    ):
        remedies.append(
            tuple(
                Setting(f"allow.{direction}", _entries(context, flows, direction))
                for direction, flows in cut.items()
            )
        )
    return remedies


def _proposed(entries: Remedy) -> tuple[str, Any]:
    """The field and the value of a result, which are one: `allow` itself where it is several."""
    if len(entries) == 1:
        ((field, value),) = entries
        return field, value[0] if len(value) == 1 else value
    return "allow", {path.removeprefix("allow."): value for path, value in entries}


def _otherwise(context: Context, cut: Cut) -> str:
    """What mends it where no allowance does."""
    denying = [
        rule
        for direction, flows in cut.items()
        for flow in flows
        for rule in denials(context, flow, direction)
    ]
    if denying:
        return f"change {denying[0]}, which denies it"
    return "give its pod template a label, so that a policy can select its pods"


def _member(flow: Flow, subject: Subject) -> Member:
    """Both of a client's findings about one connection have one name, and so have all webhooks."""
    receiver = flow.target.name if flow.target.namespace == subject.namespace else str(flow.target)
    name = f"{_SENDERS.get(flow.kind)} -> {receiver}"
    if flow.client is not None:
        is_here = flow.client.namespace == subject.namespace
        name = f"{flow.client.name if is_here else flow.client} -> {receiver}"
    elif flow.kind == "services":
        name = f"Service {flow.by.address.name}"
    return Member(_WHAT, name, subject.namespace or "", _WORST.index(flow.kind))


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


def _entries(context: Context, found: list[Flow], direction: Direction) -> list[dict[str, Any]]:
    """The entries of `allow` that let the traffic through."""
    flow = found[0]
    ports: list[Any] = []
    for one in dict.fromkeys(one.port for one in found):
        ports.append(one.port if one.protocol == "TCP" else f"{one.port}/{one.protocol}")
    if direction == "egress":
        client = {"workload": _name(flow.client)} if flow.client else {}
        return [{**client, "to": _peer(flow.target), "ports": ports}]
    return [
        {"workload": _name(flow.target), "from": peer, "ports": list(ports)}
        for peer in _sources(context, flow)
    ]


def _sources(context: Context, flow: Flow) -> list[dict[str, Any]]:
    if flow.client is not None:
        return [_peer(flow.client)]
    if flow.source == "world":
        return [{"cidr": cidr} for cidr in context.settings.any_address]
    if flow.source == "namespace":
        return [{"podLabels": {}}]
    return [{"namespace": name} for name in senders_to_allow(context, flow)[:1]]


def _peer(subject: Subject) -> dict[str, Any]:
    labels = {"podLabels": dict(subject.labels.known)}
    return {"namespace": subject.namespace, **labels} if subject.namespace else labels


def _name(subject: Subject) -> str:
    """The workload as the configuration names it."""
    return "/".join(
        filter(None, (subject.namespace and subject.kind, subject.namespace, subject.name))
    )
