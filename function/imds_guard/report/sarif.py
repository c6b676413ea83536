"""The audit as SARIF 2.1.0, for code scanning.

Notes are left out: they would each be an alert. A result without a file, as of what came from
stdin, has its resource for a logical location.
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
from imds_guard.report.audited import resource_of
from imds_guard.report.rule_docs import Finding, known_findings

if TYPE_CHECKING:
    from imds_guard.report.audited import Audited
    from imds_guard.wire import Result

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_FINGERPRINT = "imdsGuard/v1"


def render(audited: Audited) -> str:
    """One run of the tool."""
    rules = list(dict.fromkeys((*known_findings(), *audited.by_id)))
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
        "results": [_result(one, rules.index(one.id), seen) for one in audited.findings],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(id: str) -> dict[str, Any]:
    """A finding's rule. What has no number is about the configuration or the platform."""
    other = Finding(id, id, f"about the configuration, the platform or a conflict: {id}", ())
    found = known_findings().get(id, other)
    return {
        "id": id,
        "name": found.name,
        "shortDescription": {"text": found.sentence},
        "fullDescription": {"text": found.sentence},
        "help": {"text": found.text, "markdown": found.markdown},
        "properties": {"tags": ["security", "kubernetes"]},
    }


def _result(result: Result, rule: int, seen: Counter[str]) -> dict[str, Any]:
    subject = f"{result.subject}: " if result.subject else ""
    fix = f" Fix: {result.fix}." if result.fix else ""
    found = {
        "ruleId": result.id,
        "ruleIndex": rule,
        "level": result.severity,
        "message": {"text": f"{subject}{result.message}.{fix}"},
        "partialFingerprints": {_FINGERPRINT: _fingerprint(result, seen)},
    }
    if location := _location(result):
        found["locations"] = [location]
    if field := result.manifest().get("field"):
        found["properties"] = {"field": field}
    return found


def _location(result: Result) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if result.path:
        location["physicalLocation"] = {"artifactLocation": {"uri": _uri(result.path)}}
        if result.line_number is not None:
            region = {"startLine": result.line_number, "startColumn": result.column or 1}
            location["physicalLocation"]["region"] = region
    if resource := resource_of(result):
        name = resource.replace(" ", "/")
        if result.field:
            name += f":{result.field}"
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    return location


def _uri(path: str) -> str:
    """Relative to the working directory, as code scanning wants it, where the file is in it."""
    relative = os.path.relpath(path)
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        return Path(path).resolve().as_uri()
    return quote(os.fsencode(Path(relative).as_posix()))


def _fingerprint(result: Result, seen: Counter[str]) -> str:
    """The same for the same fault in the next run, whatever moved or came to be around it."""
    about = resource_of(result) or result.subject
    digest = hashlib.sha256("\n".join((result.id, about, result.field or "")).encode()).hexdigest()
    seen[digest] += 1
    return f"{digest[:32]}:{seen[digest]}"
