"""A whole cluster with the policies of one family of engines: whether a packet gets through."""

from __future__ import annotations

from typing import Literal

from tests.support.engines import antrea, calico, cilium, kubernetes, sig_network
from tests.support.engines.parts import Freedom, Manifest, Packet

Family = Literal["kubernetes", "aws", "cilium", "calico", "antrea"]


def passes(family: Family, manifests: list[Manifest], packet: Packet, freedom: Freedom) -> bool:
    """Whether the packet gets through, by all manifests together."""
    if family == "cilium":
        return _with_cilium(manifests, packet, freedom)
    if family == "calico":
        return calico.passes(manifests, packet, freedom)
    if family == "antrea":
        return _with_antrea(manifests, packet, freedom)
    return _with_sig_network(manifests, packet, freedom)


def _with_sig_network(manifests: list[Manifest], packet: Packet, freedom: Freedom) -> bool:
    first = sig_network.first_match(manifests, "Admin", packet, freedom)
    if first in ("allow", "deny"):
        return first == "allow"
    said = kubernetes.decide(manifests, packet, freedom)
    if said != "free":
        return said == "allowed"
    if freedom.baseline_skips_selected and kubernetes.selecting(manifests, packet.own):
        return True
    return sig_network.first_match(manifests, "Baseline", packet, freedom) != "deny"


def _with_cilium(manifests: list[Manifest], packet: Packet, freedom: Freedom) -> bool:
    said = cilium.decide(manifests, packet, freedom)
    if said.denied:
        return False
    # An ipBlock is a CIDR to Cilium, and CIDRs are not for pods.
    of_kubernetes = kubernetes.decide(manifests, packet, freedom, blocks_match_pods=False)
    if said.allowed or of_kubernetes == "allowed":
        return True
    return not said.isolated and of_kubernetes == "free"


def _with_antrea(manifests: list[Manifest], packet: Packet, freedom: Freedom) -> bool:
    first = antrea.first_match(manifests, packet, freedom, baseline=False)
    if first in ("allow", "deny"):
        return first == "allow"
    said = kubernetes.decide(manifests, packet, freedom)
    if said != "free":
        return said == "allowed"
    return antrea.first_match(manifests, packet, freedom, baseline=True) != "deny"
