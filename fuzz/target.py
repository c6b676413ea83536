"""One target under libFuzzer: `python -m fuzz.target NAME [-flag=value...] [folder or file...]`.

A file in place of a folder runs that one input: the way to see what is wrong with it.
"""

from __future__ import annotations

import sys

import atheris

# Everything of ours has to be imported under the instrumentation, and by nobody before.
with atheris.instrument_imports(include=["imds_guard", "yaml"]):
    from fuzz.targets import TARGETS


def main() -> None:
    """Hand the arguments to libFuzzer, which leaves the process by itself."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
