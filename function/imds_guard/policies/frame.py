"""What every policy that we write has in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from imds_guard.platforms import CNIS, PLATFORMS, PROVIDERS
from imds_guard.reach.addresses import network

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.config import Config, DnsOverride, Port
    from imds_guard.platforms import Cni, Dns, Endpoint, Identity, Platform

Manifest = dict[str, Any]

MANAGED_BY = ("app.kubernetes.io/managed-by", "imds-guard")
OWNER = "imds-guard.dev/config"
REFERENCES = "imds-guard.dev/references"
REASON = "imds-guard.dev/reason"
GIVEN_KEYS = "imds-guard.dev/given"
"""Which label and annotation keys the configuration gave, so that a later run can drop them."""

LONGEST_NAME = 63
# CIS Kubernetes benchmark 5.3.2: every namespace has NetworkPolicies. MITRE ATT&CK T1552.005:
# credentials from the cloud instance metadata API.
_REFERENCES = "CIS Kubernetes 5.3.2, MITRE ATT&CK T1552.005"
_ANY = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}
# RFC 3927 and RFC 4291: a metadata service that is not known yet will be link-local too.
_LINK_LOCAL = {"IPv4": "169.254.0.0/16", "IPv6": "fe80::/10"}


class Target(NamedTuple):
    """The pods that a set of policies is for, and the names that it takes."""

    namespace: str | None
    pod_selector: Manifest
    prefix: str = ""  # the workload's name, where the set is one workload's


_Made = TypeVar("_Made")


@dataclass(eq=False)
class Settings:
    """A configuration with its platform's facts filled in."""

    config: Config
    platform: Platform
    cni: Cni | None  # None: it is not known
    dns: Dns
    endpoints: tuple[Endpoint, ...]
    _made: dict[Callable[[Settings], Any], Any] = field(default_factory=dict, repr=False)

    def once(self, make: Callable[[Settings], _Made]) -> _Made:
        """What `make` makes of these settings, made once: whoever gets it shares it."""
        if make not in self._made:
            self._made[make] = make(self)
        made: _Made = self._made[make]
        return made

    @property
    def any_address(self) -> tuple[str, ...]:
        """The CIDR of all addresses, per IP family that is in use."""
        return tuple(_ANY[family] for family in _ANY if family in self.config.spec.ip_families)

    @cached_property
    def metadata_addresses(self) -> tuple[str, ...]:
        """Every metadata endpoint as a CIDR, of both families."""
        return tuple(dict.fromkeys(str(network(one.address)) for one in self.endpoints))

    @cached_property
    def blocked(self) -> tuple[str, ...]:
        """The CIDRs that no policy of ours opens by the way."""
        block = self.config.spec.block or self.platform.block
        link_local = tuple(_LINK_LOCAL.values()) if block == "link-local" else ()
        return self.metadata_addresses + link_local

    @cached_property
    def ip_versions(self) -> tuple[int, ...]:
        """The IP versions in use, as numbers."""
        return tuple(int(family[-1]) for family in self.config.spec.ip_families)

    @property
    def ip_block_matches_pods(self) -> bool:
        """Whether an ipBlock that holds a pod's address allows that pod, as on most engines."""
        return self.cni is None or self.cni.ip_block_matches_pods

    @property
    def identity(self) -> Identity | None:
        """The platform's pod identity, where the configuration lets pods reach it."""
        return self.platform.identity if self.config.spec.pod_identity else None

    @property
    def identity_is_host(self) -> bool:
        """Whether no NetworkPolicy can allow pod identity, since its address is the node itself."""
        identity = self.identity
        return (
            identity is not None
            and identity.cilium_host
            and self.cni is not None
            and not self.cni.ip_block_matches_nodes
        )


def settings(config: Config) -> Settings:
    """The configuration with its platform's facts filled in."""
    platform = PLATFORMS[config.spec.platform]
    names = dict.fromkeys((*platform.providers, *config.spec.providers))
    endpoints = tuple(endpoint for name in names for endpoint in PROVIDERS[name].endpoints)
    cni = CNIS.get(config.spec.cni or platform.cni)
    return Settings(config, platform, cni, _dns(platform.dns, config.spec.dns), endpoints)


def _dns(dns: Dns, override: DnsOverride) -> Dns:
    """The platform's DNS, with what the configuration says instead."""
    if override.to is not None:
        dns = dns._replace(to=override.to)
    if override.namespace is not None:
        dns = dns._replace(namespace=override.namespace)
    if override.ports is not None:
        dns = dns._replace(ports=tuple(override.ports))
    if override.addresses is not None:
        dns = dns._replace(addresses=tuple(override.addresses))
    if override.pod_labels is not None:
        dns = dns._replace(pod_labels=tuple((k, (v,)) for k, v in override.pod_labels.items()))
    return dns


def network_policy(
    settings: Settings,
    target: Target,
    name: str,
    *,
    policy_types: list[str],
    rules: Manifest | None = None,
    annotations: dict[str, str] | None = None,
) -> Manifest:
    """A NetworkPolicy for `target`; `rules` are its ingress and egress, shared or not."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(settings, target, name, annotations or {}),
        "spec": {
            "podSelector": target.pod_selector,
            "policyTypes": policy_types,
            **(rules or {}),
        },
    }


def host_policy(
    settings: Settings, target: Target, name: str, ports: list[tuple[int, str]]
) -> Manifest:
    """A CiliumNetworkPolicy that lets `target` reach the node itself on these ports.

    Cilium takes an address on the node for the entity `host`, which no ipBlock matches.
    """
    to_ports = [{"port": str(port), "protocol": protocol} for port, protocol in ports]
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": _metadata(settings, target, name, {}),
        "spec": {
            "endpointSelector": target.pod_selector,
            "egress": [{"toEntities": ["host"], "toPorts": [{"ports": to_ports}]}],
        },
    }


def _metadata(
    settings: Settings, target: Target, name: str, annotations: dict[str, str]
) -> Manifest:
    spec = settings.config.spec
    metadata: Manifest = {"name": policy_name(target, name)}
    if target.namespace:
        metadata["namespace"] = target.namespace
    metadata["labels"] = {MANAGED_BY[0]: MANAGED_BY[1], **spec.labels}
    own = {OWNER: settings.config.name, REFERENCES: _REFERENCES, **annotations}
    metadata["annotations"] = {**own, **spec.annotations}
    if given := sorted((*spec.labels, *spec.annotations)):
        metadata["annotations"][GIVEN_KEYS] = ", ".join(given)
    return metadata


def policy_name(target: Target, name: str) -> str:
    """The policy's name for this target, cut to 63 characters with a hash when it is longer."""
    return shortened(f"{target.prefix}-{name}" if target.prefix else name)


def shortened(name: str) -> str:
    """`name`, or its beginning with a hash of all of it, at most 63 characters long."""
    if len(name) <= LONGEST_NAME:
        return name
    import hashlib

    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9].rstrip('-.')}-{digest}"


def slug(text: str) -> str:
    """`text` as a part of a resource's name."""
    letters = "".join(char if char.isalnum() and char.isascii() else "-" for char in text.lower())
    return "-".join(part for part in letters.split("-") if part)


def port_rule(port: Port) -> Manifest:
    """A port of the configuration as NetworkPolicyPort."""
    rule: Manifest = {"protocol": port.protocol, "port": port.port}
    if port.end_port is not None:
        rule["endPort"] = port.end_port
    return rule
