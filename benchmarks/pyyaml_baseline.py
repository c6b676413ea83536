"""What any function in Python pays that loads its list with PyYAML's C parser and dumps it."""

from __future__ import annotations

import sys

import yaml


def main() -> None:
    """Standard input to standard output, unchanged in meaning."""
    value = yaml.load(sys.stdin.buffer, Loader=yaml.CSafeLoader)
    yaml.dump(value, sys.stdout.buffer, Dumper=yaml.CSafeDumper, sort_keys=False, encoding="utf-8")


if __name__ == "__main__":
    main()
