"""Where the function's time goes, as JSON.

python -m benchmarks.stages LIST          the seconds of wall time that each stage takes
python -m benchmarks.stages LIST --calls  how many functions are called, of Python and of C

Each stage is the very function that the program calls for it, so that
nothing here can do it otherwise.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STAGES = {
    "read": "cut the list into items",
    "resources": "find the fields of every resource",
    "discover": "namespaces, workloads, Services",
    "plan": "the policies, and the traffic that is declared",
    "reconcile": "what changes",
    "context_of": "what the audit looks at",
    "verify": "the audit",
}


def main() -> None:
    """The command line."""
    gc.disable()  # as the program does
    data = Path(sys.argv[1]).read_bytes()
    started = time.perf_counter()
    # Here, so that what measures can import STAGES and stay small.
    importlib.import_module("imds_guard.__main__")
    function = importlib.import_module("imds_guard.guard.function")
    imported = time.perf_counter() - started
    if "--calls" in sys.argv:
        found = _calls(function, data)
    else:
        found = {"import": imported, **_seconds(function, data)}
    json.dump(found, sys.stdout)


def _seconds(function: Any, data: bytes) -> dict[str, float]:
    taken: dict[str, float] = {}
    for name in STAGES:
        setattr(function, name, _timed(name, getattr(function, name), taken))
    started = time.perf_counter()
    _run(function, data)
    return {**taken, "write": time.perf_counter() - started - sum(taken.values())}


def _calls(function: Any, data: bytes) -> dict[str, float]:
    found = {"call": 0.0, "c_call": 0.0}

    def count(_frame: object, event: str, _argument: object) -> None:
        if event in found:
            found[event] += 1

    sys.setprofile(count)
    _run(function, data)
    sys.setprofile(None)
    return found


def _run(function: Any, data: bytes) -> None:
    for chunk in function.run(data).chunks:
        len(chunk)


def _timed(name: str, stage: Callable[..., Any], taken: dict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        done = stage(*arguments, **named)
        if name == "resources":
            done = list(done)  # made one by one, as they are asked for
        taken[name] = taken.get(name, 0) + time.perf_counter() - started
        return done

    return timed


if __name__ == "__main__":
    main()
