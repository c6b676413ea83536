"""The audit as Markdown, for a comment."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.packages import write
from tests.support.shop import AGENT, OPEN_LINE, WEB, audit, guarded


def test_tables_have_findings_and_verdicts(shop: Path) -> None:
    write(shop, {"deploy/agent.yaml": AGENT})
    text = audit("deploy", "--format", "markdown").stdout.decode()
    assert text.startswith("### ❌ Both workloads can reach the cloud metadata service: 1 through")
    assert (
        f"| ❌ IG001 | `NetworkPolicy shop/open`<br>`deploy/my policies.yaml:{OPEN_LINE}:7` |"
        in text
    )
    assert "| ungoverned | `Deployment shop/agent` |" in text
    tables = [line for line in text.split("\n") if line.startswith("|")]
    # Escaped bars aside, every row has as many cells as its title.
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {5, 4}


def test_what_is_blocked_is_folded() -> None:
    text = audit("-", "--format", "markdown", stdin=guarded(WEB)).stdout.decode()
    assert text.startswith("### ✅ The workload is kept from")
    assert "<details><summary>1 workload blocked" in text


def test_findings_of_many_fit_into_a_comment() -> None:
    many = "---\n".join(WEB.replace("name: web", f"name: web-{at}") for at in range(500))
    text = audit("-", "--format", "markdown", stdin=many).stdout.decode()
    assert len(text) < 40_000  # GitHub's limit is 65,536 characters
    assert text.count("and 450 more") == 2
