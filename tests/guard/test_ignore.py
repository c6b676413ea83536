"""`ignore`: warnings that are known and may stay; never an error, and never in silence."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from imds_guard.audit import CHECKS, ERRORS
from imds_guard.config import Config, ConfigError, from_pairs
from imds_guard.wire import Result
from tests.support.applications import (
    Resource,
    audited,
    config,
    guarded,
    resource,
    service,
    stream,
    workload,
)
from tests.support.clients import ROOT
from tests.support.program import imds_guard

APP = [
    *(workload("web"), service("web", 80)),
    *(workload("api"), service("api", 80)),
    *(workload("web", "stock"), service("web", 80, namespace="stock")),
]


def ignoring(*entries: dict[str, Any], **spec: Any) -> Config:
    """A configuration with these entries, each with a reason."""
    return config(ignore=[{"reason": "nobody calls it", **entry} for entry in entries], **spec)


def speaking(results: list[Result]) -> list[str]:
    return sorted(f"{one.id} {one.subject}" for one in results if one.severity != "info")


ALL = ["IG007 shop/api", "IG007 shop/web", "IG007 stock/web"]


@pytest.mark.parametrize(
    "entry, left",
    [
        ({}, []),
        ({"workload": "web"}, ["IG007 shop/api"]),
        ({"workload": "shop/web"}, ["IG007 shop/api", "IG007 stock/web"]),
        ({"workload": "deployment/shop/web"}, ["IG007 shop/api", "IG007 stock/web"]),
        ({"workload": "statefulset/shop/web"}, [*ALL, "unmatched ignore[0]"]),
        ({"workload": "shop/other"}, [*ALL, "unmatched ignore[0]"]),
        ({"namespace": "shop"}, ["IG007 stock/web"]),
        ({"namespace": "s*"}, []),
        ({"namespace": "sho"}, [*ALL, "unmatched ignore[0]"]),
    ],
)
def test_warnings_are_ignored_where_they_are_meant(entry: dict[str, str], left: list[str]) -> None:
    given = ignoring({"finding": "IG007", **entry})
    written, results = guarded(stream(APP), given)
    assert speaking(results) == left
    told = [one for one in results if one.severity == "info" and one.id == "IG007"]
    assert len(told) == len(ALL) - len([one for one in left if one.startswith("IG007")])
    assert all(one.message.endswith("(ignored: nobody calls it)") for one in told)
    _, report = audited(written, given)
    assert speaking(report.findings) == left
    assert len(report.ignored) == len(told)


def test_other_findings_stay() -> None:
    host = workload("agent", pod={"hostNetwork": True})
    _, results = guarded(stream([*APP, host]), ignoring({"finding": "IG007"}))
    assert speaking(results) == ["IG003 shop/agent"]


def test_what_is_ignored_fails_nothing() -> None:
    args = ("--set", "failOn=warning", "--set", "ignore=[{finding: IG007, reason: known}]")
    ended = imds_guard(*args, stdin=stream(APP))
    assert (ended.status, ended.stderr) == (0, "")
    audit = imds_guard("audit", "-", *args, stdin=ended.stdout)
    assert audit.status == 0
    assert b"3 warnings ignored by the configuration" in audit.stdout


def test_a_finding_about_several_workloads_is_ignored_where_all_of_them_are() -> None:
    """One rule leaves open what both of them reach: IG015, one finding."""
    names = {"endpointSelector": {}, "egress": [{"toFQDNs": [{"matchPattern": "*"}]}]}
    policy = resource("cilium.io/v2", "CiliumNetworkPolicy", "names", "shop", spec=names)
    documents: list[Resource] = [workload("web"), workload("api"), policy]

    def left(*workloads: str) -> set[str]:
        given = ignoring(*({"finding": "IG015", "workload": one} for one in workloads))
        return {one.id for one in guarded(stream(documents), given)[1] if one.severity != "info"}

    assert left("shop/web") == left("shop/api") == {"IG015"}
    assert left("shop/web", "shop/api") == set()


def test_notes_of_the_input_can_be_ignored() -> None:
    """A warning of the function has a word for its id."""
    given = ignoring(
        {"finding": "unmatched", "workload": "shop/gone"},
        exceptions=[{"workload": "shop/gone", "reason": "comes with the next release"}],
    )
    assert speaking(guarded(stream([workload("web")]), given)[1]) == []


@pytest.mark.parametrize("finding", sorted(ERRORS))
def test_an_error_cannot_be_ignored(finding: str) -> None:
    with pytest.raises(ConfigError) as raised:
        guarded(stream(APP), ignoring({"finding": "IG007"}, {"finding": finding}, reopened="warn"))
    assert raised.value.path == "spec.ignore[1].finding"
    assert "an error cannot be ignored" in raised.value.message


def test_an_error_of_the_function_stays_one() -> None:
    """A word may stand for errors as for warnings."""
    spec = {"podSelector": {}, "policyTypes": ["Egress"]}
    policy = resource(
        "networking.k8s.io/v1", "NetworkPolicy", "default-deny-all", "shop", spec=spec
    )
    _, results = guarded(stream([workload("web"), policy]), ignoring({"finding": "conflict"}))
    assert speaking(results) == ["conflict shop/default-deny-all", "unmatched ignore[0]"]
    assert "errors cannot be ignored" in results[-1].message


@pytest.mark.parametrize(
    "entry, path, words",
    [
        ({"finding": "IG099"}, "spec.ignore[0].finding", "there is no finding IG099"),
        ({"finding": "ig007"}, "spec.ignore[0].finding", "write it as IG007"),
        ({"finding": "IG007", "reason": " "}, "spec.ignore[0].reason", "must not be empty"),
        ({"reason": "x"}, "spec.ignore[0].finding", "is required"),
        ({"finding": "IG007", "workloads": "x"}, "spec.ignore[0].workloads", "mean workload"),
        ({"finding": "IG007", "workload": "a", "namespace": "b"}, "spec.ignore[0]", "not both"),
        ({"finding": "IG007", "until": "soon"}, "spec.ignore[0].until", "write it as 2026-12-31"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(entry: dict[str, str], path: str, words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        guarded(stream(APP), ignoring(entry))
    assert raised.value.path == path
    assert words in raised.value.message


def test_an_entry_ends_like_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    given = ignoring({"finding": "IG007", "until": "2026-06-15"})

    def said(epoch: str) -> list[str]:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        results = guarded(stream(APP), given)[1]
        return [
            f"{one.severity} {one.id} {one.subject}" for one in results if one.id == "IG006"
        ] + (["IG007"] if "IG007 shop/web" in speaking(results) else [])

    assert said("1767225600") == []  # 2026-01-01
    assert said("1781481600") == ["warning IG006 ignore[0]"]  # 2026-06-15
    assert said("1782172800") == ["warning IG006 ignore[0]"]  # 2026-06-23
    assert said("1783123200") == ["error IG006 ignore[0]", "IG007"]  # 2026-07-04
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1782172800")
    _, report = audited(stream(APP), given)
    assert [one.severity for one in report.findings if one.id == "IG006"] == ["error"]


def test_flat_pairs_hold_entries_as_yaml() -> None:
    text = "[{finding: IG007, workload: shop/web, reason: known, until: 2026-12-31}]"
    (entry,) = from_pairs({"ignore": text}).spec.ignore
    assert (entry.finding, entry.workload, entry.until) == ("IG007", "shop/web", "2026-12-31")


def test_every_format_has_what_is_ignored() -> None:
    args = ("--set", "ignore=[{finding: IG007, workload: shop/web, reason: nobody calls it}]")
    written = imds_guard(*args, stdin=stream(APP)).stdout

    def shown(*more: str) -> str:
        return imds_guard("audit", "-", *args, *more, stdin=written).stdout.decode()

    for form in ("table", "markdown"):
        assert "1 warning ignored by the configuration" in shown("--format", form)
        assert "nobody calls it" not in shown("--format", form)
        assert "nobody calls it" in shown("--format", form, "--verbose")
    found = json.loads(shown("--format", "json"))
    assert found["summary"]["ignored"] == 1
    (ignored,) = found["ignored"]
    assert (ignored["id"], ignored["reason"]) == ("IG007", "nobody calls it")
    results = json.loads(shown("--format", "sarif"))["runs"][0]["results"]
    suppressions = [one["suppressions"] for one in results if "suppressions" in one]
    assert suppressions == [
        [{"kind": "external", "status": "accepted", "justification": "nobody calls it"}]
    ]
    assert len(results) == len(ALL)


def test_the_findings_that_are_errors_are_known() -> None:
    """By all that the tests have written down of findings."""
    seen: dict[str, set[str]] = {}
    for path in (ROOT / "tests" / "findings").glob("*/*/expected.yaml"):
        for one in yaml.safe_load(path.read_text()) or []:
            seen.setdefault(path.parts[-3], set()).add(one["severity"])
    assert {id for id, severities in seen.items() if "error" in severities} == ERRORS
    assert {module.ID for module in CHECKS} > ERRORS
