"""Chance, and what the policies of all engines have in common, drawn by it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
NAMESPACES = ("shop", "stock")
NAME_LABEL = "kubernetes.io/metadata.name"
NAMED_PORTS = {("TCP", "http"): 8080, ("UDP", "dns"): 53}
ASKED = (("TCP", 80), ("UDP", 53), ("TCP", 53), ("TCP", 8080), ("SCTP", 443))
ADDRESSES = {
    4: ("169.254.169.254", "8.8.8.8", "198.51.100.53"),
    6: ("fd00:ec2::254", "2001:db8::53"),
}
POD_ADDRESSES = {
    4: ("10.0.0.1", "10.200.0.9", "172.20.0.5", "192.168.7.7"),
    6: ("fd12::1", "2001:db8:7::9", "fd00:ec2::77"),
}
"""Addresses on both sides of every CIDR below."""

# Each CIDR with what may be left out of it.
CIDRS: dict[str, tuple[str, ...]] = {
    "0.0.0.0/0": ("169.254.169.254/32", "169.254.0.0/16", "10.0.0.0/8", "128.0.0.0/1"),
    "128.0.0.0/1": ("169.254.0.0/16",),
    "10.0.0.0/8": ("10.128.0.0/9",),
    "169.254.0.0/16": ("169.254.169.254/32",),
    "169.254.169.254/32": (),
    "8.8.8.0/24": (),
    "::/0": ("fd00:ec2::254/128", "fe80::/10", "fd00::/8"),
    "fd00::/8": ("fd00:ec2::/32",),
    "fd00:ec2::254/128": (),
}
WHOLE = frozenset(("0.0.0.0/0", "::/0", "169.254.0.0/16", "169.254.169.254/32", "8.8.8.0/24"))
WHOLE |= {"fd00:ec2::254/128", "fe80::/10"}
"""The CIDRs that hold either all addresses that pods may have, or none."""
DISPUTED = ("169.254.169.254/16", "::ffff:169.254.169.254/128")
"""CIDRs that API servers before 1.36 take, and later ones refuse."""
_KEYS, _VALUES = ("app", "tier", "job"), ("a", "b")
VALUES = (*_VALUES, "c")
TEAMS: tuple[dict[str, str], ...] = ({}, {"team": "a"}, {"team": "b"})

_WHOLE_SELECTORS: list[dict[str, Any]] = [
    {},
    *({"matchLabels": {key: value}} for key in _KEYS for value in _VALUES),
    {"matchLabels": {"app": "a", "tier": "b"}},
]


_NAMESPACE_SELECTORS: list[dict[str, Any]] = [
    {},
    {},
    {"matchLabels": {"team": "a"}},
    {"matchLabels": {NAME_LABEL: "shop"}},
    {"matchLabels": {NAME_LABEL: "stock"}},
    {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]},
    {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
    {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]},
]


class Draw:
    """Chance, from one number, so that a set of policies costs no more than it is asked for.

    Drawn value by value, hypothesis spends nine tenths of the time; what fails is made small by
    tests/support/worlds/shrink.py instead.
    """

    def __init__(self, seed: int, *, is_known: bool = False) -> None:
        self.random = Random(seed)
        self.is_known = is_known
        """Whether what is drawn shall leave nothing open."""
        self.has_names = True
        """Whether ports may be drawn by name."""

    def one(self, options: Sequence[T]) -> T:
        """One of these."""
        return self.random.choice(options)

    def at_most(self, most: int, least: int = 0) -> range:
        """A number of times."""
        return range(self.random.randint(least, most))

    def once_in(self, times: int) -> bool:
        """True one time in so many."""
        return self.random.randrange(times) == 0


def pod_selector(draw: Draw) -> dict[str, Any]:
    """A LabelSelector for pods."""
    if draw.once_in(2):
        return draw.one(_WHOLE_SELECTORS)
    operator = draw.one(("In", "NotIn", "Exists", "DoesNotExist"))
    found: dict[str, Any] = {"key": draw.one(_KEYS), "operator": operator}
    if operator in ("In", "NotIn"):
        found["values"] = draw.one((["a"], ["b"], ["a", "b"]))
    return {"matchExpressions": [found]}


def subject(draw: Draw) -> dict[str, Any]:
    """A LabelSelector for the pods that a policy is about; an empty one more often than not."""
    return {} if draw.once_in(2) else pod_selector(draw)


def namespace_selector(draw: Draw) -> dict[str, Any]:
    """A LabelSelector for namespaces."""
    return draw.one(_NAMESPACE_SELECTORS)


def cidrs(draw: Draw, most: int = 2) -> list[str]:
    """A few CIDRs."""
    listed = [one for one in CIDRS if not draw.is_known or one in WHOLE]
    return list(dict.fromkeys(draw.one(listed) for _ in draw.at_most(most, 1)))


def block(draw: Draw) -> dict[str, Any]:
    """A CIDR, with exceptions or without."""
    (cidr,) = cidrs(draw, 1)
    found: dict[str, Any] = {"cidr": cidr}
    excepted = [one for one in CIDRS[cidr] if not draw.is_known or one in WHOLE]
    if excepted and draw.once_in(2):
        found["except"] = [draw.one(excepted)]
    return found


class Ports(NamedTuple):
    """Ports of one protocol, before an engine's way to write them."""

    protocol: str
    first: int | str
    last: int | None = None


_PORTS = [
    Ports("TCP", 80),
    Ports("TCP", 1, 100),
    Ports("TCP", 1, 65535),
    Ports("UDP", 1, 65535),
    Ports("UDP", 53),
    Ports("TCP", 53),
    Ports("TCP", 443, 8080),
    Ports("SCTP", 443),
    Ports("TCP", "http"),
    Ports("UDP", "dns"),
]


def ports(draw: Draw, most: int = 2) -> list[Ports]:
    """A few ports."""
    options = _PORTS if draw.has_names else [one for one in _PORTS if isinstance(one.first, int)]
    return [draw.one(options) for _ in draw.at_most(most, 1)]


def port_list(draw: Draw) -> list[Ports]:
    """No ports, which are all of them, or a few."""
    return [] if draw.once_in(2) else ports(draw)


def name(draw: Draw) -> str:
    """A policy's name."""
    return draw.one(("m", "n", "o"))


def namespace(draw: Draw) -> str:
    """Where a policy is: beside the pod of the question more often than not."""
    return draw.one((*NAMESPACES, NAMESPACES[0]))


def manifest(
    api: str, kind: str, called: str, where: str | None, spec: dict[str, Any]
) -> dict[str, Any]:
    """An object."""
    metadata = {"name": called} | ({"namespace": where} if where else {})
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}
