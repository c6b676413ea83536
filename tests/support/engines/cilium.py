"""Cilium's policies for one packet.

Cilium documentation, "Layer 3 Policies", "Layer 4 Policies" and "Deny Policies": allowances add up,
with those of NetworkPolicy; a denial beats all of them; a policy that has rules of a direction cuts
off what it selects, unless enableDefaultDeny says otherwise. CIDRs are for what is outside of the
cluster, `world` too; `cluster` is every pod and node, `all` is both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.support.engines.parts import (
    SECTIONS,
    Endpoint,
    Freedom,
    Manifest,
    Packet,
    in_block,
    in_cidr,
    in_ports,
    is_domain,
    is_named,
    of_kind,
)
from tests.support.packets import selects

_NAMESPACE = "io.kubernetes.pod.namespace"
_NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."


class Said(NamedTuple):
    """What all policies together say of a packet."""

    denied: bool
    allowed: bool
    isolated: bool


def decide(manifests: list[Manifest], packet: Packet, freedom: Freedom) -> Said:
    """What all policies together say of the packet."""
    name, way = SECTIONS[packet.direction]
    denied = allowed = isolated = False
    for policy, spec in _selecting(manifests, packet.own):
        for rule in spec.get(f"{name}Deny") or []:
            denied = denied or _matches(rule, way, policy, packet, freedom)
        for rule in spec.get(name) or []:
            allowed = allowed or _matches(rule, way, policy, packet, freedom)
        default = (spec.get("enableDefaultDeny") or {}).get(name)
        if default is None:
            default = bool(spec.get(name) or spec.get(f"{name}Deny"))
        isolated = isolated or default
    return Said(denied, allowed, isolated)


def _selecting(manifests: list[Manifest], pod: Endpoint) -> Iterator[tuple[Manifest, Manifest]]:
    kinds = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
    for policy in of_kind(manifests, "cilium.io", *kinds):
        if policy["kind"] == kinds[0] and policy["metadata"]["namespace"] != pod.namespace:
            continue
        for spec in [policy["spec"]] if "spec" in policy else policy["specs"]:
            if _selects(spec["endpointSelector"], pod):
                yield policy, spec


def _selects(selector: Manifest, pod: Endpoint) -> bool:
    """Whether a selector selects a pod by its labels as Cilium has them."""
    labels = dict(pod.labels)
    labels[_NAMESPACE] = pod.namespace
    labels |= {_NAMESPACE_LABELS + key: text for key, text in pod.namespace_labels.items()}
    plain = {
        "matchLabels": {
            _without_source(key): text for key, text in (selector.get("matchLabels") or {}).items()
        },
        "matchExpressions": [
            {**one, "key": _without_source(one["key"])}
            for one in selector.get("matchExpressions") or []
        ],
    }
    return selects(plain, labels)


def _without_source(key: str) -> str:
    for source in ("k8s:", "any:"):
        if key.startswith(source):
            return key[len(source) :]
    return key


def _matches(rule: Manifest, way: str, policy: Manifest, packet: Packet, freedom: Freedom) -> bool:
    if not rule:
        return False  # "an empty rule": nothing is named
    layer_3 = [key for key in rule if key != "toPorts"]
    if "toFQDNs" in rule and not is_domain(packet, freedom):
        return False
    if (
        layer_3
        and "toFQDNs" not in rule
        and not any(_is_peer(key[len(way) :], rule[key], policy, packet) for key in layer_3)
    ):
        return False
    listed = rule.get("toPorts") or []
    return not listed or any(
        _is_port(port, packet, freedom) for one in listed for port in one["ports"]
    )


def _is_peer(name: str, listed: list[object], policy: Manifest, packet: Packet) -> bool:
    return any(_is_one(name, one, policy, packet.peer) for one in listed)


def _is_one(name: str, one: object, policy: Manifest, other: Endpoint | str) -> bool:
    if isinstance(other, str):
        if name == "CIDR":
            return in_cidr(other, str(one))
        if name == "CIDRSet":
            assert isinstance(one, dict)
            return in_block(other, one)
        version = 6 if ":" in other else 4
        return name == "Entities" and one in ("world", "all", f"world-ipv{version}")
    if name == "Entities":
        return one in ("cluster", "all")
    if name != "Endpoints":
        return False
    assert isinstance(one, dict)
    if policy["kind"] == "CiliumNetworkPolicy" and not _names_a_namespace(one):
        # Endpoints of the policy's own namespace are meant.
        return other.namespace == policy["metadata"]["namespace"] and _selects(one, other)
    return _selects(one, other)


def _names_a_namespace(selector: Manifest) -> bool:
    keys = [*(selector.get("matchLabels") or {})]
    keys += [one["key"] for one in selector.get("matchExpressions") or []]
    plain = [_without_source(key) for key in keys]
    return any(key == _NAMESPACE or key.startswith(_NAMESPACE_LABELS) for key in plain)


def _is_port(entry: Manifest, packet: Packet, freedom: Freedom) -> bool:
    if entry.get("protocol", "ANY") not in ("ANY", packet.protocol):
        return False
    port = str(entry["port"])
    if port == "0":
        return True
    if not port.isdigit():
        return is_named(port, packet, freedom)
    return in_ports(packet, int(port), entry.get("endPort") or None)
