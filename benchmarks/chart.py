"""A chart of what was measured, as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from benchmarks.measure import Runs, What

_WIDTH = 720
_LABEL = 150  # room for the names, left of the bars
_VALUE = 90  # and for the figures, right of them
_ROW = 30
_BAR = 18

# Readable on a light and on a dark page alike.
_OURS = "#2f81f7"
_OTHERS = "#8b949e"
_TEXT = "#768390"


def chart(resources: int, found: Mapping[str, Runs]) -> str:
    """Bars for each program: seconds above, memory below. The first one is ours."""
    panels: tuple[tuple[What, str, str], ...] = (
        ("wall", "Wall seconds", "{:.2f} s"),
        ("memory", "Peak memory", "{:,.0f} MiB"),
    )
    parts: list[str] = []
    top = 0
    for what, title, form in panels:
        values = {name: runs.median(what) for name, runs in found.items()}
        parts.append(_text(0, top + 20, f"{title}, {resources:,} resources", weight="bold"))
        top += 34
        for number, (name, value) in enumerate(values.items()):
            length = max((_WIDTH - _LABEL - _VALUE) * value / max(values.values()), 1)
            middle = top + _BAR / 2 + 5
            parts.append(_text(_LABEL - 10, middle, name, anchor="end"))
            parts.append(
                f'<rect x="{_LABEL}" y="{top}" width="{length:.1f}" height="{_BAR}" rx="3" '
                f'fill="{_OTHERS if number else _OURS}"/>'
            )
            parts.append(_text(_LABEL + length + 8, middle, form.format(value)))
            top += _ROW
        top += 14
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" '
            f'width="{_WIDTH}" height="{top}" font-family="sans-serif" font-size="14" role="img">',
            "<title>Wall seconds and peak memory of each program</title>",
            *parts,
            "</svg>",
            "",
        ]
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{_TEXT}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )
