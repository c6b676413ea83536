"""Whole processes, measured in turns.

Nothing large is ever held here: a process starts out with the peak memory of the one that started
it, so what measures has to stay smaller than what is measured.
"""

from __future__ import annotations

import os
import signal
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

What = Literal["wall", "cpu", "memory"]
WHATS: tuple[What, ...] = ("wall", "cpu", "memory")

# No process of a benchmark runs longer, in seconds; what hangs must not hold up the rest.
LIMIT = 600


class Failed(Exception):
    """A process that was to be measured ended otherwise than it should."""


@dataclass(frozen=True)
class Program:
    """What is run, and on what; statuses above `worst` are failures."""

    arguments: Sequence[str]
    stdin: Path | None = None
    worst: int = 0


@dataclass(frozen=True)
class Run:
    """One process: seconds, and MiB at its peak."""

    wall: float
    cpu: float
    memory: float

    def get(self, what: What) -> float:
        return {"wall": self.wall, "cpu": self.cpu, "memory": self.memory}[what]


@dataclass
class Runs:
    """What was measured of one program, a run for each turn."""

    runs: list[Run] = field(default_factory=list)

    def median(self, what: What) -> float:
        return statistics.median(run.get(what) for run in self.runs)

    def over(self, other: Runs, what: What) -> float:
        """How many times the other's: the median of the ratios of each turn.

        Two runs of one turn share what else the machine was doing; two medians need not.
        """
        return statistics.median(
            mine.get(what) / max(its.get(what), 1e-9)
            for mine, its in zip(self.runs, other.runs, strict=True)
        )


def measure(program: Program, folder: Path) -> Run:
    """Run it once, with its output in a file of the folder. Raises Failed."""
    out, said = folder / "stdout", folder / "stderr"
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(program.stdin or os.devnull), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(out), writing, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, str(said), writing, 0o600),
    ]
    started = time.perf_counter()
    process = os.posix_spawnp(
        program.arguments[0], list(program.arguments), os.environ, file_actions=actions
    )
    stop = threading.Timer(LIMIT, os.kill, (process, signal.SIGKILL))
    stop.start()
    try:
        _, status, used = os.wait4(process, 0)
        wall = time.perf_counter() - started
    finally:
        stop.cancel()
    code = os.waitstatus_to_exitcode(status)
    if not 0 <= code <= program.worst:
        with said.open(errors="replace") as lines:
            last = lines.read(2000).strip()
        raise Failed(f"{program.arguments[0]} ended with status {code}: {last}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def in_turns(
    programs: Mapping[str, Program], turns: int, seconds: float, folder: Path
) -> dict[str, Runs]:
    """A B C, A B C, ... after a first turn that only warms up.

    No turn is begun after so many seconds, but one is always measured. Raises Failed.
    """
    found = {name: Runs() for name in programs}
    until = time.monotonic() + seconds
    for turn in range(turns + 1):
        if turn > 1 and time.monotonic() > until:
            break
        for name, program in programs.items():
            run = measure(program, folder)
            if turn:
                found[name].runs.append(run)
    return found
