"""The plane as a fixture. `make cluster-test` runs what is here; a plain `pytest` leaves it out."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from tests.cluster import definitions
from tests.cluster import plane as planes
from tests.cluster.lanes import Lanes
from tests.cluster.missing import Missing
from tests.cluster.plane import Plane
from tests.cluster.record import Record

# Lanes of two pods each for the random sets, or pods of random workloads.
PLACES = 48
_RECORD = pytest.StashKey[Record]()
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

if os.environ.get("IMDS_GUARD_CLUSTER") != "1":
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def machine() -> None:
    """A machine that can have the plane; skipped, and in CI failed, where it lacks something."""
    try:
        planes.needs()
    except Missing as reason:
        if os.environ.get("IMDS_GUARD_REQUIRE_CLIENTS") == "1":
            pytest.fail(f"{reason} (IMDS_GUARD_REQUIRE_CLIENTS=1)", pytrace=False)
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def plane(machine: None) -> Iterator[Plane]:
    """One plane for all tests, taken down at the end, also when the run is interrupted."""
    before = [(one, signal.signal(one, _interrupt)) for one in _SIGNALS]
    try:
        with planes.brought_up(PLACES) as found:
            yield found
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Ends the run as an interrupt from the keyboard does, so that everything is taken down."""
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_IGN)  # a second one would cut the cleaning up short
    raise KeyboardInterrupt


@pytest.fixture(scope="module")
def served(plane: Plane) -> list[str]:
    """The definitions of other kinds, served by the plane's API server."""
    return definitions.install(plane.api)


@pytest.fixture(scope="module")
def lanes(plane: Plane) -> Iterator[Lanes]:
    """Small worlds side by side, on all places of the plane."""
    found = Lanes(plane)
    yield found
    found.close()


@pytest.fixture(scope="session")
def record(pytestconfig: pytest.Config) -> Record:
    """What the tests have tried."""
    return pytestconfig.stash.setdefault(_RECORD, Record())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Shows the counts, and writes the page where IMDS_GUARD_VERDICTS names it."""
    found = config.stash.get(_RECORD, None)
    if found is not None and found.counts:
        terminalreporter.section("tried on the cluster plane")
        for line in found.lines():
            terminalreporter.write_line(line)
        page = os.environ.get("IMDS_GUARD_VERDICTS")
        if page and exitstatus == pytest.ExitCode.OK:
            found.write(Path(page))
