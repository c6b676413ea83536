"""Text for terminals: wrapped to a width, in colour or without."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.audit import State
    from imds_guard.wire import Severity

    Part = str | tuple[str, str]
    """Text, with the name of a style or without."""

STATE_STYLES: dict[State, str] = {
    "open": "red",
    "unenforced": "yellow",
    "uncertain": "yellow",
    "ungoverned": "yellow",
    "excepted": "cyan",
    "blocked": "green",
}
SEVERITY_STYLES: dict[Severity, str] = {"error": "red", "warning": "yellow", "info": "dim"}


class Page:
    """A text in the making. What it is given is text, never markup."""

    def __init__(self, width: int, colour: bool) -> None:
        self._file = io.StringIO()
        self._console = Console(
            file=self._file,
            width=width,
            force_terminal=colour,
            color_system="standard" if colour else None,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def line(self, *parts: Part, indent: int = 0) -> None:
        """A paragraph of these parts."""
        self._print(Text.assemble(*parts, overflow="fold"), indent)

    def labelled(self, label: Part, *parts: Part, indent: int = 0) -> None:
        """A paragraph whose further lines stand under its own beginning, not under the label's."""
        self.columns([[label, Text.assemble(*parts)]], indent=indent, gap=1)

    def verbatim(self, label: Part, text: Part, indent: int = 0) -> None:
        """A line that is not broken however long it is, such as a path."""
        line = Text.assemble(" " * indent, label, " " if label else "", text)
        self._console.print(line, soft_wrap=True)

    def columns(
        self, rows: Iterable[Iterable[Part | Text]], *, indent: int = 0, gap: int = 2
    ) -> None:
        """Cells under each other; only the last column is wrapped where that is enough."""
        cells = [
            [cell if isinstance(cell, Text) else Text.assemble(cell) for cell in r] for r in rows
        ]
        if not cells:
            return
        grid = Table.grid(padding=(0, gap, 0, 0), pad_edge=False)
        last = len(cells[0]) - 1
        room = self._console.width - indent
        for at in range(last + 1):
            wide = max(row[at].cell_len for row in cells)
            is_short = at < last and wide <= room // 2
            grid.add_column(overflow="fold", no_wrap=is_short, min_width=wide if is_short else None)
        for row in cells:
            grid.add_row(*row)
        self._print(grid, indent)

    @property
    def width(self) -> int:
        return self._console.width

    def blank(self) -> None:
        """An empty line."""
        self._console.print()

    @property
    def text(self) -> str:
        """All of it, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._file.getvalue().split("\n"))

    def _print(self, what: Text | Table, indent: int) -> None:
        self._console.print(Padding(what, (0, 0, 0, indent), expand=False))
