"""The fuzzer's properties hold for its seeds and for every case: `make fuzz` goes on from here."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.targets import TARGETS
from tests.support.clients import ROOT

INPUTS = sorted(
    path
    for folder in ("fuzz/corpus", "tests/cases")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".yaml", ".json") and path.name != "results.yaml"
)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_holds_for_all_bytes_holds_here(path: Path) -> None:
    data = path.read_bytes()
    for check in TARGETS.values():
        check(data)
    TARGETS["wire"](data[: len(data) // 2])
