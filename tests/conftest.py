"""Fixtures that every test may ask for."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from tests.support import clients
from tests.support.packages import write
from tests.support.shop import OPEN, WEB


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> str:
    """The name of the image, built from this checkout: once, however many processes test it."""
    docker = clients.engine()
    # Each of pytest-xdist's processes has its own folder in the one that all of them share.
    shared = Path(tmp_path_factory.getbasetemp()).parent
    built = shared / f"image-{testrun_uid}"
    with (shared / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            built.write_text(clients.build_image(docker))
        return built.read_text()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which web may reach metadata over IPv4, by one rule, and is the only workload."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return write(tmp_path, {"deploy/web.yaml": WEB, "deploy/my policies.yaml": OPEN})
