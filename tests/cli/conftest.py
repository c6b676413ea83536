"""Fixtures for runs of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.packages import APP


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A file that holds an application."""
    path = tmp_path / "app.yaml"
    path.write_text(APP)
    return path
