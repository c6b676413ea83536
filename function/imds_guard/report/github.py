"""The audit as workflow commands of GitHub Actions, which mark lines of a pull request.

GitHub documentation, Workflow commands: `error` and `warning` with title, file, line and column,
and which characters are escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.report.rule_docs import known_findings
from imds_guard.report.summary import message_of, resource_of

if TYPE_CHECKING:
    from imds_guard.report.summary import Summary
    from imds_guard.wire import Result

_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


def render(summary: Summary) -> str:
    """A command for each finding, then the headline with the counts."""
    lines = [_command(finding) for finding in summary.findings]
    states = ", ".join(f"{count} {state}" for state, count in summary.states.items() if count)
    counts = f" ({states})" if states else ""
    return "\n".join((*lines, f"{summary.headline}{counts}. {summary.tally}.")) + "\n"


def _command(finding: Result) -> str:
    known = known_findings().get(finding.id)
    properties = {"title": f"{finding.id} {known.name}" if known else finding.id}
    if finding.path:
        properties["file"] = finding.path
        if finding.line_number is not None:
            properties |= {"line": str(finding.line_number), "col": str(finding.column or 1)}
    given = ",".join(f"{key}={_escaped(text, _IN_PROPERTY)}" for key, text in properties.items())
    fix = f" (fix: {finding.fix})" if finding.fix else ""
    about = resource_of(finding)
    subject = f"{about}: " if about else ""
    message = _escaped(f"{subject}{message_of(finding)}{fix}", _IN_MESSAGE)
    return f"::{finding.severity} {given}::{message}"


def _escaped(text: str, by: dict[str, str]) -> str:
    return "".join(by.get(char, char) for char in text)
