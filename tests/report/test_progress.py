"""The progress bar."""

from __future__ import annotations

import io
import sys
import time

import pytest

from imds_guard.report import progress


class Terminal(io.StringIO):
    """A text stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "stderr, patience, shown",
    [(Terminal(), 0, True), (Terminal(), 60, False), (io.StringIO(), 0, False)],
)
def test_the_bar_shows_on_a_terminal_and_only_where_it_takes_long(
    stderr: io.StringIO, patience: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, and only where it takes its time."""
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(progress, "_PATIENCE", patience)
    monkeypatch.setattr(progress, "_STEP", 1)
    with progress.Progress() as bar:
        for _ in bar.counting(range(3), "auditing"):
            deadline = time.monotonic() + 10
            while shown and "reading" not in stderr.getvalue() and time.monotonic() < deadline:
                time.sleep(0.01)
    assert ("reading: " in stderr.getvalue()) is shown
