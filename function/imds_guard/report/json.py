"""The audit as JSON, for programs. The shape is stable: fields are added, none changes.

    {"summary":  {"workloads", "open", "unenforced", "uncertain", "ungoverned", "excepted",
                  "blocked", "errors", "warnings", "ignored"},
     "verdicts": [{"kind", "namespace"?, "name", "state", "openings": [{"address", "ports"}],
                   "reason"?, "file"?: {"path"}}],
     "findings": [a result of the KRM functions specification, and "id", "subject"?, "fix"?,
                  "remedies"?: [[{"path", "value"}]], "also"?: [{"path", "line"?, "column"?}];
                  in its "file" also "line" and "column"],
     "ignored":  [the same, and "reason": what the configuration ignores, and why]}

Each of the remedies mends the finding: settings of the configuration, by their path in its spec,
that go together. A list's entries are added to those that are there. "also" holds the places of
copies of the resource, such as those of an overlay, about which the same was found.

A field with a question mark is left out where there is nothing to say.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.audit import Opening, Subject, Verdict
    from imds_guard.report.summary import Summary
    from imds_guard.wire import Result


def render(summary: Summary) -> str:
    """Summary, verdicts and findings."""
    return as_text(
        {
            "summary": _counts(summary),
            "verdicts": [
                {**workload_data(verdict.subject), **verdict_data(verdict)}
                for verdict in summary.verdicts
            ],
            "findings": [
                _finding_data(finding)
                for finding in summary.report.findings
                if not summary.quiet or finding.severity == "error"
            ],
            "ignored": [
                {**_finding_data(finding), "reason": reason} for finding, reason in summary.ignored
            ],
        }
    )


def as_text(data: Any) -> str:
    """As every command writes JSON."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def workload_data(workload: Subject) -> dict[str, Any]:
    """Which workload it is, and the file that it stands in."""
    names = {"kind": workload.kind, "namespace": workload.namespace, "name": workload.name}
    resource = workload.resource
    path = (resource.path or resource.source) if resource else None
    return {**_given(names), **({"file": {"path": path}} if path else {})}


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """What was decided about a workload, and why."""
    return {
        "state": verdict.state,
        "openings": openings_data(verdict.openings),
        **_given({"reason": verdict.reason}),
    }


def openings_data(openings: Iterable[Opening]) -> list[dict[str, Any]]:
    """Metadata addresses, each with its ports."""
    return [{"address": opening.address, "ports": list(opening.ports)} for opening in openings]


def _counts(summary: Summary) -> dict[str, int]:
    counts = {"workloads": len(summary.report.verdicts)}
    counts |= {str(state): number for state, number in summary.states.items()}
    counts |= {
        "errors": summary.severities["error"],
        "warnings": summary.severities["warning"],
        "ignored": len(summary.ignored),
    }
    return counts


def _finding_data(finding: Result) -> dict[str, Any]:
    data = {"id": finding.id, **_given({"subject": finding.subject}), **finding.manifest()}
    if "file" in data:
        data["file"] |= _given({"line": finding.line_number, "column": finding.column})
    data |= _given({"fix": finding.fix})
    if finding.also:
        data["also"] = [
            _given({"path": one.source, "line": one.line, "column": one.column})
            for one in finding.also
        ]
    if finding.remedies:
        data["remedies"] = [[one._asdict() for one in remedy] for remedy in finding.remedies]
    return data


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """Those fields that say something."""
    return {key: value for key, value in fields.items() if value not in (None, "")}
