"""What any function in Python pays that loads its list with PyYAML and dumps it.

python -m benchmarks.pyyaml_baseline            safe_load and safe_dump, as nearly everyone writes
python -m benchmarks.pyyaml_baseline --libyaml  the same on libyaml, where PyYAML was built with it
"""

from __future__ import annotations

import sys

import yaml


def main() -> None:
    """Standard input to standard output, unchanged in meaning."""
    if sys.argv[1:] != ["--libyaml"]:
        yaml.safe_dump(yaml.safe_load(sys.stdin.buffer), sys.stdout, sort_keys=False)
        return
    value = yaml.load(sys.stdin.buffer, Loader=yaml.CSafeLoader)
    yaml.dump(value, sys.stdout.buffer, Dumper=yaml.CSafeDumper, sort_keys=False, encoding="utf-8")


if __name__ == "__main__":
    main()
