"""What lets declared traffic through that is cut: settings, or what stands in their way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.audit.connectivity import denials, senders_to_allow
from imds_guard.config.setting import Setting
from imds_guard.reach.narrowed import is_narrowed

if TYPE_CHECKING:
    from imds_guard.audit.connectivity import Cut, Direction
    from imds_guard.audit.context import Context
    from imds_guard.config.setting import Remedy
    from imds_guard.reach.declared import Flow
    from imds_guard.reach.subject import Subject


def remedies_for(context: Context, cut: Cut) -> list[Remedy]:
    """What lets all of it through: the kind of its declaration, or entries for it alone.

    There is none where no label selects the pods that have to be let in or out.
    """
    (flow, *_), *_ = cut.values()
    remedies: list[Remedy] = []
    if (
        _may_be_inferred(context, cut)
        and flow.target.is_selectable
        and (flow.client is None or flow.client.is_selectable)
    ):
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


def _may_be_inferred(context: Context, cut: Cut) -> bool:
    """Whether allow.infer lets it in: not where a policy of others says who may call."""
    return not any(
        is_narrowed(context.policies, context.pod(flow.target), *flow.port)
        for flow in cut.get("ingress", ())
    )


def proposed_by(entries: Remedy) -> tuple[str, Any]:
    """The field and the value of a result, which are one: `allow` itself where it is several."""
    if len(entries) == 1:
        ((field, value),) = entries
        return field, value[0] if len(value) == 1 else value
    return "allow", {path.removeprefix("allow."): value for path, value in entries}


def otherwise(context: Context, cut: Cut) -> str:
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


def _entries(context: Context, found: list[Flow], direction: Direction) -> list[dict[str, Any]]:
    """The entries of `allow` that let the traffic through."""
    flow = found[0]
    ports: list[Any] = []
    for one in dict.fromkeys(one.port for one in found):
        ports.append(one.port if one.protocol == "TCP" else f"{one.port}/{one.protocol}")
    if direction == "egress":
        client = {"workload": flow.client.reference} if flow.client else {}
        return [{**client, "to": _peer(flow.target), "ports": ports}]
    return [
        {"workload": flow.target.reference, "from": peer, "ports": list(ports)}
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
