"""The page docs/platforms.md: all of the data, with its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.platforms import CNIS, EVERYWHERE, PLATFORMS, PROVIDERS
from imds_guard.report.platforms.phrases import (
    aliases_in_words,
    api_server_lines,
    dns_lines,
    dns_pods,
    gap_in_words,
    identities_of,
    identity_lines,
    minded,
    neighbour_in_words,
    provider_title,
    source_in_words,
    sources_of,
    system_namespaces_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imds_guard.platforms import Cni, Platform, Provider


def as_markdown() -> str:
    """The page docs/platforms.md."""
    parts = [
        "# Platforms, providers and engines",
        "What `spec.platform`, `spec.providers` and `spec.cni` know. This page is made from the "
        "data: `python -m imds_guard.report.platforms > docs/platforms.md`.",
        "A source marked (medium) is the only one that says so; all other facts are documented by "
        "the provider or were read in its code.",
        "## Platforms",
        _table(
            ("Name", "Platform", "Blocks", "DNS", "API server", "Identity", "CNI"),
            [_row(platform) for platform in PLATFORMS.values()],
        ),
        f"{aliases_in_words()}. The API server's ports are those that a policy sees: behind the "
        "ClusterIP of the Service `kubernetes`.",
        *map(_platform_section, PLATFORMS.values()),
        "## Providers",
        "Every one with an address can be named in `spec.providers`, on any platform. Further "
        "addresses go into `spec.endpoints`.",
        _table(
            ("Name", "Service", "Address", "TCP ports", "Source"),
            [row for provider in PROVIDERS.values() for row in _endpoint_rows(provider)],
        ),
        "\n".join(
            f"- `{provider.name}`: {provider.note}"
            for provider in PROVIDERS.values()
            if provider.note
        ),
        "## Engines",
        _table(
            (
                "Name",
                "Engine",
                "ipBlock matches pods",
                "ipBlock matches nodes",
                "except denies",
                "except spans its rule",
            ),
            [_engine_row(cni) for cni in CNIS.values()],
        ),
        *(_engine_section(cni) for cni in CNIS.values()),
        "## On every engine",
        "\n".join(
            f"- {gap_in_words(gap)} Source: {source_in_words(gap.source)}." for gap in EVERYWHERE
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(platform: Platform) -> list[str]:
    dns = platform.dns
    resolvers = ["anywhere"] if dns.to == "anywhere" else []
    resolvers += [dns_pods(dns), *dns.addresses]
    return [
        f"[`{platform.name}`](#{platform.name})",
        platform.title,
        ", ".join(platform.providers),
        "; ".join(resolvers),
        ", ".join(map(str, platform.api_server.ports)),
        platform.identity.title if platform.identity else "-",
        platform.cni or "any",
    ]


def _platform_section(platform: Platform) -> str:
    namespaces = (name for one in system_namespaces_of(platform) for name in one.names)
    bullets = [
        f"DNS: {'; '.join(dns_lines(platform.dns))}.",
        f"API server: {'; '.join(api_server_lines(platform))}.",
        f"System namespaces: {', '.join(f'`{name}`' for name in namespaces)}.",
    ]
    bullets += [
        f"Identity: {'; '.join(identity_lines(identity))}" for identity in identities_of(platform)
    ]
    if needed := "; ".join(map(neighbour_in_words, platform.neighbours)):
        bullets.append(f"Needed near the metadata service: {needed}.")
    bullets += minded(platform)
    bullets.append(f"Sources: {'; '.join(sources_of(platform))}.")
    return f"### {platform.name}\n\n" + "\n".join(f"- {bullet}" for bullet in bullets)


def _endpoint_rows(provider: Provider) -> list[list[str]]:
    if not provider.endpoints:
        source = source_in_words(provider.source) if provider.source else "-"
        return [[f"`{provider.name}`", provider_title(provider), "no fixed one", "-", source]]
    return [
        [
            f"`{provider.name}`",
            provider_title(provider),
            endpoint.address,
            ", ".join(map(str, endpoint.ports)),
            source_in_words(endpoint.source),
        ]
        for endpoint in provider.endpoints
    ]


def _engine_row(cni: Cni) -> list[str]:
    facts = (
        cni.ip_block_matches_pods,
        cni.ip_block_matches_nodes,
        cni.except_is_deny_wins,
        cni.except_spans_rule,
    )
    return [f"`{cni.name}`", cni.title, *map(_yes, facts)]


def _engine_section(cni: Cni) -> str:
    bullets = [*map(gap_in_words, cni.gaps), *cni.caveats]
    if cni.api_server_entity:
        bullets.append(f"The API server is the entity `{cni.api_server_entity}`.")
    namespaces = [f"`{name}`" for one in cni.system_namespaces for name in one.names]
    if namespaces:
        bullets.append(f"System namespaces of its own: {', '.join(namespaces)}.")
    gaps = (gap.source for gap in cni.gaps)
    others = (one.source for one in cni.system_namespaces)
    sources = dict.fromkeys((*cni.sources, *gaps, *others))
    bullets.append(f"Sources: {'; '.join(map(source_in_words, sources))}.")
    return f"### {cni.name}\n\n" + "\n".join(f"- {bullet}" for bullet in bullets)


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
