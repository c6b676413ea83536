"""The audit as JSON, for programs. The shape is stable: fields are added, none changes.

    {"summary":  {"workloads", "open", "uncertain", "ungoverned", "excepted", "blocked",
                  "errors", "warnings"},
     "verdicts": [{"kind", "namespace"?, "name", "state", "openings": [{"address", "ports"}],
                   "reason"?, "file"?: {"path"}}],
     "findings": [a result of the KRM functions specification, and "id", "subject"?, "fix"?;
                  in its "file" also "line" and "column"]}

A field with a question mark is left out where there is nothing to say.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.audit import Opening, Subject, Verdict
    from imds_guard.report.audited import Audited
    from imds_guard.wire import Result


def render(audited: Audited) -> str:
    """The whole of it."""
    return as_text(
        {
            "summary": _summary(audited),
            "verdicts": [{**subject(one.subject), **verdict(one)} for one in audited.verdicts],
            "findings": [_finding(one) for one in audited.report.findings],
        }
    )


def as_text(data: Any) -> str:
    """As every command writes JSON."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def subject(subject: Subject) -> dict[str, Any]:
    """A workload."""
    found = {"kind": subject.kind, "namespace": subject.namespace, "name": subject.name}
    file = {"path": subject.resource.path or subject.resource.source} if subject.resource else {}
    return {**_given(found), **({"file": file} if file.get("path") else {})}


def verdict(verdict: Verdict) -> dict[str, Any]:
    """What was decided about a workload, and why."""
    return {
        "state": verdict.state,
        "openings": openings_data(verdict.openings),
        **_given({"reason": verdict.reason}),
    }


def openings_data(openings: Iterable[Opening]) -> list[dict[str, Any]]:
    """Metadata addresses, each with its ports."""
    return [{"address": one.address, "ports": list(one.ports)} for one in openings]


def _summary(audited: Audited) -> dict[str, int]:
    counts = {"workloads": len(audited.report.verdicts)}
    counts |= {str(state): number for state, number in audited.states.items()}
    found = audited.severities
    return {**counts, "errors": found["error"], "warnings": found["warning"]}


def _finding(result: Result) -> dict[str, Any]:
    found = {"id": result.id, **_given({"subject": result.subject}), **result.manifest()}
    if "file" in found:
        found["file"] |= _given({"line": result.line_number, "column": result.column})
    return found | _given({"fix": result.fix})


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """Those fields that say something."""
    return {key: value for key, value in fields.items() if value not in (None, "")}
