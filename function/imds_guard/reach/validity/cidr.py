"""CIDRs, and the IP blocks of a NetworkPolicy.

Sources, in github.com/kubernetes/kubernetes: pkg/apis/networking/validation/validation.go
(ValidateIPBlock) and staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go. API servers before
1.36 also take zeros in front of a number, IPv4-mapped addresses and bits behind the prefix length
(KEP-4858, StrictIPCIDRValidation); k8s.io/utils/internal/third_party/forked/golang/net has the
reader that they use, which makes an IPv4-mapped address the IPv4 one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.reach.addresses import cidr_network, contains, mapped_ipv4
from imds_guard.reach.validity.fault import REQUIRED, SINCE_1_36
from imds_guard.reach.validity.reading import is_text
from imds_guard.reach.validity.shapes import fields, items, text

if TYPE_CHECKING:
    from imds_guard.reach.addresses import Network
    from imds_guard.reach.validity.reading import Reading

_MOST_SHOWN = 100
"""Entries of an `except` that a fault repeats, with what is proposed."""
_ZEROS_IN_FRONT = re.compile(r"(?<![0-9A-Fa-f])0+(?=[0-9A-Fa-f])")


class Cidr(NamedTuple):
    """A CIDR as the older reader takes it, and what newer API servers have against it."""

    network: Network
    refused: str | None
    proposed: str | None


@lru_cache(maxsize=4096)
def read_cidr(written: str) -> Cidr | None:
    """A CIDR by any API server; None for what none takes."""
    plain = _ZEROS_IN_FRONT.sub("", written)
    try:
        network = cidr_network(plain)
    except ValueError:
        return None
    if (mapped := _mapped(plain, network)) is not None:
        why = f"is an IPv4-mapped address, which engines take for {mapped}"
        return Cidr(network, why, None)
    return Cidr(network, *_refused(written, network))


def _refused(written: str, network: Network) -> tuple[str | None, str | None]:
    """Why API servers from 1.36 refuse it, if they do, and what may be written instead."""
    if has_zeros_in_front(written):
        return f"has zeros in front of a number; {network} is meant", str(network)
    try:
        cidr_network(written, strict=True)
    except ValueError:
        why = f"has bits set behind its prefix length; {network} is meant, or a longer prefix"
        return why, str(network)
    return None, None


def has_zeros_in_front(written: str) -> bool:
    """Whether a number of a CIDR has zeros in front of it that are no part of it."""
    address, _, length = written.partition("/")
    if len(length) > 1 and length.startswith("0"):
        return True
    try:
        cidr_network(f"{address}/0")
    except ValueError:
        return True
    return False


def _mapped(written: str, network: Network) -> Network | None:
    """The IPv4 addresses that an IPv4-mapped one stands for; None for any other."""
    single = cidr_network(f"{written.partition('/')[0]}/128") if network.version == 6 else None
    if single is None or mapped_ipv4(single) is None:
        return None
    return mapped_ipv4(network) or network


def ip_block(reading: Reading, value: dict[str, Any], field: str) -> None:
    """A Rule: each `except` is a strict subset of `cidr`."""
    written = value.get("cidr", "")
    if not is_text(written):
        return
    outer = read_cidr(written)
    if outer is None:
        reading.fault(f"{field}.cidr", f"{written} is no CIDR" if written else REQUIRED, written)
        return
    if outer.refused:
        why = f"{written} {outer.refused}"
        reading.fault(f"{field}.cidr", why, written, outer.proposed, doubt=SINCE_1_36)
    excepted = value.get("except")
    if isinstance(excepted, list):
        _excepted(reading, outer.network, excepted, f"{field}.except")


def _excepted(reading: Reading, outer: Network, excepted: list[Any], field: str) -> None:
    listed = ["" if one is None else one for one in excepted]
    left = [one for one in listed if is_text(one) and _why_not_inside(outer, one) is None]
    mended = [_mended(one) for one in left]
    # A proposal that is longer is read by nobody.
    current, taken, canonical = (
        (excepted, left, mended) if len(listed) <= _MOST_SHOWN else (None, None, None)
    )
    for at, written in enumerate(listed):
        if reading.is_full:
            return
        if not is_text(written):
            continue
        entry = f"{field}[{at}]"
        inner = read_cidr(written)
        if why := _why_not_inside(outer, written):
            reading.fault(entry, f"{written or repr(written)} {why}", current, taken, holder=field)
        elif inner is not None and inner.refused:
            proposed = canonical if inner.proposed else None
            why = f"{written} {inner.refused}"
            reading.fault(entry, why, current, proposed, holder=field, doubt=SINCE_1_36)


def _mended(written: str) -> str:
    found = read_cidr(written)
    return found.proposed if found is not None and found.proposed else written


@lru_cache(maxsize=4096)
def _why_not_inside(outer: Network, written: str) -> str | None:
    inner = read_cidr(written)
    if inner is None:
        return "is no CIDR"
    # Go takes IPv4-mapped addresses for IPv4 ones here, and compares the lengths as they stand.
    block = mapped_ipv4(outer) or outer
    part = mapped_ipv4(inner.network) or inner.network
    if part.version != block.version:
        return f"is IPv{part.version}, and its cidr {outer} is IPv{block.version}"
    single = type(part)((part.network_address, part.max_prefixlen))
    if not contains(block, single) or outer.prefixlen >= inner.network.prefixlen:
        return f"is no strict subset of its cidr {outer}"
    return None


IP_BLOCK = fields({"cidr": text(), "except": items(text())}, ip_block)
