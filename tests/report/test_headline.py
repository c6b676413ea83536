"""The answer in one sentence: how many can reach metadata, by which way, and what is in doubt."""

from __future__ import annotations

import pytest

from imds_guard.audit import UNSEEN, AuditReport, State, Subject, Verdict
from imds_guard.report.headline import has_doubts, headline
from imds_guard.resources.labels import Labels
from imds_guard.wire import Result


def verdict(state: State, finding: str = "", reason: str = "") -> Verdict:
    return Verdict(Subject("Pod", "shop", "web", Labels({})), state, (), reason, finding)


def found(id: str, subject: str = "shop/web") -> Result:
    return Result("warning", id, "it is so", subject=subject)


BLOCKED = verdict("blocked")
BY_RULE = verdict("open", "IG001")
BY_NONE = verdict("open", "IG002")
ON_HOST = verdict("ungoverned")
UNSURE = verdict("uncertain", reason="Calico tier")
EXCEPTED = verdict("excepted", reason="reads its zone")
EXCEPTED_HOST = verdict("ungoverned", reason="reads its zone")
UNSEEN_OPEN = found("IG001", f"{UNSEEN}, in shop")


@pytest.mark.parametrize(
    "verdicts, findings, said",
    [
        ([], [], "No workload was found, so there is nothing that could reach metadata"),
        (
            [],
            [UNSEEN_OPEN],
            "No workload was found, but pods that no manifest shows can reach the cloud metadata "
            "service (IG001)",
        ),
        (
            [],
            [found("IG009")],
            "No workload was found, but 1 resource makes pods that no manifest shows (IG009)",
        ),
        ([BLOCKED], [], "The workload is kept from the cloud metadata service"),
        ([BLOCKED] * 3, [], "All 3 workloads are kept from the cloud metadata service"),
        (
            [BLOCKED, BLOCKED, EXCEPTED],
            [],
            "2 of 3 workloads are kept from the cloud metadata service; 1 is let through, with the "
            "reason written down",
        ),
        (
            [EXCEPTED, EXCEPTED_HOST],
            [],
            "Both workloads are let through to the cloud metadata service, with the reason written "
            "down",
        ),
        (
            [BY_RULE, BLOCKED],
            [],
            "1 of 2 workloads can reach the cloud metadata service, through policies (IG001)",
        ),
        (
            [BY_RULE, BY_RULE, ON_HOST, *[BLOCKED] * 37],
            [],
            "3 of 40 workloads can reach the cloud metadata service: 2 through policies (IG001), "
            "1 on the host's network (IG003)",
        ),
        (
            [BY_NONE, BY_RULE, UNSURE, EXCEPTED_HOST],
            [UNSEEN_OPEN],
            "2 of 4 workloads can reach the cloud metadata service: 1 through policies (IG001), "
            "1 with no policy in the way (IG002); 1 more may be able to (IG015); pods that no "
            "manifest shows can reach it (IG001); 1 is let through, with the reason written down",
        ),
        (
            [UNSURE, BLOCKED],
            [],
            "1 of 2 workloads may be able to reach the cloud metadata service (IG015)",
        ),
        (
            [BLOCKED],
            [found("IG015", f"{UNSEEN}, in shop"), found("IG014"), found("not-read")],
            "The workload is kept from the cloud metadata service, but pods that no manifest shows "
            "may be able to reach it (IG015); a NAT64 translator would open it (IG014); not all of "
            "the input was read",
        ),
    ],
)
def test_the_headline_counts_by_the_way(
    verdicts: list[Verdict], findings: list[Result], said: str
) -> None:
    assert headline(AuditReport(findings, verdicts)) == said


@pytest.mark.parametrize("id", ["IG009", "IG014", "IG015", "not-read"])
def test_what_is_in_doubt_is_not_calm(id: str) -> None:
    assert has_doubts(AuditReport([found(id)], [BLOCKED]))
    assert not has_doubts(AuditReport([found("IG007")], [BLOCKED]))
