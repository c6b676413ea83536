"""Whether declared traffic gets through the NetworkPolicies of both of its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.reach.addresses import network
from imds_guard.reach.grants import pod

if TYPE_CHECKING:
    from imds_guard.audit.context import Context
    from imds_guard.reach.declared import Flow, Port
    from imds_guard.reach.grants import Grant
    from imds_guard.reach.subject import Subject

_ANYWHERE = (network("198.51.100.1"), network("2001:db8::1"))  # documentation ranges


def passes(context: Context, flow: Flow) -> tuple[bool, bool]:
    """Whether the receiver lets the traffic in, and the sender lets it out.

    Where another kind of policy may let it through, it counts as through.
    """
    if context.others:
        return True, True
    return _is_let_in(context, flow), _is_let_out(context, flow)


def _callers(context: Context, flow: Flow) -> list[Subject | None]:
    """The workloads that may send it; None for senders whose policies are not asked for."""
    if flow.client is not None:
        return [flow.client]
    if flow.source != "namespace" or (flow.target, flow.port) in context.called:
        return [None]  # somebody else is declared to call it; nobody else has to
    here = context.by_namespace.get(flow.target.namespace, [])
    return [one for one in here if one is not flow.target] or [None]


def _is_let_in(context: Context, flow: Flow) -> bool:
    reach = context.reach(flow.target, "Ingress")
    if not reach.isolated:
        return True
    grants = [one for one in reach.grants if _has_port(one, flow.port, flow.target)]
    if flow.client is not None:
        return any(_selects(context, one, flow.client) for one in grants)
    if flow.source == "namespace":
        return bool(grants)  # whoever is meant, somebody is let in
    if flow.source == "world":
        return any(_is_world(one) for one in grants)
    return any(_is_from(context, one, name) for one in grants for name in context.senders(flow))


def _is_let_out(context: Context, flow: Flow) -> bool:
    reaches = set()
    for sender in _callers(context, flow):
        if sender is None or sender.host_network:
            return True
        reaches.add(context.reach(sender))
    return any(
        not reach.isolated
        or any(
            _has_port(one, flow.port, flow.target) and _selects(context, one, flow.target)
            for one in reach.grants
        )
        for reach in reaches
    )


def _has_port(grant: Grant, port: Port, target: Subject) -> bool:
    if isinstance(port.port, int) and port.port in grant.ports[port.protocol]:
        return True
    known = target.workload.named_ports if target.workload else {}
    for one in grant.named:
        if one.protocol != port.protocol or one.name is None:
            continue
        if port.port in (one.name, known.get((one.protocol, one.name))):
            return True
    everything = grant.ports[port.protocol].spans == ((1, 65535),)
    return isinstance(port.port, str) and everything


def _selects(context: Context, grant: Grant, subject: Subject) -> bool:
    own = context.namespaces.get(subject.namespace or "")
    if grant.selects(pod(subject.namespace, subject.labels, own)):
        return True
    # On most engines an ipBlock with all addresses lets pods through as well.
    return context.settings.ip_block_matches_pods and _is_world(grant)


def _is_world(grant: Grant) -> bool:
    return any(int(one[0]) in grant.addresses[one.version] for one in _ANYWHERE)


def _is_from(context: Context, grant: Grant, namespace: str) -> bool:
    """Whether some pods of a namespace are let in, whatever their labels are."""
    if _is_world(grant):
        return True
    peer = grant.peer
    if peer is None or peer.namespace_selector is None:
        return peer is None or namespace == grant.policy.namespace
    return grant.selects_namespace(pod(namespace, {}, context.namespaces.get(namespace)))
