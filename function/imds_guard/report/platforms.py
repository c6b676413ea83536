"""The platform data: as a table for people, as JSON, and as the page docs/platforms.md.

`python -m imds_guard.report.platforms` writes that page.
"""

from __future__ import annotations

import ipaddress
import textwrap
from typing import TYPE_CHECKING, Any

from imds_guard.config import ConfigError
from imds_guard.config.errors import nearest
from imds_guard.platforms import CNIS, PLATFORMS, PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imds_guard.platforms import Cni, Dns, Identity, Platform, Provider, Source

WIDTH = 100
_GAP = "  "
_COLUMNS = (
    ("NAME", 16),
    ("PLATFORM", 18),
    ("BLOCKS", 16),
    ("DNS", 21),
    ("IDENTITY", 9),
    ("CNI", 10),
)
_LABEL_WIDTH = 12
_NAMES_TO_ASK_FOR = "imds-guard platforms NAME shows one of them, with its sources."


def table(name: str | None = None) -> str:
    """All platforms as a table, or one in detail. Raises ConfigError for an unknown name."""
    if name is not None:
        return _detail(_platform(name))
    rows = [[title for title, _ in _COLUMNS], *map(_row, PLATFORMS.values())]
    return "\n".join([*map(_line, rows), "", _NAMES_TO_ASK_FOR, ""])


def as_json(name: str | None = None) -> str:
    """The same facts for programs: one platform's, or all of the data."""
    import json

    if name is not None:
        data = _platform_data(_platform(name))
    else:
        data = {
            "platforms": [_platform_data(one) for one in PLATFORMS.values()],
            "providers": [_plain(one) for one in PROVIDERS.values()],
            "cnis": [_plain(one) for one in CNIS.values()],
        }
    return json.dumps(data, indent=2) + "\n"


def as_markdown() -> str:
    """The page docs/platforms.md."""
    parts = [
        "# Platforms, providers and engines",
        "What `spec.platform`, `spec.providers` and `spec.cni` know. This page is made from the "
        "data: `python -m imds_guard.report.platforms > docs/platforms.md`.",
        "A source marked (medium) is the only one that says so; all other facts are documented by "
        "the provider or were read in its code.",
        "## Platforms",
        _markdown_table(
            ("Name", "Platform", "Blocks", "DNS", "Identity", "CNI"),
            [_markdown_row(one) for one in PLATFORMS.values()],
        ),
        *map(_markdown_platform, PLATFORMS.values()),
        "## Providers",
        "Every one can be named in `spec.providers`, on any platform.",
        _markdown_table(
            ("Name", "Service", "Address", "TCP ports", "Source"),
            [row for one in PROVIDERS.values() for row in _markdown_endpoints(one)],
        ),
        "\n".join(f"- `{one.name}`: {one.note}" for one in PROVIDERS.values() if one.note),
        "## Engines",
        _markdown_table(
            (
                "Name",
                "Engine",
                "ipBlock matches pods",
                "ipBlock matches nodes",
                "except denies",
                "except spans its rule",
                "both families",
            ),
            [_markdown_cni(one) for one in CNIS.values()],
        ),
        *(_markdown_cni_notes(one) for one in CNIS.values()),
    ]
    return "\n\n".join(parts) + "\n"


def _platform(name: str) -> Platform:
    if name not in PLATFORMS:
        raise ConfigError(f"unknown platform {name!r}{nearest(name, list(PLATFORMS))}")
    return PLATFORMS[name]


# The facts in words.


def _dns_pods(dns: Dns) -> str:
    """kube-system k8s-app=kube-dns, port 53"""
    labels = " ".join(f"{key}={' or '.join(values)}" for key, values in dns.pod_labels)
    return f"{dns.namespace} {labels}, {_ports(dns.ports)}"


def _dns_lines(dns: Dns) -> list[str]:
    lines = [f"pods of {_dns_pods(dns)}, UDP and TCP"]
    if dns.to == "anywhere":
        lines = [f"any address, {_ports(dns.ports)}, UDP and TCP", f"known: {lines[0]}"]
    return lines + [f"{address}, port 53, UDP and TCP" for address in dns.addresses]


def _identity_lines(identity: Identity) -> list[str]:
    lines = [identity.title]
    lines += [f"{one.address}, TCP {_ports(one.ports)}" for one in identity.endpoints]
    if identity.over_internet:
        lines.append("over the internet, TCP 443")
    if identity.api_server_ports:
        lines.append(
            f"the Kubernetes API server's address, TCP {_ports(identity.api_server_ports)}"
        )
    if identity.cilium_host:
        lines.append("on Cilium: a CiliumNetworkPolicy with toEntities [host]")
    for sign in identity.workload_signs:
        value = f": {sign.value}" if sign.value is not None else ""
        lines.append(f"shown by {sign.place.replace('-', ' ')} {sign.key}{value}")
    return [*lines, identity.note] if identity.note else lines


def _ports(numbers: Iterable[int]) -> str:
    """port 53; ports 80, 443"""
    texts = [str(number) for number in numbers]
    return f"port{'s' if len(texts) > 1 else ''} {', '.join(texts)}"


def _family(address: str) -> str:
    return f"IPv{ipaddress.ip_address(address).version}"


def _source(source: Source) -> str:
    return source.title if source.confidence == "high" else f"{source.title} ({source.confidence})"


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _sources(platform: Platform) -> list[str]:
    """Each source of a platform's facts once, those of its endpoints left out."""
    found = [*platform.dns.sources, *platform.sources]
    for identity in _identities(platform):
        found += [*identity.sources, *(one.source for one in identity.endpoints)]
        found += [sign.source for sign in identity.workload_signs]
    found += [one.source for one in platform.neighbours]
    return list(dict.fromkeys(map(_source, found)))


