"""Sets of IP addresses as networks."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterable

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007


@lru_cache(maxsize=1024)
def network(text: str, *, strict: bool = True) -> Network:
    """An address or a CIDR. Raises ValueError; with `strict` also for host bits.

    Kubernetes takes host bits without a word up to 1.35.
    """
    return ipaddress.ip_network(text, strict=strict)


_CIDR = re.compile(r"[0-9A-Fa-f:.]+/[0-9]{1,3}")


def cidr_network(text: str) -> Network:
    """A CIDR as the API server reads one: an address and a length. Raises ValueError."""
    if not _CIDR.fullmatch(text):
        raise ValueError(text)
    return network(text, strict=False)


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
