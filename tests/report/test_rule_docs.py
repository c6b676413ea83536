"""What is published about each finding."""

from __future__ import annotations

import json
import re

import pytest

from imds_guard.audit import CHECKS
from imds_guard.report.rule_docs import Finding, as_markdown, known_findings
from tests.support import clients
from tests.support.shop import WEB, audit

each_finding = pytest.mark.parametrize(
    "finding", known_findings().values(), ids=lambda finding: finding.id
)


def test_every_check_has_a_finding() -> None:
    assert list(known_findings()) == list(dict.fromkeys(str(module.ID) for module in CHECKS))


@pytest.mark.parametrize("check", CHECKS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_check_shows_where_it_finds_and_where_not(check: object) -> None:
    headings = re.findall(r"(?m)^(Found|Not found): \S.*\n\n    \S", check.__doc__ or "")
    assert set(headings) == {"Found", "Not found"}


@each_finding
def test_a_finding_says_what_it_is(finding: Finding) -> None:
    assert re.fullmatch(r"[a-z-]+", finding.name)
    assert finding.title
    for one in finding.examples:
        assert re.fullmatch(r".+[^.]\.", one.caption)
        assert one.snippet
        assert "\n\n" not in one.snippet


@each_finding
def test_markdown_fences_the_examples_and_plain_text_has_no_markup(finding: Finding) -> None:
    for one in finding.examples:
        assert f"**{one.heading}:** {one.caption}\n\n```yaml\n{one.snippet}\n```" in (
            finding.markdown
        )
        assert f"{one.heading}: {one.caption}\n\n    " in finding.text
    assert "```" not in finding.text
    assert "**" not in finding.text


def test_sarif_carries_both() -> None:
    log = json.loads(audit("-", "--format", "sarif", stdin=WEB).stdout)
    helps = {one["id"]: one["help"] for one in log["runs"][0]["tool"]["driver"]["rules"]}
    for id, finding in known_findings().items():
        assert helps[id] == {"text": finding.text, "markdown": finding.markdown}


def test_the_page_is_current() -> None:
    """After a change: python -m imds_guard.report.rule_docs > docs/findings.md"""
    page = clients.ROOT / "docs" / "findings.md"
    assert page.read_text(encoding="utf-8") == as_markdown()
