"""The audit as SARIF 2.1.0, for code scanning.

Notes are left out: they would each be an alert. A result without a file, as of what came from
stdin, has its resource for a logical location. What the configuration ignores is suppressed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from imds_guard import __version__
from imds_guard.report.rule_docs import Finding, known_findings
from imds_guard.report.summary import resource_of

if TYPE_CHECKING:
    from imds_guard.report.summary import Summary
    from imds_guard.wire import Result

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_FINGERPRINT = "imdsGuard/v1"


def render(summary: Summary) -> str:
    """A log with one run of the tool: its rules and its results."""
    ignored = [finding.id for finding, _ in summary.ignored]
    rules = list(dict.fromkeys((*known_findings(), *summary.by_id, *ignored)))
    seen: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "imds-guard",
                "version": __version__,
                "rules": [_rule(id) for id in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            *(_result(finding, rules.index(finding.id), seen) for finding in summary.findings),
            *(
                {**_result(finding, rules.index(finding.id), seen), **_suppressed(reason)}
                for finding, reason in summary.ignored
            ),
        ],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(id: str) -> dict[str, Any]:
    """A finding's rule. What has no number is about the configuration or the platform."""
    other = Finding(id, id, f"about the configuration, the platform or a conflict: {id}", ())
    finding = known_findings().get(id, other)
    return {
        "id": id,
        "name": finding.name,
        "shortDescription": {"text": finding.sentence},
        "fullDescription": {"text": finding.sentence},
        "help": {"text": finding.text, "markdown": finding.markdown},
        "properties": {"tags": ["security", "kubernetes"]},
    }


def _result(finding: Result, rule: int, seen: Counter[str]) -> dict[str, Any]:
    """A finding as an alert; `rule` is the place of its rule among all of them."""
    subject = f"{finding.subject}: " if finding.subject else ""
    fix = f" Fix: {finding.fix}." if finding.fix else ""
    result = {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{subject}{finding.message}.{fix}"},
        "partialFingerprints": {_FINGERPRINT: _fingerprint(finding, seen)},
    }
    if location := _location(finding):
        result["locations"] = [location]
    if finding.also:
        result["relatedLocations"] = [
            {"physicalLocation": _physical(one.source, one.line, one.column)}
            for one in finding.also
        ]
    if field := finding.manifest().get("field"):
        result["properties"] = {"field": field}
    return result


def _suppressed(reason: str) -> dict[str, Any]:
    """That a result is known and may stay. external: it is said elsewhere than in its file."""
    suppression = {"kind": "external", "status": "accepted", "justification": reason}
    return {"suppressions": [suppression]}


def _location(finding: Result) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.path:
        place = finding.path, finding.line_number, finding.column
        location["physicalLocation"] = _physical(*place)
    if resource := resource_of(finding):
        name = resource.replace(" ", "/")
        if finding.field:
            name += f":{finding.field}"
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    return location


def _physical(path: str, line: int | None, column: int | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(path)}}
    if line is not None:
        physical["region"] = {"startLine": line, "startColumn": column or 1}
    return physical


def _uri(path: str) -> str:
    """Relative to the working directory, as code scanning wants it, where the file is in it."""
    relative = os.path.relpath(path)
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        return Path(path).resolve().as_uri()
    return quote(os.fsencode(Path(relative).as_posix()))


def _fingerprint(finding: Result, seen: Counter[str]) -> str:
    """The same for the same fault in the next run, whatever moved or came to be around it."""
    about = resource_of(finding) or finding.subject
    parts = (finding.id, about, finding.field or "")
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    seen[digest] += 1
    return f"{digest[:32]}:{seen[digest]}"
