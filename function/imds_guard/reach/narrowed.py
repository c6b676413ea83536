"""Ports of pods that somebody's policy already lets certain peers in on.

Who wrote such a policy has said who may call, so nothing that is inferred adds to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.reach.addresses import network
from imds_guard.reach.pod import ANY_POD

if TYPE_CHECKING:
    from imds_guard.reach.decision import Policies
    from imds_guard.reach.pod import Peer, Pod
    from imds_guard.reach.rules import Port
    from imds_guard.resources.network_policy import Protocol

_ANYBODY: tuple[Peer, ...] = (ANY_POD, network("198.51.100.1"), network("2001:db8::1"))


def is_narrowed(policies: Policies, pod: Pod, protocol: Protocol, port: Port) -> bool:
    """Whether a policy that is not ours lets some peer in on the port of the pod."""
    for grant, _ in policies.network_policies.reach(pod, "Ingress").grants:
        if not grant.policy.policy.is_ours and grant.has_port(protocol, port, pod):
            return True
    return any(
        rule.direction == "Ingress"
        and rule.action == "allow"
        and not rule.policy.is_ours
        and any(rule.applies(pod, peer, protocol, port) for peer in _ANYBODY)
        for rule in policies.rules.rules
    )
