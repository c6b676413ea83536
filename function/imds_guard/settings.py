"""What a run goes by: a configuration with its platform's facts filled in."""

from __future__ import annotations

import ipaddress
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from imds_guard.platforms import (
    ALIASES,
    CNIS,
    EVERYWHERE,
    KUBERNETES,
    PLATFORMS,
    PROVIDERS,
    Endpoint,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from imds_guard.config import Config, DnsOverride
    from imds_guard.config.model import Direction
    from imds_guard.expiry import Stage
    from imds_guard.platforms import (
        Cni,
        Dns,
        Gap,
        Identity,
        OwnRule,
        Platform,
        SystemNamespaces,
    )

_ANY = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}
# RFC 3927 and RFC 4291: a metadata service that is not known yet will be link-local too.
_LINK_LOCAL = {"IPv4": "169.254.0.0/16", "IPv6": "fe80::/10"}

WEB_PORTS = (80, 443)
"""The TCP ports that `egress: web` lets out."""

# RFC 6052: where a NAT64 translator shows IPv4 addresses, by the well-known prefix.
_NAT64 = int(ipaddress.IPv6Address("64:ff9b::"))

_OWN = Source("spec.endpoints of the configuration")

_Made = TypeVar("_Made")


class ApiServerPeer(NamedTuple):
    """How policies name the Kubernetes API server.

    `cidrs` is empty where nobody has said its addresses. `entity` is the engine's own name for it,
    which no ipBlock matches there; empty where the engine has none.
    """

    cidrs: tuple[str, ...]
    ports: tuple[int, ...]  # TCP
    entity: str = ""


class Settings:
    """A configuration with its platform's facts filled in."""

    def __init__(
        self,
        config: Config,
        platform: Platform,
        cni: Cni | None,  # None: it is not known
        dns: Dns,
        endpoints: tuple[Endpoint, ...],
        is_audit: bool = False,  # what stands is judged, and nothing is written
    ) -> None:
        self.config = config
        self.platform = platform
        self.cni = cni
        self.dns = dns
        self.endpoints = endpoints
        self.is_audit = is_audit
        self._made: dict[Callable[[Settings], Any], Any] = {}

    def once(self, make: Callable[[Settings], _Made]) -> _Made:
        """What `make` makes of these settings, made once: whoever gets it shares it."""
        if make not in self._made:
            self._made[make] = make(self)
        made: _Made = self._made[make]
        return made

    @cached_property
    def today(self) -> date:
        """The day by which `until` is judged. Raises ConfigError."""
        from imds_guard.expiry import current_day

        return current_day()

    def stage(self, until: str | None) -> Stage:
        """How far along a rule is whose last day is `until`. Raises ConfigError."""
        if until is None:
            return "ahead"
        from imds_guard.expiry import stage

        return stage(until, self.today)

    def denies(self, direction: Direction) -> bool:
        """Whether the default deny isolates pods for a direction.

        Where it does not, no policy that is written may do so, but for deny-cloud-metadata.
        """
        return direction in self.config.spec.default_deny

    @property
    def any_address(self) -> tuple[str, ...]:
        """The CIDR of all addresses, per IP family that is in use."""
        return tuple(_ANY[family] for family in _ANY if family in self.config.spec.ip_families)

    @cached_property
    def metadata_addresses(self) -> tuple[str, ...]:
        """Every metadata endpoint as a CIDR, of both families, and where NAT64 shows them."""
        found = [as_cidr(one.address) for one in self.endpoints]
        return tuple(dict.fromkeys((*found, *translated(found))))

    @property
    def blocks_link_local(self) -> bool:
        """Whether all link-local addresses are blocked besides the endpoints."""
        return (self.config.spec.block or self.platform.block) == "link-local"

    @cached_property
    def endpoints_by_ports(self) -> dict[tuple[int, ...], list[str]]:
        """The endpoints of the IP families in use as CIDRs, by all TCP ports of their address."""
        ports: dict[str, set[int]] = {}
        for endpoint in self.endpoints:
            if ipaddress.ip_address(endpoint.address).version in self.ip_versions:
                ports.setdefault(as_cidr(endpoint.address), set()).update(endpoint.ports)
        found: dict[tuple[int, ...], list[str]] = {}
        for cidr, numbers in ports.items():
            found.setdefault(tuple(sorted(numbers)), []).append(cidr)
        return found

    @cached_property
    def blocked(self) -> tuple[str, ...]:
        """The CIDRs that no policy of ours opens by the way."""
        if not self.blocks_link_local:
            return self.metadata_addresses
        link_local = tuple(_LINK_LOCAL.values())
        return (*self.metadata_addresses, *link_local, *translated(link_local))

    @cached_property
    def ip_versions(self) -> tuple[int, ...]:
        """The IP versions in use, as numbers."""
        return tuple(int(family[-1]) for family in self.config.spec.ip_families)

    @property
    def ip_block_matches_pods(self) -> bool:
        """Whether an ipBlock that holds a pod's address allows that pod, as on most engines."""
        return self.cni is None or self.cni.ip_block_matches_pods

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """The pods for which policies are not enforced, as far as the engine is known."""
        engine = self.cni or CNIS.get(self.platform.usual_cni)
        families = set(self.config.spec.ip_families)
        of_engine = engine.gaps if engine else ()
        return (
            *(one for one in of_engine if one.cluster_of is None or families == {one.cluster_of}),
            *EVERYWHERE,
        )

    @property
    def own_rule(self) -> OwnRule | None:
        """What the platform keeps from pods itself, with the engine that is in use."""
        rule = self.platform.own_rule
        return rule if rule and self.cni and self.cni.name == rule.engine else None

    @property
    def ip_block_matches_nodes(self) -> bool:
        """Whether an ipBlock allows the addresses in it that nodes and the API server have."""
        return self.cni is None or self.cni.ip_block_matches_nodes

    @property
    def web_holds_api_server(self) -> bool:
        """Whether what `egress` lets out reaches the API server, whatever its address is."""
        egress = self.config.spec.egress
        if egress == "any":  # by the entity too
            return True
        if egress == "dns" or self.api_server.entity:
            return False
        return {*WEB_PORTS}.issuperset(self.api_server.ports)

    def infers(self, kind: str) -> bool:
        """Whether `allow.infer` asks for a kind of declared traffic."""
        infer = self.config.spec.allow.infer
        return kind in infer or "all" in infer

    @property
    def default_namespace(self) -> str:
        """Where resources that name no namespace will be applied."""
        return self.config.spec.default_namespace or "default"

    @cached_property
    def api_server(self) -> ApiServerPeer:
        """How policies name the API server, by the configuration, the platform and the engine."""
        override = self.config.spec.api_server
        ports = self.platform.api_server.ports if override.ports is None else override.ports
        entity = self.cni.api_server_entity if self.cni else ""
        return ApiServerPeer(tuple(override.cidrs or ()), tuple(ports), entity)

    @cached_property
    def system_namespaces(self) -> tuple[str, ...]:
        """Names and globs of the namespaces of the cluster itself, that of cluster DNS included."""
        names = (name for one in system_namespaces(self.platform, self.cni) for name in one.names)
        return tuple(dict.fromkeys((*names, self.dns.namespace)))

    def is_system_namespace(self, name: str) -> bool:
        """Whether it is a namespace of the cluster itself."""
        return any(fnmatchcase(name, one) for one in self.system_namespaces)

    @cached_property
    def node_addresses(self) -> tuple[str, ...]:
        """The addresses of resolvers and agents that are on the node itself."""
        metadata = {one.address for one in self.endpoints}
        identities = (self.platform.identity, *self.platform.further_identities)
        agents = [
            endpoint.address
            for one in identities
            if one is not None and one.cilium_host
            for endpoint in one.endpoints
        ]
        return tuple(one for one in (*self.dns.addresses, *agents) if one not in metadata)

    @property
    def identity(self) -> Identity | None:
        """The platform's pod identity, where the configuration lets pods reach it."""
        return self.platform.identity if self.config.spec.pod_identity else None

    @property
    def identity_is_host(self) -> bool:
        """Whether no NetworkPolicy can allow pod identity, since its address is the node itself."""
        identity = self.identity
        return identity is not None and identity.cilium_host and not self.ip_block_matches_nodes


