"""What a rule that opens metadata has to become, so that it lets everything else through still.

Values are plain Python, as they are written in a policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.addresses import (
    address_number,
    block_addresses,
    carve,
    cidr_network,
    contains,
    mapped_ipv4,
    network,
)
from imds_guard.reach.ranges import Ranges
from imds_guard.resources.network_policy import LAST_PORT, IpBlock
from imds_guard.wire.scalars import untyped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.reach.addresses import Addresses, Network
    from imds_guard.reach.grants import Grant
    from imds_guard.resources.network_policy import Protocol
    from imds_guard.wire import Value

DNS = 53
_EVERY_PEER: tuple[dict[str, Any], ...] = (
    {"ipBlock": {"cidr": "0.0.0.0/0"}},
    {"ipBlock": {"cidr": "::/0"}},
    {"namespaceSelector": {}},
)


def typed(value: Value) -> Value:
    """A part of a policy that was read, with its numbers and booleans as such again.

    In text a number would be a port by name, which the API server refuses.
    """
    if isinstance(value, list):
        return [typed(one) for one in value]
    if isinstance(value, dict):
        return {key: typed(held) for key, held in value.items()}
    return untyped(value)


def fixed_block(block: dict[str, Any], addresses: Iterable[str]) -> dict[str, Any] | None:
    """An ipBlock without these addresses; None where nothing would be left of it.

    An `except` that no API server takes goes, one with host bits is written as what it means.
    """
    try:
        outer = network(str(block.get("cidr")), strict=False)
    except ValueError:
        return None
    blocked = [network(address) for address in addresses]
    if (mapped := mapped_ipv4(outer)) is not None:
        # Engines take it for IPv4, and newer API servers refuse it: IPv4 is what to write.
        return fixed_block({"cidr": str(mapped)}, addresses)
    if any(contains(one, outer) for one in blocked):
        return None
    listed = block.get("except")
    present = listed if isinstance(listed, list) else []
    kept = [text for one in present if (text := _canonical(one, outer)) is not None]
    new = carve(str(outer), map(str, blocked))
    kept = [text for text in kept if text not in new]
    if outer.prefixlen or outer.version == 4:
        new = tuple(text for text in new if not any(_holds(one, text) for one in kept))
    # Of ::/0 kube-router loses a short `except`, so that the address has to be named beside it.
    return {**block, "except": list(dict.fromkeys((*kept, *new)))}


def fixed_rule(rule: dict[str, Any], addresses: Iterable[str]) -> dict[str, Any] | None:
    """An egress rule without these addresses; None where nothing would be left of it."""
    written = rule.get("to")
    peers = written if isinstance(written, list) and written else [dict(p) for p in _EVERY_PEER]
    kept = []
    for peer in peers:
        if not isinstance(peer, dict) or not isinstance(peer.get("ipBlock"), dict):
            kept.append(peer)
        elif block := _touched(peer["ipBlock"], addresses):
            kept.append({**peer, "ipBlock": block})
    return {**rule, "to": kept} if kept else None


def dns_rule(grants: Iterable[Grant], addresses: Iterable[str]) -> dict[str, Any] | None:
    """The rule that keeps what is no metadata at these addresses, where the grants allow it.

    That is TCP 53 and all of UDP: some clouds answer DNS and NTP there.
    """
    grants = list(grants)
    ports: list[dict[str, Any]] = []
    for low, high in _ports(grants, "UDP").spans:
        port: dict[str, Any] = {"protocol": "UDP"}
        if (low, high) != (1, LAST_PORT):
            port["port"] = low
            if high > low:
                port["endPort"] = high
        ports.append(port)
    if DNS in _ports(grants, "TCP"):
        ports.append({"protocol": "TCP", "port": DNS})
    peers = []
    for address in addresses:
        one = network(address)
        if any(int(one[0]) in grant.addresses[one.version] for grant in grants):
            peers.append({"ipBlock": {"cidr": str(one)}})
    return {"to": peers, "ports": ports} if peers and ports else None


def _ports(grants: list[Grant], protocol: Protocol) -> Ranges:
    return Ranges.of(span for grant in grants for span in grant.ports[protocol].spans)


def _touched(block: dict[str, Any], addresses: Iterable[str]) -> dict[str, Any] | None:
    """The block as it is where it lets none of the addresses through."""
    try:
        outer = network(str(block.get("cidr")), strict=False)
    except ValueError:
        return None
    excepted = block.get("except") if isinstance(block.get("except"), list) else []
    written = IpBlock(str(outer), tuple(map(str, excepted or [])))
    held = block_addresses(written)
    inside = [one for one in addresses if _is_held(held, one)]
    return fixed_block(block, inside) if inside else block


def _holds(outer: str, inner: str) -> bool:
    return contains(network(outer), network(inner))


def _is_held(addresses: Addresses, text: str) -> bool:
    one = network(text)
    return address_number(one) in addresses[one.version]


def _canonical(text: Value, outer: Network) -> str | None:
    """An `except` entry without host bits; None where the API server does not take it."""
    try:
        inner = cidr_network(str(text))
    except ValueError:
        return None
    return str(inner) if inner != outer and contains(outer, inner) else None
