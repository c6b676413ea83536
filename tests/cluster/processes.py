"""Child processes that never outlive the plane."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.missing import Broken

# The kernel kills what it starts when the process that started it is gone, however it went.
_DIE_WITH_THE_PARENT = ("setpriv", "--pdeathsig", "KILL")


class Processes:
    """What the plane started, each in a process group of its own, with its log in a folder."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str | Path) -> None:
        """Starts a program under a name that is also its log's."""
        with self.log(name).open("wb") as log:
            self._started[name] = subprocess.Popen(
                [*_DIE_WITH_THE_PARENT, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def check(self) -> None:
        """Raises what a program said at its end, where one has ended."""
        for name, process in self._started.items():
            if process.poll() is not None:
                said = self.log(name).read_text(errors="replace")[-2000:]
                raise Broken(f"{name} ended with status {process.returncode}:\n{said}")

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._started.items()}

    def stop(self) -> None:
        """Ends them, the last one first: asked, and after a while killed."""
        while self._started:
            _, process = self._started.popitem()
            _signal(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            # Also what the program itself has started and not ended.
            _signal(process, signal.SIGKILL)
            process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def wait_for(what: str, is_so: Callable[[], bool], seconds: float, *, every: float = 0.1) -> None:
    """Calls `is_so` until it says yes, and raises when it has not after so many seconds."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise Broken(f"{what}: not after {seconds:.0f} s")
        time.sleep(every)
