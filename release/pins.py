"""`python release/pins.py`: known weaknesses of what requirements.txt pins, asked of pip-audit.

Exit status: 0 none is known, 1 some are (named, with the versions that have them no more), 2 it
cannot be told, since pip-audit is not on PATH or does not reach its data.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent.parent / "requirements.txt"


class NoData(Exception):
    """It cannot be told."""


def asked() -> dict[str, Any]:
    """What pip-audit says of the lock. Raises NoData."""
    program = shutil.which("pip-audit")
    if program is None:
        raise NoData("pip-audit is not on PATH")
    command = [program, "--disable-pip", "--require-hashes", "--requirement", str(LOCK)]
    command += ["--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
    except (json.JSONDecodeError, subprocess.TimeoutExpired):
        raise NoData("pip-audit does not reach its data") from None
    return found


def weaknesses(found: dict[str, Any]) -> list[str]:
    """A line for each, of what pip-audit says. Raises NoData where it could not look one up."""
    unknown = [one["name"] for one in found["dependencies"] if "skip_reason" in one]
    if unknown:
        raise NoData(f"pip-audit has no data on {', '.join(unknown)}")
    return [
        f"{one['name']} {one['version']}: {weakness['id']}"
        f" (fixed in {', '.join(weakness['fix_versions']) or 'no version yet'})"
        for one in found["dependencies"]
        for weakness in one["vulns"]
    ]


def main() -> int:
    """The command line."""
    try:
        lines = weaknesses(asked())
    except NoData as error:
        print(f"pins: nothing was checked: {error}", file=sys.stderr)
        return 2
    print(*(lines or ["pins: no weakness is known"]), sep="\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
