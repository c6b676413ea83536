"""What manifests declare: who sends what to whom."""

from __future__ import annotations

import pytest

from tests.support.applications import declared, stream
from tests.support.declarations import CASES, EVERY


@pytest.mark.parametrize("kind, name", EVERY)
def test_manifests_declare_what_is_written_down_and_nothing_else(kind: str, name: str) -> None:
    case = CASES[kind][name]
    assert declared(stream(case.resources), kind) == case.flows
