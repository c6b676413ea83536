"""Ports of pods that somebody's policy already lets certain peers in on.

Who wrote such a policy has said who may call, so nothing that is inferred adds to it. Pods are
meant: whether an ipBlock holds a pod's address is known only in the cluster, so that what it cuts
could not be said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.reach.match import Match
from imds_guard.reach.pod import ANY_POD

if TYPE_CHECKING:
    from imds_guard.reach.decision import Policies
    from imds_guard.reach.pod import Pod
    from imds_guard.reach.rules import Port
    from imds_guard.resources.network_policy import Protocol


def is_narrowed(policies: Policies, pod: Pod, protocol: Protocol, port: Port) -> bool:
    """Whether a policy that is not ours lets some peer in on the port of the pod."""
    for grant, _ in policies.network_policies.reach(pod, "Ingress").grants:
        is_about_pods = grant.peer is None or grant.peer.ip_block is None
        is_of_others = is_about_pods and not grant.policy.policy.is_ours
        if is_of_others and grant.has_port(protocol, port, pod) is Match.YES:
            return True
    return any(
        rule.direction == "Ingress"
        and rule.action == "allow"
        and not rule.policy.is_ours
        and rule.applies(pod, ANY_POD, protocol, port)
        for rule in policies.rules.rules
    )
