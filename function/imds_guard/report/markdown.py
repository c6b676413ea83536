"""The audit as Markdown, for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from imds_guard.report.groups import grouped
from imds_guard.report.summary import (
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
    from imds_guard.report.summary import Summary

_T = TypeVar("_T")
_LONGEST = 50  # rows of a table: GitHub and GitLab cut off comments that are too long
_SIGNS = {"error": "❌", "warning": "⚠️"}


def render(summary: Summary) -> str:
    """Summary, findings, and the verdicts of those that are not blocked; the rest is folded."""
    sign = _SIGNS["error"] if summary.severities["error"] else "✅"
    if not summary.severities["error"] and summary.severities["warning"]:
        sign = _SIGNS["warning"]
    counts = ", ".join(f"{number:,} {state}" for state, number in summary.states.items() if number)
    parts = [
        f"### {sign} {summary.headline}",
        f"**{summary.tally}**" + (f" | {counts}" if counts else ""),
    ]
    if summary.measure:
        parts.append(summary.measure)
    if summary.findings:
        parts.append(_findings(summary))
    if summary.ignored and summary.verbose:
        parts.append(_ignored(summary))
    blocked = [verdict for verdict in summary.verdicts if verdict.state == "blocked"]
    others = [verdict for verdict in summary.verdicts if verdict.state != "blocked"]
    if others:
        parts.append(_verdicts(others, summary))
    if blocked:
        title = f"{counted(len(blocked), 'workload')} blocked: {STATES['blocked']}"
        table = _verdicts(blocked, summary)
        parts.append(f"<details><summary>{title}</summary>\n\n{table}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _findings(summary: Summary) -> str:
    """A row for each, and one for all of a namespace that are about what is cut."""
    rows = []
    for found in summary.by_id.values():
        alone, groups = (found, []) if summary.verbose else grouped(found)
        rows += [
            (
                f"{_SIGNS[finding.severity]} {finding.id}",
                _code(resource_of(finding) or finding.subject) + _where(place_of(finding)),
                _text(message_of(finding)),
                _text(finding.fix),
            )
            for finding in alone
        ]
        rows += [
            (
                f"{_SIGNS[group.severity]} {group.id}",
                _code(group.subject),
                _text(group.message),
                _text(group.fix),
            )
            for group in groups
        ]
    return _table(("Finding", "Where", "What", "Fix"), _first(rows, summary), len(rows))


def _ignored(summary: Summary) -> str:
    rows = [
        (
            finding.id,
            _code(resource_of(finding) or finding.subject) + _where(place_of(finding)),
            _text(message_of(finding)),
            _text(reason),
        )
        for finding, reason in summary.ignored
    ]
    return _table(("Ignored", "Where", "What", "Why"), rows, len(rows))


def _verdicts(verdicts: Sequence[Verdict], summary: Summary) -> str:
    rows = [
        (
            verdict.state,
            _code(workload_of(verdict.subject)),
            _text(openings_in_words(verdict.openings, longest=2)),
            _text(verdict.reason),
        )
        for verdict in _first(verdicts, summary)
    ]
    titles = ("Verdict", "Workload", "Reaches", "Reason")
    # A column that is empty in every row says nothing.
    kept = [at for at in range(len(titles)) if any(row[at] for row in rows)]
    return _table(
        [titles[at] for at in kept], [[row[at] for at in kept] for row in rows], len(verdicts)
    )


def _first(entries: Sequence[_T], summary: Summary) -> Sequence[_T]:
    """As many entries as a comment has room for; with --verbose all."""
    return entries if summary.verbose else entries[:_LONGEST]


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], total: int) -> str:
    """A table, and under it how many of the `total` it leaves out."""
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
