"""`imds-guard explain`: the findings, and what each means."""

from __future__ import annotations

import pytest

from imds_guard.report.rule_docs import known_findings
from tests.support.program import imds_guard


def test_without_an_id_it_lists_all_findings() -> None:
    lines = imds_guard("explain").stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == list(known_findings())


@pytest.mark.parametrize("id", ["IG001", "ig001"])
def test_it_tells_what_a_finding_means(id: str) -> None:
    said = imds_guard("explain", id).stdout.decode()
    assert said.startswith("IG001 metadata-open\n\nA rule lets a workload reach")
    assert "Not found:" in said
    assert max(map(len, said.splitlines())) <= 100


def test_a_workload_is_pointed_to_the_audit() -> None:
    ended = imds_guard("explain", "shop/web")
    assert ended.status == 2
    assert "imds-guard audit PATH --explain shop/web" in ended.stderr
