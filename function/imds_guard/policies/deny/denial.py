"""What the cluster-wide objects deny, for whom, and who is excepted: the same for every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.config import ConfigError
from imds_guard.platforms import PLATFORMS, PROVIDERS
from imds_guard.reach.addresses import network
from imds_guard.settings import as_cidr, translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.config import Port
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

PortSpan = tuple[str, int, int]
"""A protocol, and the first and the last port of a range."""

DNS = 53
# Every port of TCP and UDP but that of DNS.
_ALL_BUT_DNS: tuple[PortSpan, ...] = tuple(
    (protocol, *span) for protocol in ("TCP", "UDP") for span in ((1, DNS - 1), (DNS + 1, 65535))
)
_GLOB = frozenset("*?[")


class Blocked(NamedTuple):
    """Addresses, as CIDRs, that are denied on the same ports; without ports on all."""

    cidrs: tuple[str, ...]
    ports: tuple[PortSpan, ...] = ()


class Excepted(NamedTuple):
    """A workload that keeps its way to metadata; its name is one that no other has there."""

    name: str
    namespace: str
    pod_selector: Manifest
    own_label: tuple[str, str] | None  # one that no other workload of its namespace has
    reason: str
    opened: tuple[Blocked, ...]


class Denial(NamedTuple):
    """All that a cluster-wide object has to say."""

    blocked: tuple[Blocked, ...]
    left_out: tuple[str, ...]  # namespaces by name
    exceptions: tuple[Excepted, ...]

    @property
    def namespaces(self) -> Manifest:
        """A label selector of the namespaces that it is for."""
        if not self.left_out:
            return {}
        key = "kubernetes.io/metadata.name"
        names = list(self.left_out)
        return {"matchExpressions": [{"key": key, "operator": "NotIn", "values": names}]}


def denial(settings: Settings, exceptions: Sequence[Excepted]) -> Denial:
    """The denial that a configuration asks for.

    Raises ConfigError where namespaces are excluded by a glob, or where the platform's identity
    agent is at an address that is denied.
    """
    _check_identity(settings)
    with_dns = _with_dns(settings)
    addresses = [
        cidr
        for cidr in settings.metadata_addresses
        if network(cidr).version in settings.ip_versions
    ]
    dns = tuple(cidr for cidr in addresses if cidr in with_dns)
    others = tuple(cidr for cidr in addresses if cidr not in with_dns)
    blocked = [Blocked(others)] if others else []
    if dns:
        blocked.append(Blocked(dns, _ALL_BUT_DNS))
    return Denial(tuple(blocked), _left_out(settings), tuple(exceptions))


def opened(settings: Settings, ports: Sequence[Port]) -> tuple[Blocked, ...]:
    """What an exception leaves to the other policies: the endpoints, on their ports or on these."""
    spans = tuple(
        (one.protocol, int(one.port), one.end_port or int(one.port))
        for one in ports
        if not isinstance(one.port, str)
    )
    return tuple(
        Blocked(tuple(addresses), spans or tuple(("TCP", number, number) for number in numbers))
        for numbers, addresses in settings.endpoints_by_ports.items()
    )


def check_room(denial: Denial, kind: str, place: int) -> None:
    """Raise ConfigError where the exceptions do not fit before the place of what denies.

    Each has a place of its own, from 0: the order of equal ones is not defined.
    """
    if (count := len(denial.exceptions)) > place:
        raise ConfigError(
            f"{count} workloads are excepted, and {kind} has room for {place}",
            ("spec", "exceptions"),
        )


def named(exceptions: Sequence[Excepted]) -> str:
    """The excepted workloads with their reasons, for a person."""
    return "; ".join(f"{one.namespace}/{one.name}: {one.reason}" for one in exceptions)


def _check_identity(settings: Settings) -> None:
    identity = settings.identity
    if identity is None:
        return
    metadata = {one.address for one in settings.endpoints}
    if at := [one.address for one in identity.endpoints if one.address in metadata]:
        raise ConfigError(
            f"{identity.name} is at {at[0]}, which deny closes for every pod; leave podIdentity "
            "out, and list each workload that uses it under exceptions",
            ("spec", "podIdentity"),
        )


def _with_dns(settings: Settings) -> set[str]:
    """The endpoints, as CIDRs, of providers that answer DNS at one of theirs.

    Which ones do is a fact of the platforms that run there.
    """
    in_use = {*settings.platform.providers, *settings.config.spec.providers}
    resolvers = set(settings.dns.addresses)
    for platform in PLATFORMS.values():
        if in_use.intersection(platform.providers):
            resolvers.update(platform.dns.addresses)
            resolvers.update(one.address for one in platform.neighbours if one.port == DNS)
    found: set[str] = set(map(as_cidr, resolvers))
    for name in in_use:
        addresses = [endpoint.address for endpoint in PROVIDERS[name].endpoints]
        if not resolvers.isdisjoint(addresses):
            found.update(map(as_cidr, addresses))
    return found.union(translated(found))


def _left_out(settings: Settings) -> tuple[str, ...]:
    exclude = settings.config.spec.namespaces.exclude
    for index, name in enumerate(exclude):
        if _GLOB.intersection(name):
            raise ConfigError(
                f"{name!r} is a glob, and deny takes namespaces by their names alone",
                ("spec", "namespaces", "exclude", index),
            )
    governed = set(settings.config.spec.namespaces.include)
    system = (one for one in settings.system_namespaces if not _GLOB.intersection(one))
    names = dict.fromkeys((*system, *exclude))
    return tuple(name for name in names if name not in governed)
