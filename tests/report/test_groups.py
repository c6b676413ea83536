"""Findings about what is cut in few words: a line for each namespace, and what mends most."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imds_guard.config.setting import Remedy, Setting
from imds_guard.report.groups import advice, grouped
from imds_guard.report.lines import lines
from imds_guard.wire import Member, Result
from tests.support.applications import Resource, resource, service, stream, workload
from tests.support.program import imds_guard

SERVICES: Remedy = (Setting("allow.infer", ["services"]),)
REFERENCES: Remedy = (Setting("allow.infer", ["references"]),)
MOST_LINES = 6


def entry(name: str) -> Remedy:
    """What mends one finding alone."""
    return (Setting("allow.ingress", [{"workload": name}]),)


def cut(
    name: str, namespace: str = "shop", *remedies: Remedy, rank: int = 0, fix: str = ""
) -> Result:
    member = Member("calls are cut", name, namespace, rank)
    text = f"{name} is cut"
    return Result("warning", "IG007", text, subject=name, fix=fix, remedies=remedies, member=member)


def said(*findings: Result) -> list[str]:
    return list(lines(findings))


def test_a_namespace_has_one_line_and_the_worst_are_named() -> None:
    found = [
        cut("a", "shop", SERVICES, entry("a"), rank=1),
        cut("b", "shop", SERVICES, entry("b"), rank=1),
        cut("c", "shop", REFERENCES, entry("c")),
        cut("d", "shop", SERVICES, entry("d"), rank=1),
        cut("e", "shop", SERVICES, entry("e"), rank=1),
        cut("c", "shop", REFERENCES, entry("c")),
    ]
    assert said(*found) == [
        "warning IG007 shop: 5 calls are cut: c, a, b and 2 more "
        "(fix: add services and references to allow.infer)",
        "fix: add services and references to allow.infer, which mends all 5 "
        "(imds-guard --verbose lists each)",
    ]


def test_what_stands_alone_and_what_is_no_such_finding_keep_their_lines() -> None:
    alone = cut("a", "shop", SERVICES)
    error = Result("error", "IG001", "open", subject="shop/web", fix="close it")
    assert said(error, alone) == [error.line(), alone.line()]


def test_what_no_setting_mends_is_not_counted_as_mended() -> None:
    denied = [cut(name, fix="change the denial") for name in "ab"]
    assert said(*denied) == [
        "warning IG007 shop: 2 calls are cut: a, b (fix: change the denial)",
        "note: imds-guard --verbose lists each",
    ]
    assert said(*denied, cut("c", "shop", SERVICES)) == [
        "warning IG007 shop: 3 calls are cut: a, b, c "
        "(fix: add services to allow.infer, which mends 1 of 3; change the denial)",
        "fix: add services to allow.infer, which mends 1 of 3 (imds-guard --verbose lists each)",
    ]


def test_of_many_namespaces_the_last_share_a_line() -> None:
    found = [cut(name, f"ns-{at}", SERVICES) for at in range(9) for name in "abc"[: 3 - at // 5]]
    text = said(*found)
    assert text[0].startswith("warning IG007 ns-0: 3 calls are cut: a, b, c (fix: ")
    assert text[5] == (
        "warning IG007 4 more namespaces: 8 calls are cut, in ns-5, ns-6, ns-7, ns-8 "
        "(fix: add services to allow.infer)"
    )
    assert len(text) == 7


def test_of_a_connection_both_ends_have_to_be_mended() -> None:
    found = advice([cut("a", "shop", SERVICES), cut("a", fix="change the denial")])
    assert (found.mended, found.total) == (0, 1)


def test_a_setting_that_contradicts_a_better_one_mends_nothing() -> None:
    gke: Remedy = (Setting("platform", "gke"), Setting("podIdentity", value=True))
    eks: Remedy = (Setting("platform", "eks"), Setting("podIdentity", value=True))
    found = advice([cut("a", "x", eks), cut("b", "x", gke), cut("c", "x", gke)])
    assert found.settings == gke
    assert (found.mended, found.total) == (2, 3)


names = st.sampled_from("abcde")
remedies = st.lists(st.sampled_from((SERVICES, REFERENCES, entry("a"))), max_size=2, unique_by=repr)
findings = st.builds(
    lambda name, namespace, found, rank: cut(name, namespace, *found, rank=rank),
    names,
    st.sampled_from([f"ns-{at}" for at in range(9)]),
    remedies,
    st.integers(0, 2),
)


@given(st.lists(findings, max_size=60))
def test_nothing_is_lost_and_the_lines_are_few(found: list[Result]) -> None:
    alone, groups = grouped(found)
    shown = [*alone, *(one for group in groups for one in group.findings)]
    assert sorted(map(id, shown)) == sorted(map(id, found))
    total = {(one.member.namespace, one.member.name) for one in found if one.member}
    by_group = [len(group.names) for group in groups]
    assert sum(by_group) + len({one.member for one in alone}) >= len(total)
    assert len(groups) <= MOST_LINES
    assert len(said(*found)) <= len(alone) + MOST_LINES + 1


def fifty(namespaces: int) -> bytes:
    """Workloads with a Service and an Ingress each, which call each other."""
    made: list[Resource] = []
    for at in range(50):
        here = f"team-{at % namespaces}"
        call = [{"name": "NEXT_URL", "value": f"http://web-{(at + namespaces) % 50}:80/"}]
        backend = {"service": {"name": f"web-{at}", "port": {"number": 80}}}
        rules = [{"http": {"paths": [{"path": "/", "backend": backend}]}}]
        made += [
            workload(f"web-{at}", here, env=call),
            service(f"web-{at}", 80, namespace=here),
            resource("networking.k8s.io/v1", "Ingress", f"web-{at}", here, spec={"rules": rules}),
        ]
    return stream(made)


@pytest.mark.parametrize("namespaces", [1, 5, 10, 50])
def test_fifty_deployments_say_ten_lines_at_most(namespaces: int) -> None:
    data = fifty(namespaces)
    ended = imds_guard(stdin=data)
    text = ended.stderr.splitlines()
    assert 2 <= len(text) <= 10
    assert text[-1].startswith("fix: add ")
    assert "to allow.infer, which mends all " in text[-1]
    each = imds_guard("--verbose", stdin=data).stderr.splitlines()
    assert len(each) >= 100
    assert imds_guard("--quiet", stdin=data).stderr == ""
    infer = text[-1].removeprefix("fix: add ").partition(" to ")[0].replace(" and ", ", ")
    kinds = ",".join(infer.split(", "))
    assert imds_guard("--set", f"allow.infer={kinds}", stdin=data).stderr == ""


def test_every_format_for_people_is_short_and_those_for_programs_are_whole() -> None:
    guarded = imds_guard(stdin=fifty(5)).stdout
    table = imds_guard("audit", "-", stdin=guarded).stdout.decode()
    assert len(table.splitlines()) < 30
    assert "which mends all" in table
    assert max(map(len, table.splitlines())) <= 100
    markdown = imds_guard("audit", "--format", "markdown", "-", stdin=guarded).stdout.decode()
    assert markdown.count("IG007") == 5
    quiet = imds_guard("audit", "--quiet", "-", stdin=guarded).stdout.decode()
    assert "IG007" not in quiet
    assert "warnings." in quiet
    strict = imds_guard("audit", "--quiet", "--fail-on", "warning", "-", stdin=guarded)
    assert strict.status == 1
    assert "IG007" in strict.stdout.decode()
    found: dict[str, Any] = json.loads(
        imds_guard("audit", "--format", "json", "-", stdin=guarded).stdout
    )
    each = [one for one in found["findings"] if one["id"] == "IG007"]
    assert len(each) == found["summary"]["warnings"] >= 100
    assert each[0]["remedies"][0] == [{"path": "allow.infer", "value": ["services"]}]
    sarif = json.loads(imds_guard("audit", "--format", "sarif", "-", stdin=guarded).stdout)
    assert len(sarif["runs"][0]["results"]) == len(each)


def test_verbose_shows_the_entries_as_yaml() -> None:
    data = stream([workload("web"), service("web", 80)])
    guarded = imds_guard(stdin=data).stdout
    text = imds_guard("audit", "--verbose", "-", stdin=guarded).stdout.decode()
    _, _, shown = text.partition("the configuration gets\n")
    found = yaml.safe_load(dedent(shown.partition("\n\n")[0]))
    entry = {"workload": "Deployment/shop/web", "from": {"podLabels": {}}, "ports": [80]}
    assert found == {"spec": {"allow": {"ingress": [entry]}}}
    assert text.count("the configuration gets") == 1
