"""Except entries, against every single address of a small range."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imds_guard.reach.addresses import carve, swallowed

# 169.254.169.240/28: sixteen addresses, so that every one of them can be tried.
BASE = int(ipaddress.ip_address("169.254.169.240"))
ADDRESSES = [ipaddress.ip_address(BASE + offset) for offset in range(16)]


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A network within the small range."""
    length = draw(st.integers(28, 32))
    step = 2 ** (32 - length)
    offset = draw(st.integers(0, 15)) // step * step
    return f"{ipaddress.ip_address(BASE + offset)}/{length}"


def inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *cidrs: str) -> bool:
    """Whether any of the networks holds the address."""
    return any(address in ipaddress.ip_network(cidr) for cidr in cidrs)


@given(networks(), st.lists(networks(), max_size=4))
def test_what_is_left_is_what_is_not_blocked(cidr: str, blocked: list[str]) -> None:
    if swallowed(cidr, blocked):
        return
    excepted = carve(cidr, [*blocked, "fe80::/10"])
    for address in ADDRESSES:
        left = inside(address, cidr) and not inside(address, *excepted)
        assert left == (inside(address, cidr) and not inside(address, *blocked))


@given(networks(), st.lists(networks(), max_size=4))
def test_the_api_server_takes_the_excepts(cidr: str, blocked: list[str]) -> None:
    outer = ipaddress.ip_network(cidr)
    excepted = [ipaddress.ip_network(one) for one in carve(cidr, [*blocked, "fe80::/10"])]
    assert all(one != outer and one.subnet_of(outer) for one in excepted)  # type: ignore[arg-type]
    assert all(a is b or not a.overlaps(b) for a in excepted for b in excepted)


@pytest.mark.parametrize(
    "cidr,blocked,holds",
    [
        ("169.254.169.254/32", "169.254.169.254/32", True),
        ("169.254.169.254/32", "169.254.0.0/16", True),
        ("169.254.0.0/16", "169.254.169.254/32", False),
        ("::/0", "0.0.0.0/0", False),
    ],
)
def test_a_block_of_nothing_but_metadata_is_told_apart(
    cidr: str, blocked: str, holds: bool
) -> None:
    assert (swallowed(cidr, [blocked]) is not None) == holds
