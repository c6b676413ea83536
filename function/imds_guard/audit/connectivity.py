"""Whether declared traffic gets through the policies of both of its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.reach.addresses import network
from imds_guard.reach.pod import ANY_POD, Pod
from imds_guard.reach.selectors import namespace_labels
from imds_guard.resources.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from imds_guard.audit.context import Context
    from imds_guard.reach.declared import Flow
    from imds_guard.reach.pod import Peer
    from imds_guard.reach.subject import Subject

_WORLD = (network("198.51.100.1"), network("2001:db8::1"))  # documentation ranges


def passes(context: Context, flow: Flow) -> tuple[bool, bool]:
    """Whether the receiver lets the traffic in, and the sender lets it out.

    What policies may let through, as far as can be told, counts as through.
    """
    return _is_let_in(context, flow), _is_let_out(context, flow)


def _is_let_in(context: Context, flow: Flow) -> bool:
    own = context.pod(flow.target)
    if context.policies.is_free(own, "Ingress"):
        return True
    protocol, port = flow.port
    return any(
        not context.policies.decide(own, "Ingress", peer, protocol, port, lean="open").is_blocked
        for peer in _senders(context, flow)
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
    target = context.pod(flow.target)
    protocol, port = flow.port
    for sender in _callers(context, flow):
        if sender is None or sender.host_network:
            return True
        own = context.pod(sender)
        decision = context.policies.decide(own, "Egress", target, protocol, port, lean="open")
        if not decision.is_blocked:
            return True
    return False


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
