"""What a workload's pods can reach: the union of every policy that selects them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imds_guard.reach.grants import Grant, Pod, egress_grants, ingress_grants
from imds_guard.reach.ranges import Ranges
from imds_guard.reach.selectors import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imds_guard.reach.addresses import Network
    from imds_guard.resources.network_policy import NetworkPolicy, PolicyType, Protocol


@dataclass(slots=True, eq=False)
class Reach:
    """One direction of a workload's traffic: whether it is isolated, and what is let through.

    Without isolation everything is let through, and no grant is needed.
    """

    isolated: bool
    policies: tuple[NetworkPolicy, ...]
    grants: tuple[Grant, ...]

    def to_address(self, address: Network, protocol: Protocol, port: int) -> bool:
        """Whether a packet to (or from) a single address, which is no pod's, gets through."""
        return not self.isolated or any(self.openings(address, protocol, port))

    def to_pod(self, pod: Pod, protocol: Protocol, port: int) -> bool:
        """Whether a packet to (or from) a pod gets through, by labels alone."""
        return not self.isolated or any(
            grant.allows_pod(pod, protocol, port) for grant in self.grants
        )

    def openings(self, address: Network, protocol: Protocol, port: int) -> Iterator[Grant]:
        """Every grant that lets a packet to this address through."""
        number = int(address[0])
        for grant in self.grants:
            if grant.allows_address(address.version, number, protocol, port):
                yield grant

    def addresses(self, version: int, protocol: Protocol, port: int) -> Ranges:
        """All addresses of an IP version that get through on this port, as one set."""
        spans = [
            span
            for grant in self.grants
            if port in grant.ports[protocol] or any(n.protocol == protocol for n in grant.named)
            for span in grant.addresses[version].spans
        ]
        return Ranges.of(spans)


class NetworkPolicies:
    """All policies of an input, asked per workload. Grants are worked out once per policy."""

    def __init__(self, policies: Iterable[NetworkPolicy]) -> None:
        self._all = list(policies)
        self._by_namespace: dict[str | None, list[NetworkPolicy]] = {}
        for policy in self._all:
            self._by_namespace.setdefault(policy.namespace, []).append(policy)
        self._grants: dict[tuple[int, PolicyType], list[Grant]] = {}
        self._reaches: dict[tuple[PolicyType, bool, tuple[int, ...]], Reach] = {}
        # Where every policy of a namespace selects all pods, its pods have one reach.
        self._alike = {
            namespace: all(one.pod_selector == {} for one in policies)
            for namespace, policies in self._by_namespace.items()
        }
        self._reaches_alike: dict[tuple[PolicyType, str | None], Reach] = {}

    def __iter__(self) -> Iterator[NetworkPolicy]:
        return iter(self._all)

    def selecting(self, namespace: str | None, labels: Mapping[str, str]) -> list[NetworkPolicy]:
        """The policies of the namespace that select pods with these labels."""
        return [
            policy
            for policy in self._by_namespace.get(namespace, ())
            if matches(policy.pod_selector, labels)
        ]

    def reach(
        self, namespace: str | None, labels: Mapping[str, str], direction: PolicyType
    ) -> Reach:
        """What pods with these labels can reach, or what can reach them.

        Pods that the same policies select have the same object.
        """
        if not self._alike.get(namespace, True):
            return self._reach(namespace, labels, direction)
        known = self._reaches_alike.get((direction, namespace))
        if known is None:
            known = self._reach(namespace, labels, direction)
            self._reaches_alike[direction, namespace] = known
        return known

    def _reach(
        self, namespace: str | None, labels: Mapping[str, str], direction: PolicyType
    ) -> Reach:
        selecting = [p for p in self.selecting(namespace, labels) if direction in p.policy_types]
        # A selector that the API server refuses isolates nothing; its rules count all the same.
        isolated = any(matches(p.pod_selector, labels, unknown=False) for p in selecting)
        key = direction, isolated, tuple(map(id, selecting))
        known = self._reaches.get(key)
        if known is None:
            grants = [grant for policy in selecting for grant in self.grants(policy, direction)]
            known = self._reaches[key] = Reach(isolated, tuple(selecting), tuple(grants))
        return known

    def grants(self, policy: NetworkPolicy, direction: PolicyType) -> list[Grant]:
        """What a policy's rules of one direction let through."""
        key = (id(policy), direction)
        if key not in self._grants:
            work = egress_grants if direction == "Egress" else ingress_grants
            self._grants[key] = work(policy)
        return self._grants[key]
