"""What holds for every format of the audit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from imds_guard.audit import AuditReport, Opening, Subject, Verdict
from imds_guard.config import Config
from imds_guard.guard.verify import examine
from imds_guard.report import chosen, names
from imds_guard.report.summary import STATES, Summary
from tests.support.shop import audit


@pytest.mark.parametrize("form", names("audit"))
def test_every_state_is_shown(form: str) -> None:
    subject = Subject("Deployment", "shop", "web", {})
    opening = (Opening("169.254.169.254", (80,)), Opening("fd00:ec2::254", (80,)))
    reasons = {"uncertain": "Calico tier", "excepted": "reads | its *zone*"}
    verdicts = [
        Verdict(replace(subject, name=f"is-{one}"), one, opening, reasons.get(one, ""))
        for one in STATES
    ]
    context, _ = examine([], Config())
    text = chosen(form).render(Summary(context, AuditReport([], verdicts)))
    if form != "sarif":
        assert [state for state in STATES if f"is-{state}" not in text] == []
        assert "Calico tier" in text


def test_no_workload_at_all_is_no_error(shop: Path) -> None:
    for form in names("audit"):
        ended = audit("deploy/my policies.yaml", "--format", form)
        assert (ended.status, ended.stderr) == (0, "")
    assert audit("deploy/my policies.yaml").stdout.decode().startswith("No workload was found")
