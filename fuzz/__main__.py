"""`python -m fuzz SECONDS [TARGET...]`: look for bytes that break a property.

The seeds are fuzz/corpus and all of tests/cases. What is found grows in fuzz/.found, which is
nobody's to keep; bytes that break something are left there and their path is printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from fuzz.properties import TARGETS

HERE = Path(__file__).parent
SEEDS = (HERE / "corpus", HERE.parent / "tests" / "cases")
FOUND = HERE / ".found"
LONGEST = 4096  # bytes of an input
SLOWEST = 10  # seconds for one input
MOST_MEMORY = 2048  # MiB


def main(seconds: int, names: list[str]) -> int:
    """Fuzz each target for its share of the time, one after the other."""
    if find_spec("atheris") is None:
        # As with the clients of the tests: where everything has to run, a skip is a failure.
        print("fuzz: skipped: atheris is not installed, it has no wheel for this Python or system")
        return int(os.environ.get("IMDS_GUARD_REQUIRE_CLIENTS") == "1")
    share = max(1, seconds // len(names))
    broken = [name for name in names if not _fuzz(name, share)]
    for name in broken:
        print(f"fuzz: {name}: broken; the bytes are in {FOUND / name}-*", file=sys.stderr)
    return int(bool(broken))


def _fuzz(name: str, seconds: int) -> bool:
    grown = FOUND / name
    grown.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "fuzz.target", name),
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        f"-timeout={SLOWEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-dict={HERE / 'yaml.dict'}",
        f"-artifact_prefix={FOUND / name}-",
        "-print_final_stats=1",
        "-verbosity=0",
        *map(str, (grown, *SEEDS)),
    ]
    print(f"fuzz: {name}, {seconds} s", flush=True)
    return subprocess.run(command, cwd=HERE.parent, check=False).returncode == 0


if __name__ == "__main__":
    chosen = sys.argv[2:] or list(TARGETS)
    if unknown := set(chosen) - set(TARGETS):
        sys.exit(f"fuzz: no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60, chosen))
