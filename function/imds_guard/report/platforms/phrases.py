"""The facts about a platform in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.config import ConfigError
from imds_guard.config.errors import nearest
from imds_guard.platforms import ALIASES, CNIS, PLATFORMS
from imds_guard.settings import system_namespaces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.platforms import (
        Dns,
        Gap,
        Identity,
        Platform,
        Provider,
        Source,
        SystemNamespaces,
    )
    from imds_guard.platforms.model import Neighbour


def platform_named(name: str) -> Platform:
    """The platform, also by the name of its cloud. Raises ConfigError, with the nearest name."""
    known = ALIASES.get(name, name)
    if known not in PLATFORMS:
        raise ConfigError(f"unknown platform {name!r}{nearest(name, [*PLATFORMS, *ALIASES])}")
    return PLATFORMS[known]


def aliases_in_words() -> str:
    """aws is another name of eks, gcp of gke"""
    first, *others = [f"`{alias}` {{}} `{name}`" for alias, name in ALIASES.items()]
    return ", ".join((first.format("is another name of"), *(one.format("of") for one in others)))


def dns_pods(dns: Dns) -> str:
    """kube-system k8s-app=kube-dns, port 53"""
    labels = " ".join(f"{key}={' or '.join(values)}" for key, values in dns.pod_labels)
    return f"{dns.namespace} {labels}, {ports_in_words(dns.ports)}"


def dns_lines(dns: Dns) -> list[str]:
    """Where names are resolved, an entry per place."""
    lines = [f"pods of {dns_pods(dns)}, UDP and TCP"]
    if dns.to == "anywhere":
        lines = [f"any address, {ports_in_words(dns.ports)}, UDP and TCP", f"known: {lines[0]}"]
    return lines + [f"{address}, port 53, UDP and TCP" for address in dns.addresses]


def api_server_lines(platform: Platform) -> list[str]:
    """On which ports the API server answers, and what an engine calls it."""
    ports = ports_in_words(platform.api_server.ports)
    lines = [f"TCP {ports} at its own address, behind the Service kubernetes"]
    engine = CNIS["cilium"]
    if platform.cni in ("", engine.name):
        lines.append(f"on Cilium: the entity {engine.api_server_entity}, which no ipBlock matches")
    return lines


def system_namespaces_of(platform: Platform) -> list[SystemNamespaces]:
    """The namespaces of the cluster itself, with their sources."""
    return list(system_namespaces(platform, CNIS.get(platform.cni)))


def provider_title(provider: Provider) -> str:
    """What it is, and that it is retired where it is."""
    retired = provider.retired
    if retired is None:
        return provider.title
    return f"{provider.title} (retired {retired.date}: {source_in_words(retired.source)})"


def identity_lines(identity: Identity) -> list[str]:
    """How pods get credentials of their own, and what shows that a workload does."""
    lines = [identity.title]
    lines += [f"{each.address}, TCP {ports_in_words(each.ports)}" for each in identity.endpoints]
    if identity.over_internet:
        lines.append("over the internet, TCP 443")
    if identity.takes_over:
        lines.append(f"an agent that answers at {identity.takes_over}, TCP port 80")
    if identity.api_server_ports:
        ports = ports_in_words(identity.api_server_ports)
        lines.append(f"the Kubernetes API server's address, TCP {ports}")
    if identity.cilium_host:
        lines.append("on Cilium: a CiliumNetworkPolicy with toEntities [host]")
    for sign in identity.workload_signs:
        value = f": {sign.value}" if sign.value is not None else ""
        lines.append(f"shown by {sign.place.replace('-', ' ')} {sign.key}{value}")
    return [*lines, identity.note] if identity.note else lines


def ports_in_words(numbers: Iterable[int]) -> str:
    """port 53; ports 80, 443"""
    texts = [str(number) for number in numbers]
    return f"port{'s' if len(texts) > 1 else ''} {', '.join(texts)}"


def source_in_words(source: Source) -> str:
    """The title, and how sure it is where that is not beyond doubt."""
    return source.title if source.confidence == "high" else f"{source.title} ({source.confidence})"


def sources_of(platform: Platform) -> list[str]:
    """Each source of a platform's facts once, those of its endpoints left out."""
    sources = [*platform.dns.sources, *platform.api_server.sources, *platform.sources]
    for identity in identities_of(platform):
        sources += [*identity.sources, *(endpoint.source for endpoint in identity.endpoints)]
        sources += [sign.source for sign in identity.workload_signs]
    sources += [neighbour.source for neighbour in platform.neighbours]
    sources += [one.source for one in system_namespaces_of(platform)]
    sources += [platform.own_rule.source] if platform.own_rule else []
    return list(dict.fromkeys(map(source_in_words, sources)))


def identities_of(platform: Platform) -> tuple[Identity, ...]:
    """All ways to an identity, the one that `podIdentity` opens first."""
    return (*filter(None, (platform.identity,)), *platform.further_identities)


def neighbour_in_words(neighbour: Neighbour) -> str:
    """169.254.169.253, UDP 123: what it is"""
    return f"{neighbour.address}, {neighbour.protocol} {neighbour.port}: {neighbour.title}"


def gap_in_words(gap: Gap) -> str:
    """For which pods policies are not enforced, as a sentence, with the finding's id."""
    return f"{gap.why[0].upper()}{gap.why[1:]} (IG010)."


def minded(platform: Platform) -> list[str]:
    """What a person has to know of a platform, each a sentence or two."""
    rule = platform.own_rule
    own = [f"{', '.join(rule.addresses)}: {rule.why}."] if rule else []
    return [*own, *platform.caveats]