def system_namespaces(platform: Platform, cni: Cni | None) -> Iterator[SystemNamespaces]:
    """The namespaces of the cluster itself: Kubernetes', the platform's and the engine's.

    Where the engine is not known, it may be any: their namespaces have names of their own.
    """
    yield KUBERNETES
    yield from platform.system_namespaces
    for engine in CNIS.values() if cni is None else (cni,):
        yield from engine.system_namespaces


def as_cidr(address: str) -> str:
    """An address as the CIDR of it alone."""
    return str(ipaddress.ip_network(address))


def translated(cidrs: Iterable[str]) -> Iterator[str]:
    """The IPv6 networks at which a NAT64 translator shows the IPv4 ones among `cidrs`."""
    for text in cidrs:
        network = ipaddress.ip_network(text)
        if network.version == 4:
            first = _NAT64 + int(network.network_address)
            yield str(ipaddress.IPv6Network((first, 96 + network.prefixlen)))


def settings_of(config: Config, *, is_audit: bool = False) -> Settings:
    """The configuration with its platform's facts filled in."""
    platform = PLATFORMS[ALIASES.get(config.spec.platform, config.spec.platform)]
    names = dict.fromkeys((*platform.providers, *config.spec.providers))
    endpoints = [endpoint for name in names for endpoint in PROVIDERS[name].endpoints]
    endpoints += [Endpoint(one.address, tuple(one.ports), _OWN) for one in config.spec.endpoints]
    cni = CNIS.get(config.spec.cni or platform.cni)
    dns = _dns(platform.dns, config.spec.dns)
    return Settings(config, platform, cni, dns, tuple(endpoints), is_audit)


def _dns(dns: Dns, override: DnsOverride) -> Dns:
    """The platform's DNS, with what the configuration says instead."""
    if override.to is not None:
        dns = dns._replace(to=override.to)
    if override.namespace is not None:
        dns = dns._replace(namespace=override.namespace)
    if override.ports is not None:
        dns = dns._replace(ports=tuple(override.ports))
    if override.addresses is not None:
        own = tuple(override.addresses)
        dns = dns._replace(addresses=own, named_by_resolv_conf=own)
    if override.pod_labels is not None:
        dns = dns._replace(pod_labels=tuple((k, (v,)) for k, v in override.pod_labels.items()))
    return dns
