"""The program as a person runs it, inside the test's own process."""

from __future__ import annotations

import gc
import io
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass
from unittest import mock

from imds_guard.__main__ import main


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    status: int
    stdout: bytes
    stderr: str


def imds_guard(*args: str, stdin: bytes = b"") -> Ended:
    """Runs the command line with these arguments."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.StringIO()
    into = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    status = 0
    with (
        mock.patch.object(sys, "argv", ["imds-guard", *args]),
        mock.patch.object(sys, "stdin", into),
        mock.patch.object(sys, "stdout", out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as leave:
            status = int(leave.code or 0)
        finally:
            gc.enable()  # the program does without, since it ends
    out.flush()
    written = out.buffer
    assert isinstance(written, io.BytesIO)
    return Ended(status, written.getvalue(), err.getvalue())
