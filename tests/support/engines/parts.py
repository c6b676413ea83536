"""A packet and its two ends, and the few questions that every engine asks of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.support.packets import selects

Manifest = dict[str, Any]
Direction = Literal["Egress", "Ingress"]
SECTIONS: dict[str, tuple[str, str]] = {"Egress": ("egress", "to"), "Ingress": ("ingress", "from")}


@dataclass(frozen=True)
class Endpoint:
    """A pod of which everything is known."""

    namespace: str
    namespace_labels: Mapping[str, str]
    labels: Mapping[str, str]
    address: str
    ports: Mapping[tuple[str, str], int] = field(default_factory=dict)  # by protocol and name


@dataclass(frozen=True)
class Packet:
    """Traffic of `own`, whose policies are asked, to `peer` (Egress) or from it (Ingress).

    The peer is a pod, or an address that is no pod's. The port is the receiver's.
    """

    direction: Direction
    own: Endpoint
    peer: Endpoint | str
    protocol: str
    port: int

    @property
    def peer_address(self) -> str:
        return self.peer if isinstance(self.peer, str) else self.peer.address

    @property
    def receiver(self) -> Endpoint | None:
        """The pod whose port it is; None where it is no pod's."""
        if self.direction == "Ingress":
            return self.own
        return None if isinstance(self.peer, str) else self.peer


@dataclass(frozen=True)
class Freedom:
    """What the documents leave to an engine, or to what is in the cluster besides the input."""

    ties_reversed: bool = False
    """Which of several policies with one priority comes first."""
    baseline_skips_selected: bool = False
    """Whether pods that any NetworkPolicy selects are left out of the baseline tier: the API says
    isolated ones are, kube-network-policies leaves out every one (facts, 4b)."""
    names_at_addresses: bool = False
    """Whether a port's name stands for the asked number at an address that is no pod's."""
    names_are_the_address: bool = False
    """Whether the names of the world that rules have stand for the asked address."""
    tiers: Mapping[str, float] = field(default_factory=dict)
    """Orders of tiers that are not in the input."""
    tiers_drop: bool = True
    """Whether Calico's tiers that are not in the input drop what none of their rules matches."""


def in_cidr(address: str, cidr: str) -> bool:
    """Whether a CIDR holds an address; host bits are masked."""
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr, strict=False)


def in_block(address: str, block: Manifest) -> bool:
    """Whether an IP block holds an address: its CIDR does, and none of its exceptions."""
    if not in_cidr(address, block["cidr"]):
        return False
    return not any(in_cidr(address, one) for one in block.get("except") or [])


def is_named(name: str, packet: Packet, freedom: Freedom) -> bool:
    """Whether the packet's port is the receiver's container port of this name."""
    receiver = packet.receiver
    if receiver is None:
        return freedom.names_at_addresses
    return receiver.ports.get((packet.protocol, name)) == packet.port


def is_domain(packet: Packet, freedom: Freedom) -> bool:
    """Whether a name of the world is where the packet goes."""
    return isinstance(packet.peer, str) and freedom.names_are_the_address


def in_ports(packet: Packet, first: int, last: int | None = None) -> bool:
    """Whether the packet's port is in a range with both ends inside."""
    return first <= packet.port <= (first if last is None else last)


def both_select(namespaces: Any, pods: Any, pod: Endpoint) -> bool:
    """Whether label selectors of namespaces and of pods both select a pod."""
    return selects(namespaces or {}, dict(pod.namespace_labels)) and selects(
        pods or {}, dict(pod.labels)
    )


def of_kind(manifests: list[Manifest], group: str, *kinds: str) -> list[Manifest]:
    """The objects of an API group with one of these kinds."""
    return [
        one
        for one in manifests
        if one["apiVersion"].partition("/")[0] == group and one["kind"] in kinds
    ]


def in_order(policies: list[Manifest], key: Any, freedom: Freedom) -> list[Manifest]:
    """Policies by their priority; of one priority, in the order of the input or the other way."""
    listed = list(reversed(policies)) if freedom.ties_reversed else policies
    return sorted(listed, key=key)
