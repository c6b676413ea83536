"""What holds for every format of the audit."""

from __future__ import annotations

from pathlib import Path

import pytest

from imds_guard.audit import AuditReport, Opening, Subject, Verdict
from imds_guard.config import Config
from imds_guard.guard.verify import examine
from imds_guard.report import chosen, names
from imds_guard.report.summary import STATES, Summary
from imds_guard.resources.labels import Labels
from tests.support.shop import OPEN, WEB, audit


@pytest.mark.parametrize("form", names("audit"))
def test_every_state_is_shown(form: str) -> None:
    opening = (Opening("169.254.169.254", (80,)), Opening("fd00:ec2::254", (80,)))
    reasons = {"uncertain": "Calico tier", "excepted": "reads | its *zone*"}
    verdicts = [
        Verdict(
            Subject("Deployment", "shop", f"is-{one}", Labels({})),
            one,
            opening,
            reasons.get(one, ""),
        )
        for one in STATES
    ]
    context, _ = examine([], Config())
    text = chosen(form).render(Summary(context, AuditReport([], verdicts)))
    if form not in ("sarif", "github"):  # what these show is findings
        assert [state for state in STATES if f"is-{state}" not in text] == []
        assert "Calico tier" in text


CLOSED = OPEN.replace("cidr: 0.0.0.0/0", "cidr: 10.0.0.0/8")


def test_no_workload_at_all_is_no_error() -> None:
    for form in names("audit"):
        ended = audit("-", "--format", form, stdin=CLOSED)
        assert (ended.status, ended.stderr) == (0, "")
    said = audit("-", stdin=CLOSED).stdout.decode()
    assert said.startswith("No workload was found, so there is nothing that could reach metadata")


def test_what_a_policy_opens_for_pods_that_nobody_sees_is_in_the_headline(shop: Path) -> None:
    ended = audit("deploy/my policies.yaml")
    assert ended.status == 1
    assert ended.stdout.decode().startswith(
        "No workload was found, but pods that no manifest shows can reach the cloud metadata"
    )
    blocked = (
        WEB + "---\n" + OPEN.replace("podSelector: {}", "podSelector: {matchLabels: {a: b}}", 1)
    )
    blocked += "---\n" + CLOSED.replace("name: open", "name: closed")
    said = audit("-", stdin=blocked).stdout.decode().split("\n\n")[0]
    assert said.replace("\n", " ") == (
        "The workload is kept from the cloud metadata service, but pods that no manifest shows "
        "can reach it (IG001)."
    )
