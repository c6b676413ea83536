"""Where a text will be read: in colour or without, and how wide."""

from __future__ import annotations

import os
import shutil
import sys

_WIDTH = 100  # of a table, where the terminal does not say or is wider
_NARROWEST = 60


def screen(output: str | None) -> tuple[bool, int]:
    """Whether there is colour where the text goes, and how wide a line may be."""
    terminal = (
        output is None
        and sys.stdout is not None
        and sys.stdout.isatty()
        and os.environ.get("TERM") != "dumb"
    )
    columns = shutil.get_terminal_size((_WIDTH, 24)).columns
    colour = terminal or bool(os.environ.get("FORCE_COLOR"))
    return colour, min(max(columns, _NARROWEST), _WIDTH)
