"""The audit as Markdown, for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from imds_guard.report.audited import (
    STATES,
    counted,
    message_of,
    openings_in_words,
    place_of,
    resource_of,
    workload_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imds_guard.audit import Verdict
    from imds_guard.report.audited import Audited

_T = TypeVar("_T")
_LONGEST = 50  # rows of a table: GitHub and GitLab cut off comments that are too long
_SIGNS = {"error": "❌", "warning": "⚠️"}


def render(audited: Audited) -> str:
    """Summary, findings, and the verdicts of those that are not blocked; the rest is folded."""
    sign = _SIGNS["error"] if audited.severities["error"] else "✅"
    if not audited.severities["error"] and audited.severities["warning"]:
        sign = _SIGNS["warning"]
    counts = ", ".join(f"{number:,} {state}" for state, number in audited.states.items() if number)
    parts = [
        f"### {sign} {audited.headline}",
        f"**{audited.tally}**" + (f" | {counts}" if counts else ""),
    ]
    if audited.findings:
        parts.append(_findings(audited))
    blocked = [one for one in audited.verdicts if one.state == "blocked"]
    others = [one for one in audited.verdicts if one.state != "blocked"]
    if others:
        parts.append(_verdicts(others, audited))
    if blocked:
        title = f"{counted(len(blocked), 'workload')} blocked: {STATES['blocked']}"
        table = _verdicts(blocked, audited)
        parts.append(f"<details><summary>{title}</summary>\n\n{table}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _findings(audited: Audited) -> str:
    found = [one for group in audited.by_id.values() for one in group]
    rows = [
        (
            f"{_SIGNS[one.severity]} {one.id}",
            _code(resource_of(one) or one.subject) + _where(place_of(one)),
            _text(message_of(one)),
            _text(one.fix),
        )
        for one in _first(found, audited)
    ]
    return _table(("Finding", "Where", "What", "Fix"), rows, len(found))


def _verdicts(found: Sequence[Verdict], audited: Audited) -> str:
    rows = [
        (
            one.state,
            _code(workload_of(one.subject)),
            _text(openings_in_words(one.openings, longest=2)),
            _text(one.reason),
        )
        for one in _first(found, audited)
    ]
    titles = ("Verdict", "Workload", "Reaches", "Reason")
    # A column that is empty in every row says nothing.
    kept = [at for at in range(len(titles)) if any(row[at] for row in rows)]
    return _table(
        [titles[at] for at in kept], [[row[at] for at in kept] for row in rows], len(found)
    )


def _first(found: Sequence[_T], audited: Audited) -> Sequence[_T]:
    return found if audited.verbose else found[:_LONGEST]


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], total: int) -> str:
    lines: Iterable[Sequence[str]] = [titles, ["---"] * len(titles), *rows]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    if more := total - len(rows):
        text += f"\n\nand {more:,} more: `imds-guard audit --verbose` lists all"
    return text


def _where(place: str) -> str:
    return f"<br>{_code(place)}" if place else ""


def _code(text: str) -> str:
    """As code in a table's cell, where a backtick or a bar would end it."""
    return f"`{' '.join(text.split())}`".replace("|", "\\|") if text else ""


def _text(text: str) -> str:
    """As text in a table's cell, without any markup."""
    flat = " ".join(text.split()).replace("\\", "\\\\").replace("<", "&lt;")
    for char in "|*_`[]~":
        flat = flat.replace(char, f"\\{char}")
    return flat
