"""IG007 traffic-cut: traffic that the manifests declare does not get through.

A Service, an Ingress, a route, a webhook or a monitor whose workload no policy lets in on that
port; a workload whose settings name a Service that policies keep it from. Where a policy of another
kind than NetworkPolicy is in the input it may let the traffic in, and nothing is said.

Fires: a Service in front of a workload under a default deny; an Ingress whose gateway's namespace
no policy names. Does not: a workload that nothing isolates; a Service that `allow` or another
policy opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.audit.traffic import passes
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.scene import Scene
    from imds_guard.reach.declared import Flow
    from imds_guard.wire import Result

ID = "IG007"


def check(scene: Scene) -> Iterator[Result]:
    """A finding per declaration, workload and direction, with all of its ports."""
    cut: dict[tuple[Any, ...], list[Flow]] = {}
    for flow in scene.flows:
        inward, outward = passes(scene, flow)
        key = (flow.by, flow.kind, flow.source, flow.target, flow.client)
        for direction, through in (("in", inward), ("out", outward)):
            if not through:
                cut.setdefault((direction, *key), []).append(flow)
    for (direction, *_), found in cut.items():
        yield _finding(scene, direction, found)


def _finding(scene: Scene, direction: str, found: list[Flow]) -> Result:
    flow = found[0]
    ports = ", ".join(dict.fromkeys(str(one.port) for one in found))
    address = flow.by.address
    if direction == "out":
        subject, entries = str(flow.client or flow.target), "egress"
        message = f"its settings name {flow.target}, but no policy lets it out to port {ports}"
        if flow.client is None:
            message = f"nobody is let out to port {ports} of {address.kind} {address}"
    else:
        subject, entries = str(flow.target), "ingress"
        message = f"{address.kind} {address} sends to port {ports}, but no policy lets that in"
        if flow.client is not None:
            message = f"{flow.client} calls it on port {ports}, but no policy lets that in"
    return note(
        "warning",
        ID,
        subject,
        message,
        about=flow.by,
        field=f"allow.{entries}",
        proposed=_entry(scene, found, entries),
        fix=f"add {flow.kind} to allow.infer, or an entry to allow.{entries}",
    )


def _entry(scene: Scene, found: list[Flow], direction: str) -> dict[str, Any]:
    """The entry of `allow` that lets the traffic through."""
    flow = found[0]
    ports: list[Any] = []
    for one in dict.fromkeys(one.port for one in found):
        ports.append(one.port if one.protocol == "TCP" else f"{one.port}/{one.protocol}")
    if direction == "egress":
        client = {"workload": _name(flow.client)} if flow.client else {}
        return {**client, "to": _peer(flow.target), "ports": ports}
    return {"workload": _name(flow.target), "from": _source(scene, flow), "ports": ports}


def _source(scene: Scene, flow: Flow) -> dict[str, Any]:
    if flow.client is not None:
        return _peer(flow.client)
    if flow.source == "world":
        return {"cidr": "0.0.0.0/0"}
    if flow.source == "namespace":
        return {"podLabels": {}}
    return {"namespace": scene.senders(flow)[0]}


def _peer(subject: Any) -> dict[str, Any]:
    labels = {"podLabels": dict(subject.labels)}
    return {"namespace": subject.namespace, **labels} if subject.namespace else labels


def _name(subject: Any) -> str:
    return f"{subject.kind}/{subject}" if subject.namespace else subject.name
