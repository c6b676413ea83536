"""ApplicationNetworkPolicy of the AWS VPC CNI (networking.k8s.aws/v1alpha1).

It is a NetworkPolicy that may also name domains. Its controller makes the same objects of both
(PolicyEndpoint), so that it isolates pods and adds to what NetworkPolicies allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.grants import Engine, Grant, grants_of
from imds_guard.reach.kinds.matching import SECTIONS, any_of, sequence
from imds_guard.reach.match import Match
from imds_guard.reach.rules import NAMESPACE, Isolation, Rule
from imds_guard.reach.selectors import demanded, matches
from imds_guard.resources import read_network_policy
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from imds_guard.reach.pod import Peer, Pod
    from imds_guard.reach.rules import Port, Reaches, Rules
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import Protocol


def read(policy: Policy, found: Rules) -> None:
    """Add the rules and isolations of one policy."""
    view = read_network_policy(policy)

    def selected(pod: Pod) -> Match:
        is_here = pod.namespace == policy.namespace
        return matches(view.pod_selector, pod.labels) if is_here else Match.NO

    for direction, name, peers in SECTIONS:
        if direction not in view.policy_types:
            continue
        found.isolations.append(Isolation(policy, direction, NAMESPACE, selected, True))
        grants = grants_of(view, direction, Engine())
        for index, value in enumerate(sequence(policy.spec.get(name))):
            field = f"spec.{name}[{index}]"
            own = [grant for grant in grants if grant.rule.field == field]
            domains = [
                at
                for at, one in enumerate(sequence(mapping(value).get(peers)))
                if "domainNames" in mapping(one)
            ]
            reaches = _reaches(own, {f"{field}.{peers}[{at}]" for at in domains})
            found.rules.append(
                Rule(policy, field, direction, NAMESPACE, None, "allow", selected, reaches)
            )
    found.demands[id(policy)] = demanded(view.pod_selector)


def _reaches(grants: list[Grant], domains: set[Any]) -> Reaches:
    def reaches(peer: Peer, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        answers = []
        for grant in grants:
            if grant.peer is not None and grant.peer.field in domains:
                # What a name stands for is known only in the cluster.
                answers.append(min(Match.UNKNOWN, grant.has_port(protocol, port, receiver)))
            else:
                answers.append(grant.allows(peer, protocol, port, receiver))
        return any_of(answers)

    return reaches
