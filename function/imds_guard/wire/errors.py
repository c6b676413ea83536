"""What can be wrong with the input, and where."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where in the input something stands; lines and columns count from 1."""

    source: str = ""  # a file, or "" for standard input
    line: int | None = None
    column: int | None = None
    field: str = ""  # a path such as items[3].metadata.name

    def __str__(self) -> str:
        parts = [self.source, self.field]
        if self.line is not None:
            at = f"line {self.line}"
            parts.append(at if self.column is None else f"{at}, column {self.column}")
        return ", ".join(part for part in parts if part)


class InputError(Exception):
    """Input or configuration that cannot be used: exit status 2, one line for the person.

    The message never quotes a value of the input: it may be a Secret's.
    """

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place or Place()

    def inside(self, *, source: str = "", field: str = "") -> InputError:
        """The same error seen from outside: its file, or the item that holds its field."""
        inner = self.place.field
        joined = f"{field}.{inner}" if field and inner and inner[0] != "[" else field + inner
        place = self.place._replace(source=source or self.place.source, field=joined)
        return type(self)(self.message, place)

    def __str__(self) -> str:
        where = str(self.place)
        return f"{where}: {self.message}" if where else self.message


class ShapeError(InputError):
    """Well-formed text in which a field has not the type that is wanted there."""


class NoResourceError(ShapeError):
    """Well-formed text that is no resource at all: a tool's configuration, a chart's values."""


def place_at(data: bytes, offset: int, field: str = "") -> Place:
    """The line and column (in characters) of a byte offset."""
    line_start = data.rfind(b"\n", 0, offset) + 1
    column = len(data[line_start:offset].decode("utf-8", "replace")) + 1
    return Place(line=lines_before(data, offset) + 1, column=column, field=field)


class _Counted:
    """Where lines were counted to last: places are asked for in the order of the text."""

    data = b""
    offset = 0
    lines = 0


def lines_before(data: bytes, offset: int) -> int:
    """How many lines end before a byte offset."""
    if data is not _Counted.data or offset < _Counted.offset:
        _Counted.data, _Counted.offset, _Counted.lines = data, 0, 0
    _Counted.lines += data.count(b"\n", _Counted.offset, offset)
    _Counted.offset = offset
    return _Counted.lines
