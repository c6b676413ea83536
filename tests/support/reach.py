"""What NetworkPolicies let through, asked in the tests' own terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from imds_guard.reach.addresses import Network
from imds_guard.reach.grants import Engine
from imds_guard.reach.match import Match
from imds_guard.reach.network_policies import NetworkPolicies, Reach
from imds_guard.reach.pod import Pod, pod
from imds_guard.resources import Address, NetworkPolicy, Policy, read_network_policy
from imds_guard.resources.network_policy import PolicyType, Protocol
from imds_guard.wire import as_text

# As the API's text has it, where engines differ: an ipBlock is for addresses that are no pod's.
NO_PODS_BY_ADDRESS = Engine(blocks_match_pods=False)


def views(manifests: Iterable[dict[str, Any]]) -> list[NetworkPolicy]:
    """Policies as they are read: every scalar is text, and no two have the same name."""
    found = []
    for at, value in enumerate(manifests):
        namespace = value["metadata"].get("namespace")
        address = Address("networking.k8s.io/v1", "NetworkPolicy", namespace, f"policy-{at}")
        found.append(read_network_policy(Policy(address, value=as_text(value))))
    return found


def reach_of(
    policies: Iterable[NetworkPolicy],
    namespace: str,
    labels: dict[str, str],
    direction: PolicyType = "Egress",
    engine: Engine = NO_PODS_BY_ADDRESS,
) -> Reach:
    """What pods with these labels can reach, or what can reach them."""
    return NetworkPolicies(policies, engine).reach(pod(namespace, labels), direction)


def to_address(reach: Reach, address: Network, protocol: Protocol, port: int) -> bool:
    """Whether an address that is no pod's may be reached."""
    return reach.isolated is not Match.YES or bool(reach.allows(address, protocol, port, None))


def to_pod(reach: Reach, other: Pod, protocol: Protocol, port: int) -> bool:
    """Whether a pod is reached for certain."""
    return (
        reach.isolated is not Match.YES or reach.allows(other, protocol, port, other) is Match.YES
    )
