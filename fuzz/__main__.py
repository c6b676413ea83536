"""Look for bytes that break a property.

    python -m fuzz --seconds 60 [TARGET...]   for so long, going on from what was found before
    python -m fuzz --runs 5000 [TARGET...]    so many inputs each, the same ones every time

The seeds are fuzz/corpus and all of tests/cases. What is found grows in fuzz/.found, which is
nobody's to keep; bytes that break something are left there and their path is printed. The second
way is for CI, where a change alone may turn a run red.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from fuzz.targets import TARGETS

HERE = Path(__file__).parent
SEEDS = (HERE / "corpus", HERE.parent / "tests" / "cases")
FOUND = HERE / ".found"
LONGEST = 4096  # bytes of an input
SLOWEST = 10  # seconds for one input
MOST_MEMORY = 2048  # MiB


def main(names: list[str], *, seconds: int, runs: int) -> int:
    """Fuzz each target, one after the other: for its share of the time, or with so many inputs."""
    if find_spec("atheris") is None:
        # As with the clients of the tests: where everything has to run, a skip is a failure.
        print("fuzz: skipped: atheris is not installed, it has no wheel for this Python or system")
        return int(os.environ.get("IMDS_GUARD_REQUIRE_CLIENTS") == "1")
    broken = []
    for name in names:
        if runs:
            print(f"fuzz: {name}, {runs} inputs", flush=True)
            with tempfile.TemporaryDirectory() as grown:
                passed = _fuzz(name, Path(grown), f"-runs={runs}", "-seed=1")
        else:
            share = max(1, seconds // len(names))
            print(f"fuzz: {name}, {share} s", flush=True)
            passed = _fuzz(name, FOUND / name, f"-max_total_time={share}")
        if not passed:
            broken.append(name)
    for name in broken:
        print(f"fuzz: {name}: broken; the bytes are in {FOUND / name}-*", file=sys.stderr)
    return int(bool(broken))


def _fuzz(name: str, grown: Path, *limits: str) -> bool:
    grown.mkdir(parents=True, exist_ok=True)
    FOUND.mkdir(exist_ok=True)
    command = [
        *(sys.executable, "-m", "fuzz.target", name),
        *limits,
        f"-max_len={LONGEST}",
        f"-timeout={SLOWEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-dict={HERE / 'yaml.dict'}",
        f"-artifact_prefix={FOUND / name}-",
        "-print_final_stats=1",
        "-verbosity=0",
        *map(str, (grown, *SEEDS)),
    ]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(command, cwd=HERE.parent, env=environment, check=False).returncode == 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzz imds-guard.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="in all; 60")
    parser.add_argument("--runs", type=int, default=0, metavar="N", help="inputs for each target")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    return options


if __name__ == "__main__":
    chosen = _options()
    sys.exit(main(chosen.targets or list(TARGETS), seconds=chosen.seconds, runs=chosen.runs))
