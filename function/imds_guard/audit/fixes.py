"""What a rule that opens metadata has to become, so that it lets everything else through still.

Values are plain Python, as they are written in a policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.addresses import carve, cidr_network, contains, mapped_ipv4, network
from imds_guard.reach.ranges import Ranges
from imds_guard.resources.network_policy import LAST_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    """A part of a policy that was read, with its port numbers as numbers again.

    In text they would be ports by name, which the API server refuses.
    """
    if isinstance(value, list):
        return [typed(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: typed(held) for key, held in value.items()}
    for key in ("port", "endPort"):
        if isinstance(found.get(key), str) and found[key].isdecimal():
            found[key] = int(found[key])
    return found


def mended_block(block: dict[str, Any], addresses: Iterable[str]) -> dict[str, Any] | None:
    """An ipBlock without these addresses; None where nothing would be left of it."""
    try:
        outer = network(str(block.get("cidr")), strict=False)
    except ValueError:
        return None
    blocked = [network(address) for address in addresses]
    if (mapped := mapped_ipv4(outer)) is not None:
        # Engines take it for IPv4, and newer API servers refuse it: IPv4 is what to write.
        return mended_block({"cidr": str(mapped)}, addresses)
    if any(contains(one, outer) for one in blocked):
        return None
    present = block.get("except") if isinstance(block.get("except"), list) else []
    new = carve(str(outer), map(str, blocked))
    covered = [str(one) for one in present or [] if _covers(one, outer)]
    kept = [one for one in covered if one not in new]
    missing = [one for one in new if not any(_holds(other, one) for other in kept)]
    return {**block, "except": [*kept, *missing]}


def mended_rule(rule: dict[str, Any], addresses: Iterable[str]) -> dict[str, Any] | None:
    """An egress rule without these addresses; None where nothing would be left of it."""
    peers = rule.get("to") or [dict(peer) for peer in _EVERY_PEER]
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
    """The block as it is where it holds none of the addresses."""
    try:
        outer = network(str(block.get("cidr")), strict=False)
    except ValueError:
        return None
    inside = [one for one in addresses if network(one).overlaps(outer)]
    return mended_block(block, inside) if inside else block


def _covers(text: Value, outer: Any) -> bool:
    """Whether an `except` entry is one that the API server takes."""
    try:
        inner = cidr_network(str(text))
    except ValueError:
        return False
    return inner != outer and contains(outer, inner)


def _holds(outer: str, inner: str) -> bool:
    return contains(network(outer, strict=False), network(inner))
