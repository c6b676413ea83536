"""What one policy allows: per peer, the addresses or the pods, and the ports."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.reach.addresses import cidr_network, contains, network
from imds_guard.reach.ranges import Ranges
from imds_guard.reach.selectors import matches, namespace_labels
from imds_guard.resources.network_policy import LAST_PORT, PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imds_guard.resources.network_policy import (
        IpBlock,
        NetworkPolicy,
        PolicyPeer,
        PolicyRule,
        PortRange,
        Protocol,
    )

_LAST_ADDRESS = {4: 2**32 - 1, 6: 2**128 - 1}
_ALL = {version: Ranges(((0, last),)) for version, last in _LAST_ADDRESS.items()}
_ALL_PORTS = Ranges(((1, LAST_PORT),))


class Pod(NamedTuple):
    """The other end of a connection: a pod, with the names and numbers of its ports."""

    namespace: str | None
    labels: Mapping[str, str]
    namespace_labels: Mapping[str, str]
    named_ports: Mapping[tuple[Protocol, str], int] | None = None  # None: they are not known


class Grant(NamedTuple):
    """One peer of one rule, or a rule that has no peers: what it lets through.

    `peer` is None where every peer is meant. `ports` are those with a number, per protocol;
    `named` the ones that only a pod's containers can tell.
    """

    policy: NetworkPolicy
    rule: PolicyRule
    peer: PolicyPeer | None
    addresses: Mapping[int, Ranges]  # per IP version
    ports: Mapping[Protocol, Ranges]
    named: tuple[PortRange, ...]

    @property
    def field(self) -> str:
        """The field path of what grants: the IP block, the peer or the rule."""
        if self.peer is None:
            return self.rule.field
        return f"{self.peer.field}.ipBlock" if self.peer.ip_block else self.peer.field

    def allows_address(self, version: int, address: int, protocol: Protocol, port: int) -> bool:
        """Whether it lets through to an address that is no pod's.

        A named port has no number there; it counts as this one.
        """
        if address not in self.addresses[version]:
            return False
        return port in self.ports[protocol] or any(one.protocol == protocol for one in self.named)

    def allows_pod(self, pod: Pod, protocol: Protocol, port: int) -> bool:
        """Whether it lets through to (or from) a pod, by its labels; `port` is the receiver's."""
        if not self.selects(pod):
            return False
        return port in self.ports[protocol] or any(
            self._is_named(one, pod, port) for one in self.named if one.protocol == protocol
        )

    def selects_namespace(self, pod: Pod) -> bool:
        """Whether its peer is pods of the pod's namespace, whichever they are."""
        selector = self.peer.namespace_selector if self.peer else None
        return selector is not None and matches(selector, pod.namespace_labels)

    def selects(self, pod: Pod) -> bool:
        """Whether its peer selects the pod, on whatever port."""
        if self.peer is None:
            return True
        if self.peer.ip_block is not None:
            return False
        if not self.peer.is_readable:
            return True  # nothing that the API knows: the widest that it may mean
        if self.peer.namespace_selector is None:
            same = pod.namespace == self.policy.namespace
            return same and matches(self.peer.pod_selector, pod.labels)
        return matches(self.peer.namespace_selector, pod.namespace_labels) and matches(
            self.peer.pod_selector, pod.labels
        )

    @staticmethod
    def _is_named(port: PortRange, pod: Pod, number: int) -> bool:
        if pod.named_ports is None or port.name is None:
            return True
        return pod.named_ports.get((port.protocol, port.name)) == number


def egress_grants(policy: NetworkPolicy) -> list[Grant]:
    """Everything that the policy's egress rules let through."""
    return [grant for rule in policy.egress for grant in _grants(policy, rule)]


def ingress_grants(policy: NetworkPolicy) -> list[Grant]:
    """Everything that the policy's ingress rules let through."""
    return [grant for rule in policy.ingress for grant in _grants(policy, rule)]


def _grants(policy: NetworkPolicy, rule: PolicyRule) -> list[Grant]:
    ports, named = _ports(rule.ports)
    if not rule.peers:
        return [Grant(policy, rule, None, _ALL, ports, named)]
    return [Grant(policy, rule, peer, _addresses(peer), ports, named) for peer in rule.peers]


@lru_cache(maxsize=4096)
def _ports(
    ports: tuple[PortRange, ...],
) -> tuple[Mapping[Protocol, Ranges], tuple[PortRange, ...]]:
    if not ports:
        return dict.fromkeys(PROTOCOLS, _ALL_PORTS), ()
    spans = {
        protocol: Ranges.of(
            (one.first, one.last) for one in ports if one.protocol == protocol and one.name is None
        )
        for protocol in PROTOCOLS
    }
    return spans, tuple(one for one in ports if one.name is not None)


def _addresses(peer: PolicyPeer) -> Mapping[int, Ranges]:
    if peer.ip_block is not None:
        return block_addresses(peer.ip_block)
    # A selector means pods, and no pod has an address of the metadata service.
    return {4: Ranges(), 6: Ranges()} if peer.is_readable else _ALL


@lru_cache(maxsize=4096)
def block_addresses(block: IpBlock) -> Mapping[int, Ranges]:
    """The addresses of an IP block per IP version.

    An `except` that the API server would refuse takes nothing away; a CIDR that cannot be read
    may mean any address.
    """
    try:
        outer = network(block.cidr, strict=False)
    except ValueError:
        return _ALL
    spans = Ranges(((int(outer[0]), int(outer[-1])),))
    for text in block.excepted:
        try:
            inner = cidr_network(text)
        except ValueError:
            continue
        if contains(outer, inner):
            spans = spans - Ranges(((int(inner[0]), int(inner[-1])),))
    empty = {4: Ranges(), 6: Ranges()}
    return {**empty, outer.version: spans}


def pod(
    namespace: str | None,
    labels: Mapping[str, str],
    own_namespace_labels: Mapping[str, str] | None = None,
    named_ports: Mapping[tuple[Protocol, str], int] | None = None,
) -> Pod:
    """A pod whose namespace has at least the label with its name."""
    return Pod(namespace, labels, namespace_labels(namespace, own_namespace_labels), named_ports)
