"""FQDNNetworkPolicy of GKE (networking.gke.io): allowances of names beside NetworkPolicies.

What a name stands for is known only in the cluster, so that a rule may open and never surely does;
and none of it isolates for certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.kinds.matching import has_ports, in_range, reaching, sequence
from imds_guard.reach.match import Match
from imds_guard.reach.rules import NAMESPACE, Rule
from imds_guard.reach.selectors import demanded, matches
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from imds_guard.reach.pod import Pod
    from imds_guard.reach.rules import Port, Rules
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import Protocol


def read(policy: Policy, found: Rules) -> None:
    """Add the rules of one policy."""
    selector = policy.spec.get("podSelector")

    def selected(pod: Pod) -> Match:
        is_here = pod.namespace == policy.namespace
        return matches(selector, pod.labels) if is_here else Match.NO

    for index, value in enumerate(sequence(policy.spec.get("egress"))):
        reaches = reaching(
            lambda _: Match.UNKNOWN,
            lambda _: Match.NO,
            has_ports(sequence(mapping(value).get("ports")), _entry),
        )
        field = f"spec.egress[{index}]"
        found.rules.append(
            Rule(policy, field, "Egress", NAMESPACE, None, "allow", selected, reaches)
        )
    found.demands[id(policy)] = demanded(selector)


def _entry(entry: dict[str, Any], protocol: Protocol, port: Port, _: Pod | None) -> Match:
    if str(entry.get("protocol", "TCP")) != protocol:
        return Match.NO
    return Match.YES if entry.get("port") is None else in_range(port, entry["port"])
