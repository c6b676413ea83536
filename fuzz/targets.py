"""What the fuzzer can look for, by name."""

from __future__ import annotations

from collections.abc import Callable

from fuzz.properties import check_config, check_function, check_wire
from fuzz.reading import check_audit, check_bytes, check_folder, check_reading

TARGETS: dict[str, Callable[[bytes], None]] = {
    "wire": check_wire,
    "reading": check_reading,
    "bytes": check_bytes,
    "config": check_config,
    "function": check_function,
    "folder": check_folder,
    "audit": check_audit,
}
