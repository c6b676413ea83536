"""Every folder in findings/ is an input and where an audit has to find its one kind of finding.

    <ID>/<name>/input.yaml      what is audited
    <ID>/<name>/config.yaml     the functionConfig; absent for the defaults
    <ID>/<name>/expected.yaml   the findings with this id, in order; an empty list for none

An audit of the input may find other things too: their folders are elsewhere. A value that is
proposed for a field of a policy is also taken at its word: with it the finding is gone, nothing
else is wrong for it, and Kubernetes takes the policy.
IMDS_GUARD_UPDATE=1 writes down what is found now: read the difference before you commit it.
"""

from __future__ import annotations

import copy
import os
import re
from collections import Counter
from typing import Any

import pytest
import yaml

from imds_guard.audit import CHECKS, AuditReport
from imds_guard.config import Config
from imds_guard.guard import config_in
from imds_guard.guard.verify import examine
from imds_guard.resources import resources
from imds_guard.wire import Result, as_text, read
from tests.support.clients import ROOT
from tests.support.validity import violations

FINDINGS = ROOT / "tests" / "findings"
UPDATE = os.environ.get("IMDS_GUARD_UPDATE") == "1"
ALL = sorted(str(path.parent.relative_to(FINDINGS)) for path in FINDINGS.glob("*/*/input.yaml"))
IDS = list(dict.fromkeys(str(module.ID) for module in CHECKS))

Documents = list[dict[str, Any]]


def id_of(name: str) -> str:
    """The id of the finding that a folder is about."""
    return name.partition("/")[0]


def expected(name: str) -> list[dict[str, Any]]:
    """The findings that a folder has written down; none yet in a new one."""
    path = FINDINGS / name / "expected.yaml"
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text()) if path.exists() else []
    return found


# What is proposed for `allow` is a value of the configuration, and test_traffic_cut has it.
MENDED = [
    name
    for name in ALL
    if any("proposed" in one and not one["field"].startswith("allow") for one in expected(name))
]


def audit(name: str, data: bytes) -> AuditReport:
    """The audit of these bytes with the configuration of a folder."""
    config = FINDINGS / name / "config.yaml"
    given = config_in(config.read_bytes(), "") if config.exists() else Config()
    return examine(resources(read(data)), given)[1]


def found_in(name: str, documents: Documents) -> list[Result]:
    """The findings alone; a configuration may come with notes besides."""
    data = yaml.safe_dump_all(documents, sort_keys=False).encode()
    return [one for one in audit(name, data).findings if one.id.startswith("IG")]


def documents_of(name: str) -> Documents:
    """The input of a folder, as documents."""
    return list(yaml.safe_load_all((FINDINGS / name / "input.yaml").read_bytes()))


def written(one: Result) -> dict[str, Any]:
    """A finding as expected.yaml has it."""
    shown = ("id", "severity", "subject", "message", "field", "current", "proposed")
    return {key: value for key in shown if (value := getattr(one, key)) is not None}


def mended(documents: Documents, finding: Result) -> Documents:
    """The documents with the finding's proposed value at its field."""
    assert finding.reference is not None
    assert finding.field is not None
    documents = copy.deepcopy(documents)
    target: Any = next(one for one in documents if is_about(finding, one))
    *path, last = [
        int(at) if at else key for at, key in re.findall(r"\[(\d+)\]|(\w+)", finding.field)
    ]
    for step in path:
        target = target[step]
    target[last] = finding.proposed
    return documents


def is_about(finding: Result, document: dict[str, Any]) -> bool:
    """Whether the finding names this document."""
    metadata, reference = document["metadata"], finding.reference or {}
    names = document["kind"], metadata.get("namespace"), metadata["name"]
    return names == (reference.get("kind"), reference.get("namespace"), reference.get("name"))


def entirely_mended(name: str) -> tuple[Documents, list[Result]]:
    """The documents with one proposal after the other, and the findings that are left then."""
    documents = documents_of(name)
    found = found_in(name, documents)
    for _ in range(len(found)):
        proposals = [one for one in found if one.proposed is not None]
        if not proposals:
            break
        documents = mended(documents, proposals[0])
        found = found_in(name, documents)
    return documents, found


@pytest.mark.parametrize("name", ALL)
def test_a_folder_has_the_findings_that_are_written_down(name: str) -> None:
    report = audit(name, (FINDINGS / name / "input.yaml").read_bytes())
    found = [written(one) for one in report.findings if one.id == id_of(name)]
    if UPDATE and as_text(found) != as_text(expected(name)):
        path = FINDINGS / name / "expected.yaml"
        path.write_text(yaml.safe_dump(found, sort_keys=False, width=1000))
    assert as_text(found) == as_text(expected(name))


@pytest.mark.parametrize("id", IDS)
def test_a_finding_has_folders_with_it_and_without(id: str) -> None:
    assert {bool(expected(name)) for name in ALL if id_of(name) == id} == {True, False}


def test_a_folder_is_of_a_finding_that_exists() -> None:
    assert {path.name for path in FINDINGS.iterdir()} == set(IDS)


@pytest.mark.parametrize("name", MENDED)
def test_a_proposed_value_ends_its_finding(name: str) -> None:
    documents = documents_of(name)
    before = found_in(name, documents)
    for finding in before:
        if finding.proposed is None:
            continue
        after = found_in(name, mended(documents, finding))
        was, now = (Counter(one.id for one in found) for found in (before, after))
        assert now[finding.id] < was[finding.id]
        assert now <= was, "mending one thing breaks another"


@pytest.mark.parametrize("name", MENDED)
def test_the_proposed_values_together_leave_nothing(name: str) -> None:
    before = found_in(name, documents_of(name))
    _, left = entirely_mended(name)
    assert not [one for one in left if one.id in ("IG001", "IG005")]
    assert Counter(one.id for one in left) <= Counter(one.id for one in before)


@pytest.mark.parametrize("name", MENDED)
def test_kubernetes_accepts_what_is_proposed(name: str) -> None:
    before = documents_of(name)
    after, _ = entirely_mended(name)
    changed = [one for one in after if one not in before]
    assert changed
    assert [fault for one in changed for fault in violations(one)] == []
