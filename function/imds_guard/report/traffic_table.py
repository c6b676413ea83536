"""Declared traffic for a person at a terminal: one line per connection."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from imds_guard.report.summary import counted
from imds_guard.report.terminal import Page
from imds_guard.report.traffic import connections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imds_guard.report.summary import Summary
    from imds_guard.report.terminal import Part
    from imds_guard.report.traffic import Connection

_GAP = 2  # between columns
_NARROWEST = 8  # a column is no narrower, however long the others are
_HEADER = ("FROM", "TO", "PORT", "DECLARED BY", "IN", "OUT")
_STYLES = {"through": "green", "cut": "bold red"}


def render(summary: Summary) -> str:
    """How many connections are cut, and every connection."""
    declared = connections(summary.context)
    page = Page(summary.width, summary.colour)
    page.line((f"{_headline(declared)}.", "bold"))
    if summary.context.policies.rules:
        page.line("Policies of other kinds are in the input: what they may let through counts so.")
    if declared:
        page.blank()
        rows = [_HEADER, *map(_row, declared)]
        widths = _fitted(rows, page.width)
        for row in rows:
            for parts in _lines(row, widths, is_header=row is _HEADER):
                page.line(*parts)
    return page.text


def _headline(declared: Sequence[Connection]) -> str:
    """The answer in one sentence, without a full stop."""
    if not declared:
        return "No traffic is declared"
    cut = sum(connection.is_cut for connection in declared)
    total = counted(len(declared), "declared connection")
    if not cut:
        return f"{total}, none is cut" if len(declared) > 1 else f"{total}, let through"
    return f"{cut:,} of {total} {'is' if cut == 1 else 'are'} cut"


def _row(connection: Connection) -> tuple[str, ...]:
    states = {True: "through", False: "cut", None: ""}
    ports = ", ".join(connection.ports)
    fate = states[connection.let_in], states[connection.let_out]
    return (connection.sender, connection.receiver, ports, connection.declared_by, *fate)


def _fitted(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide each column is: as its widest cell, the widest narrowed to fit.

    No word is broken while there is another way.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    words = [
        max(len(word) for text in column for word in [*text.split(), ""]) for column in columns
    ]
    room = width - _GAP * (len(widths) - 1)
    for least in (words, [min(word, _NARROWEST) for word in words]):
        while sum(widths) > room and (wide := _spare(widths, least)) is not None:
            widths[wide] -= 1
    return widths


def _spare(widths: Sequence[int], least: Sequence[int]) -> int | None:
    """The widest column that may be narrower."""
    wide = [at for at, width in enumerate(widths) if width > least[at]]
    return max(wide, key=lambda at: widths[at], default=None)


def _lines(row: Sequence[str], widths: Sequence[int], *, is_header: bool) -> Iterator[list[Part]]:
    """A row's cells, each wrapped in its column."""
    cells = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells))):
        texts = [cell[number] if number < len(cell) else "" for cell in cells]
        styles = ["dim" if is_header else _STYLES.get(text, "") for text in texts]
        gaps = [_GAP] * (len(widths) - 1) + [0]
        yield [
            (text.ljust(width + gap), style)
            for text, width, gap, style in zip(texts, widths, gaps, styles, strict=True)
        ]


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width`; a name that is longer is broken where it has to be."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]
