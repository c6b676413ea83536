"""Sets of IP addresses as networks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Union

from imds_guard.platforms import PROVIDERS
from imds_guard.reach.match import Match
from imds_guard.reach.ranges import Ranges
from imds_guard.resources.network_policy import IpBlock

if TYPE_CHECKING:
    from collections.abc import Iterable

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007


@lru_cache(maxsize=1024)
def network(text: str, *, strict: bool = True) -> Network:
    """An address or a CIDR. Raises ValueError; with `strict` also for host bits.

    Kubernetes takes host bits without a word up to 1.35.
    """
    return ipaddress.ip_network(text, strict=strict)


Addresses = Mapping[int, Ranges]
"""A set of addresses per IP version, as numbers."""

_LAST_ADDRESS = {4: 2**32 - 1, 6: 2**128 - 1}
ALL_ADDRESSES: Addresses = {
    version: Ranges(((0, last),)) for version, last in _LAST_ADDRESS.items()
}
NO_ADDRESSES: Addresses = {4: Ranges(), 6: Ranges()}

# RFC 4291, 2.5.5.2. Go's net package takes such an address for the IPv4 one that it holds.
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")

# What pods have for addresses: RFC 1918 and RFC 4193; in some clouds IPv6 addresses are global.
_OF_PODS = {
    4: ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    6: ("fc00::/7", "2000::/3"),
}


def address_number(address: Network) -> int:
    """A single address as a number."""
    return int(address.network_address)


def span(one: Network) -> tuple[int, int]:
    """The first and the last address of a network."""
    return int(one.network_address), int(one.broadcast_address)


def mapped_ipv4(one: Network) -> ipaddress.IPv4Network | None:
    """The IPv4 addresses that a network of IPv4-mapped ones holds; None for any other."""
    if one.version != 6 or not contains(_MAPPED, one):
        return None
    first = int(one.network_address) & _LAST_ADDRESS[4]
    return ipaddress.IPv4Network((first, one.prefixlen - _MAPPED.prefixlen))


_CIDR = re.compile(r"[0-9A-Fa-f:.]+/[0-9]{1,3}")


def cidr_network(text: str, *, strict: bool = False) -> Network:
    """A CIDR as the API server reads one: an address and a length. Raises ValueError.

    With `strict` also for host bits, which API servers from 1.36 refuse.
    """
    if not _CIDR.fullmatch(text):
        raise ValueError(text)
    return network(text, strict=strict)


def contains(outer: Network, inner: Network) -> bool:
    """Whether `inner` is a subset of `outer`; equal counts."""
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def carve(cidr: str, blocked: Iterable[str]) -> tuple[str, ...]:
    """The `except` entries that take `blocked` out of `cidr`.

    Only what the API server accepts: strict subsets of `cidr`, of its family, none inside another,
    ordered by address. A blocked network that holds all of `cidr` is not among them.
    """
    outer = network(cidr)
    inside = {network(text) for text in blocked}
    inside = {one for one in inside if one != outer and contains(outer, one)}
    widest = [one for one in inside if not any(o != one and contains(o, one) for o in inside)]
    return tuple(str(one) for one in sorted(widest, key=lambda n: (int(n[0]), n.prefixlen)))


def swallowed(cidr: str, blocked: Iterable[str]) -> str | None:
    """A network of `blocked` that holds all of `cidr`, so that nothing of it would be left."""
    inner = network(cidr)
    return next((text for text in blocked if contains(network(text), inner)), None)


@lru_cache(maxsize=4096)
def block_addresses(block: IpBlock, splits_of_ipv6: tuple[str, ...] = ()) -> Addresses:
    """The addresses that an IP block may let through.

    An `except` that some API server would refuse takes nothing away; a CIDR that cannot be read
    may mean any address. Host bits are masked, as API servers before 1.36 do. Of ::/0 an engine
    may make several CIDRs, and lose each `except` that is in none of them.
    """
    try:
        outer = network(block.cidr, strict=False)
    except ValueError:
        return ALL_ADDRESSES
    excepted = [one for text in block.excepted if (one := _counted(text, outer)) is not None]
    spans = _without(outer, excepted)
    if outer.version == 6 and outer.prefixlen == 0 and splits_of_ipv6:
        for part in map(network, splits_of_ipv6):
            spans = spans | _without(part, [one for one in excepted if contains(part, one)])
    found = {**NO_ADDRESSES, outer.version: spans}
    # ::/0 and other short prefixes are IPv6 to every engine; one inside the mapped range is not.
    if (mapped := mapped_ipv4(outer)) is not None:
        found[4] = Ranges((span(mapped),))
    return found


def _without(outer: Network, excepted: Iterable[Network]) -> Ranges:
    return Ranges((span(outer),)) - Ranges.of(map(span, excepted))


def _counted(text: str, outer: Network) -> Network | None:
    """An `except` entry that every API server takes and masks alike; None for any other."""
    try:
        inner = cidr_network(text, strict=True)
    except ValueError:
        return None
    return inner if contains(outer, inner) else None


@lru_cache(maxsize=4096)
def hold_pods(
    block: IpBlock, ip_versions: tuple[int, ...] = (4, 6), metadata: tuple[str, ...] = ()
) -> Match:
    """Whether an IP block holds the addresses of pods, which are private ones of one IP version.

    `metadata` are addresses of metadata services besides those that every run knows.
    """
    try:
        outer = network(block.cidr, strict=False)
    except ValueError:
        return Match.UNKNOWN
    if outer.version not in ip_versions:
        return Match.NO
    return cover_pods(outer.version, block_addresses(block)[outer.version], metadata)


def cover_pods(version: int, addresses: Ranges, metadata: tuple[str, ...] = ()) -> Match:
    """Whether addresses of one IP version hold all that pods may have, a part of that, or none."""
    of_pods = _of_pods(version, metadata)
    if not of_pods - addresses:
        return Match.YES
    return Match.UNKNOWN if of_pods & addresses else Match.NO


@cache
def _of_pods(version: int, metadata: tuple[str, ...]) -> Ranges:
    """Where pods' addresses are; those of metadata services, some of them private, are not."""
    taken = [
        network(endpoint.address)
        for provider in PROVIDERS.values()
        for endpoint in provider.endpoints
    ]
    taken += map(network, metadata)
    found = Ranges.of(span(network(text)) for text in _OF_PODS[version])
    return found - Ranges.of(span(one) for one in taken if one.version == version)
