"""The program as a process of its own, with the streams and signals that a test gives it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.packages import APP, imds_guard

PROGRAM = str(imds_guard().path)


def ended(
    *args: str | Path, env: Mapping[str, str] | None = None, **streams: Any
) -> subprocess.CompletedProcess[bytes]:
    """A run with these streams; stderr is always ours to read."""
    return subprocess.run(
        [PROGRAM, *args],
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        timeout=60,
        check=False,
        **streams,
    )


def shell(command: str) -> subprocess.CompletedProcess[bytes]:
    """A run by a shell, which can close streams."""
    return subprocess.run(
        ["sh", "-c", command, PROGRAM], input=APP.encode(), capture_output=True, check=False
    )


def hears(number: signal.Signals) -> None:
    """Take back that what runs the tests ignores the signal, as a shell's background jobs do."""
    signal.signal(number, signal.SIG_DFL)
