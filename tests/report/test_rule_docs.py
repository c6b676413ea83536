"""What is published about each finding."""

from __future__ import annotations

import re

from imds_guard.audit import CHECKS
from imds_guard.report.rule_docs import as_markdown, known_findings
from tests.support import clients


def test_every_finding_is_documented() -> None:
    assert list(known_findings()) == list(dict.fromkeys(str(module.ID) for module in CHECKS))
    for one in known_findings().values():
        assert re.fullmatch(r"[a-z-]+", one.name)
        assert one.title
        assert "**Found:** " in one.text
        assert "**Not found:** " in one.text


def test_the_page_is_current() -> None:
    """After a change: python -m imds_guard.report.rule_docs > docs/findings.md"""
    page = clients.ROOT / "docs" / "findings.md"
    assert page.read_text(encoding="utf-8") == as_markdown()
