"""The shapes of the platform data."""

from __future__ import annotations

from typing import Literal, NamedTuple

Confidence = Literal["high", "medium"]
"""high: documented by the provider or read in its code; medium: seen in one place only."""


class Source(NamedTuple):
    """Where a fact comes from."""

    title: str
    confidence: Confidence = "high"


class Endpoint(NamedTuple):
    """A metadata service: an address, and the TCP ports on which it hands out credentials."""

    address: str  # IPv4 or IPv6, without a prefix length
    ports: tuple[int, ...]
    source: Source


class Provider(NamedTuple):
    """A cloud, or an agent of one, whose metadata endpoints can be blocked."""

    name: str
    title: str
    endpoints: tuple[Endpoint, ...]


class Dns(NamedTuple):
    """Where pods resolve names."""

    namespace: str = "kube-system"
    # Of the DNS pods: each key with the values of which it has one. None: every pod there.
    pod_labels: tuple[tuple[str, tuple[str, ...]], ...] = (("k8s-app", ("kube-dns",)),)
    ports: tuple[int, ...] = (53,)  # the pods' own ports; NetworkPolicy sees those, not a Service's
    addresses: tuple[str, ...] = ()  # resolvers on the node or the link, always on port 53
    sources: tuple[Source, ...] = ()


class Platform(NamedTuple):
    """A kind of cluster: what to block there, and how names resolve."""

    name: str
    title: str
    providers: tuple[str, ...]
    dns: Dns
