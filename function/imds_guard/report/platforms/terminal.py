"""The platform data for a person at a terminal: all platforms in a table, or one in detail."""

from __future__ import annotations

import ipaddress
import textwrap
from typing import TYPE_CHECKING

from imds_guard.platforms import CNIS, PLATFORMS, PROVIDERS
from imds_guard.report.platforms.phrases import (
    aliases_in_words,
    api_server_lines,
    dns_lines,
    gap_in_words,
    identities_of,
    identity_lines,
    minded,
    neighbour_in_words,
    platform_named,
    ports_in_words,
    source_in_words,
    sources_of,
    system_namespaces_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.platforms import Platform

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
_LEFT_OUT = "these namespaces are left out unless namespaces.include has the exact name"


def table(name: str | None = None) -> str:
    """All platforms as a table, or one in detail. Raises ConfigError for an unknown name."""
    if name is not None:
        return _detail(platform_named(name))
    rows = [[title for title, _ in _COLUMNS], *map(_row, PLATFORMS.values())]
    aliases = f"{aliases_in_words()}.".replace("`", "")
    return "\n".join([*map(_line, rows), "", aliases, _NAMES_TO_ASK_FOR, ""])


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
        f"{endpoint.address} ({_family(endpoint.address)}), TCP {ports_in_words(endpoint.ports)}: "
        f"{PROVIDERS[name].title} [{source_in_words(endpoint.source)}]"
        for name in platform.providers
        for endpoint in PROVIDERS[name].endpoints
    ]
    link_local = platform.block == "link-local"
    also = "and all of 169.254.0.0/16 and fe80::/10" if link_local else "and nothing else"
    sections = [
        ("blocks", [*endpoints, also]),
        ("DNS", dns_lines(platform.dns)),
        ("API server", api_server_lines(platform)),
        *(("identity", identity_lines(identity)) for identity in identities_of(platform)),
        ("cni", [CNIS[platform.cni].title if platform.cni else "any; set cni for Cilium"]),
        ("nearby", [neighbour_in_words(neighbour) for neighbour in platform.neighbours]),
        ("system", [", ".join(_namespaces(platform)), _LEFT_OUT]),
        ("mind", [*minded(platform), *_of_engine(platform)]),
        ("sources", sources_of(platform)),
    ]
    lines = [f"{platform.name}: {platform.title}", ""]
    for label, entries in sections:
        for index, entry in enumerate(entries):
            lines += _entry(label if index == 0 else "", entry)
    return "\n".join(lines) + "\n"


def _namespaces(platform: Platform) -> list[str]:
    return [name for one in system_namespaces_of(platform) for name in one.names]


def _of_engine(platform: Platform) -> list[str]:
    """What its engine does not enforce, and how it differs where it is the only one."""
    engine = CNIS.get(platform.cni or platform.usual_cni)
    gaps = map(gap_in_words, engine.gaps) if engine else ()
    return [*gaps, *(CNIS[platform.cni].caveats if platform.cni else ())]


def _entry(label: str, text: str) -> list[str]:
    indent = " " * (_LABEL_WIDTH + 2)
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{label.ljust(_LABEL_WIDTH)}- ",
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _family(address: str) -> str:
    return f"IPv{ipaddress.ip_address(address).version}"
