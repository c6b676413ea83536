"""How long each stage of the function takes: `python -m benchmarks.stages LIST`, as JSON.

In seconds of wall time. Each stage is the very function that the program calls for it, so that
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
    "scene_of": "what the audit looks at",
    "prove": "the audit",
}


def main() -> None:
    """The command line."""
    gc.disable()  # as the program does
    data = Path(sys.argv[1]).read_bytes()
    started = time.perf_counter()
    # Here, so that what measures can import STAGES and stay small.
    importlib.import_module("imds_guard.__main__")
    function = importlib.import_module("imds_guard.guard.function")
    taken = {"import": time.perf_counter() - started}
    for name in STAGES:
        setattr(function, name, _timed(name, getattr(function, name), taken))
    started = time.perf_counter()
    for chunk in function.run(data).chunks:
        len(chunk)
    total = time.perf_counter() - started
    taken["write"] = total - sum(taken[name] for name in STAGES)
    json.dump(taken, sys.stdout)


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