def _identities(platform: Platform) -> tuple[Identity, ...]:
    return (*filter(None, (platform.identity,)), *platform.further_identities)


# Text.


def _row(platform: Platform) -> list[str]:
    dns = platform.dns
    resolvers = ["anywhere"] if dns.to == "anywhere" else []
    resolvers += [f"{dns.namespace} :{', :'.join(map(str, dns.ports))}", *dns.addresses]
    identity = platform.identity.name if platform.identity else "-"
    return [
        platform.name,
        platform.title,
        "\n".join(platform.providers),
        "\n".join(resolvers),
        identity,
        platform.cni or "any",
    ]


def _line(cells: Sequence[str]) -> str:
    """A row as lines of text, each cell wrapped into its column."""
    columns = [_wrapped(cell, width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True)]
    height = max(map(len, columns))
    padded = [column + [""] * (height - len(column)) for column in columns]
    widths = [width for _, width in _COLUMNS]
    return "\n".join(
        _GAP.join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()
        for parts in zip(*padded, strict=True)
    )


def _wrapped(text: str, width: int) -> list[str]:
    return [line for part in text.split("\n") for line in textwrap.wrap(part, width) or [""]]


def _detail(platform: Platform) -> str:
    endpoints = [
        f"{one.address} ({_family(one.address)}), TCP {_ports(one.ports)}: "
        f"{PROVIDERS[name].title} [{_source(one.source)}]"
        for name in platform.providers
        for one in PROVIDERS[name].endpoints
    ]
    link_local = platform.block == "link-local"
    also = "and all of 169.254.0.0/16 and fe80::/10" if link_local else "and nothing else"
    sections = [
        ("blocks", [*endpoints, also]),
        ("DNS", _dns_lines(platform.dns)),
        *(("identity", _identity_lines(one)) for one in _identities(platform)),
        ("cni", [CNIS[platform.cni].title if platform.cni else "any; set cni for Cilium"]),
        ("nearby", [_needed(one) for one in platform.neighbours]),
        ("mind", [*platform.caveats, *_cni_caveats(platform)]),
        ("sources", _sources(platform)),
    ]
    lines = [f"{platform.name}: {platform.title}", ""]
    for label, entries in sections:
        for index, entry in enumerate(entries):
            lines += _entry(label if index == 0 else "", entry)
    return "\n".join(lines) + "\n"


def _needed(neighbour: Any) -> str:
    return f"{neighbour.address}, {neighbour.protocol} {neighbour.port}: {neighbour.title}"


def _cni_caveats(platform: Platform) -> tuple[str, ...]:
    return CNIS[platform.cni].caveats if platform.cni else ()


def _entry(label: str, text: str) -> list[str]:
    indent = " " * (_LABEL_WIDTH + 2)
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{label.ljust(_LABEL_WIDTH)}- ",
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


# JSON.


def _platform_data(platform: Platform) -> dict[str, Any]:
    """A platform with its providers' endpoints in place of their names."""
    data: dict[str, Any] = _plain(platform)
    data["providers"] = [_plain(PROVIDERS[name]) for name in platform.providers]
    data["dns"]["podLabels"] = {key: list(values) for key, values in platform.dns.pod_labels}
    return data


def _plain(value: Any) -> Any:
    """Named tuples as mappings, their fields in lowerCamelCase as in the configuration."""
    if hasattr(value, "_asdict"):
        return {_camel(key): _plain(held) for key, held in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(held) for held in value]
    return value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


# Markdown.


def _markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _markdown_row(platform: Platform) -> list[str]:
    dns = platform.dns
    resolvers = ["anywhere"] if dns.to == "anywhere" else []
    resolvers += [_dns_pods(dns), *dns.addresses]
    return [
        f"[`{platform.name}`](#{platform.name})",
        platform.title,
        ", ".join(platform.providers),
        "; ".join(resolvers),
        platform.identity.title if platform.identity else "-",
        platform.cni or "any",
    ]


def _markdown_platform(platform: Platform) -> str:
    bullets = [f"DNS: {'; '.join(_dns_lines(platform.dns))}."]
    bullets += [f"Identity: {'; '.join(_identity_lines(one))}" for one in _identities(platform)]
    if needed := "; ".join(map(_needed, platform.neighbours)):
        bullets.append(f"Needed near the metadata service: {needed}.")
    bullets += platform.caveats
    bullets.append(f"Sources: {'; '.join(_sources(platform))}.")
    return f"### {platform.name}\n\n" + "\n".join(f"- {bullet}" for bullet in bullets)


def _markdown_endpoints(provider: Provider) -> list[list[str]]:
    return [
        [
            f"`{provider.name}`",
            provider.title,
            one.address,
            ", ".join(map(str, one.ports)),
            _source(one.source),
        ]
        for one in provider.endpoints
    ]


def _markdown_cni(cni: Cni) -> list[str]:
    facts = (
        cni.ip_block_matches_pods,
        cni.ip_block_matches_nodes,
        cni.except_is_deny_wins,
        cni.except_spans_rule,
        cni.enforces_both_families,
    )
    return [f"`{cni.name}`", cni.title, *map(_yes, facts)]


def _markdown_cni_notes(cni: Cni) -> str:
    bullets = [*cni.caveats, f"Sources: {'; '.join(map(_source, cni.sources))}."]
    return f"### {cni.name}\n\n" + "\n".join(f"- {bullet}" for bullet in bullets)


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_markdown())
