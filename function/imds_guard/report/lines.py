"""Findings as lines on standard error: one each, and one for many about what is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.report.groups import closing, grouped
from imds_guard.wire.results import line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imds_guard.wire import Result

_MORE = "imds-guard --verbose lists each"


def lines(findings: Sequence[Result]) -> Iterator[str]:
    """The lines; what mends most of what is cut is the last one."""
    alone, groups = grouped(findings)
    yield from (finding.line() for finding in alone)
    for group in groups:
        yield line(group.severity, group.id, group.subject, group.message, group.fix)
    if groups:
        most = closing(groups)
        yield f"fix: {most.words} ({_MORE})" if most.settings else f"note: {_MORE}"
