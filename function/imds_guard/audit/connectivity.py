"""Whether declared traffic gets through the policies of both of its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from imds_guard.reach.addresses import network
from imds_guard.reach.pod import ANY_POD, Pod
from imds_guard.reach.selectors import namespace_labels
from imds_guard.resources.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from imds_guard.audit.context import Context
    from imds_guard.reach.decision import Decision
    from imds_guard.reach.declared import Flow
    from imds_guard.reach.pod import Peer
    from imds_guard.reach.rules import Rule
    from imds_guard.reach.subject import Subject

    Cut = dict["Direction", list[Flow]]
    """Traffic that is cut, by the direction in which it is; some of it in both."""

Direction = Literal["ingress", "egress"]
_WORLD = (network("198.51.100.1"), network("2001:db8::1"))  # documentation ranges


def passes(context: Context, flow: Flow) -> tuple[bool, bool]:
    """Whether the receiver lets the traffic in, and the sender lets it out.

    What policies may let through, as far as can be told, counts as through.
    """
    return _is_let_in(context, flow), _is_let_out(context, flow)


def can_be_allowed(context: Context, flow: Flow, direction: Direction) -> bool:
    """Whether a NetworkPolicy that allows traffic which is cut would let it through.

    It would not where a policy of another kind denies it.
    """
    if not context.policies.rules:
        return True
    decisions = _inward(context, flow, granted=True)
    if direction == "egress":
        decisions = _outward(context, flow, granted=True)
    return any(not one.is_blocked for one in decisions)


def senders_to_allow(context: Context, flow: Flow) -> list[str]:
    """The namespaces of gateways or of Prometheus that an allowance lets in."""
    names = context.senders(flow)
    decisions = _inward(context, flow, granted=True)
    return [name for name, one in zip(names, decisions, strict=True) if not one.is_blocked]


def denials(context: Context, flow: Flow, direction: Direction) -> list[Rule]:
    """The rules that deny traffic which is cut."""
    decisions = (_inward if direction == "ingress" else _outward)(context, flow, granted=True)
    denied = [one for decision in decisions for one in decision.denying]
    return list({id(rule): rule for rule in denied}.values())


def _is_let_in(context: Context, flow: Flow) -> bool:
    if context.policies.is_free(context.pod(flow.target), "Ingress"):
        return True
    return any(not one.is_blocked for one in _inward(context, flow))


def _inward(context: Context, flow: Flow, *, granted: bool = False) -> Iterator[Decision]:
    """What the receiver's policies decide, for each that the traffic may come from."""
    own, (protocol, port) = context.pod(flow.target), flow.port
    for peer in _senders(context, flow):
        if granted and flow.source == "namespace" and peer is not ANY_POD:
            continue  # an allowance for such a flow lets in pods alone
        yield context.policies.decide(
            own, "Ingress", peer, protocol, port, lean="open", granted=granted
        )


def _senders(context: Context, flow: Flow) -> Iterator[Peer]:
    """Whom the traffic may come from."""
    if flow.client is not None:
        yield context.pod(flow.client)
    elif flow.source == "world":
        yield from _WORLD
    elif flow.source == "namespace":
        # Whoever is meant, it is enough that somebody is let in.
        yield ANY_POD
        yield from _WORLD
    else:
        for name in context.senders(flow):
            yield _some_pod(context, name)


def _some_pod(context: Context, namespace: str) -> Pod:
    """A pod of a namespace, whatever its labels are."""
    of_namespace = namespace_labels(namespace, context.namespaces.get(namespace))
    return Pod(namespace, Labels({}, is_complete=False), of_namespace)


def _is_let_out(context: Context, flow: Flow) -> bool:
    if any(sender is None or sender.host_network for sender in _callers(context, flow)):
        return True
    return any(not one.is_blocked for one in _outward(context, flow))


def _outward(context: Context, flow: Flow, *, granted: bool = False) -> Iterator[Decision]:
    """What the policies of each workload that may send it decide."""
    target, (protocol, port) = context.pod(flow.target), flow.port
    for sender in _callers(context, flow):
        if sender is not None and not sender.host_network:
            yield context.policies.decide(
                context.pod(sender), "Egress", target, protocol, port, lean="open", granted=granted
            )


def _callers(context: Context, flow: Flow) -> list[Subject | None]:
    """The workloads that may send it; None for senders whose policies are not asked for.

    Of workloads whose egress is decided alike, one is enough.
    """
    if flow.client is not None:
        return [flow.client]
    if flow.source != "namespace" or (flow.target, flow.port) in context.called:
        return [None]  # somebody else is declared to call it; nobody else has to
    found: list[Subject | None] = []
    for alike in _alike(context, flow.target.namespace):
        found += [one for one in alike[:2] if one is not flow.target][:1]
    return found or [None]


def _alike(context: Context, namespace: str | None) -> list[list[Subject]]:
    """The workloads of a namespace, those together whose egress is decided alike."""
    known = context.memo(_alike)
    if namespace not in known:
        groups: dict[Hashable, list[Subject]] = {}
        for subject in context.by_namespace.get(namespace, []):
            key: Hashable = "host network"
            if not subject.host_network:
                key = context.policies.alike(context.pod(subject), "Egress")
            groups.setdefault(key, []).append(subject)
        known[namespace] = list(groups.values())
    found: list[list[Subject]] = known[namespace]
    return found
