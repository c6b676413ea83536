"""Cutting block-style YAML by its lines, without building it.

Only text whose cut is certain is cut here (wire/suspects.py says which); anything else raises
NotPlain and takes the full parser. What a value means is read here too, where it is one of these:

    value   = plain | '"' no quote and no backslash '"' | "'" no quote "'" | "{}" | "[]" | literal
            | mapping | sequence                 the last three on the lines below
    plain   = words without a tab, a ':' at their end or a '#' at their start; the first character
              is a letter, a digit, one of _ . / ~ or not ASCII, or such a one after dashes
    literal = "|" or "|-", and lines of which the first is indented least
    mapping = lines "key: value" in one column, no key twice
    key     = a letter, a digit or _, then any of those and . / -
    sequence = lines "- value" in one column, or "- key: value", which opens a mapping

A plain scalar that Go takes for a boolean, a number or null is that here as well
(wire/scalars.py); where a key is one of these, the full parser decides.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from imds_guard.wire.scalars import NoValueError, is_string
from imds_guard.wire.scalars import plain as go_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire.node import Value


class NotPlain(Exception):
    """This text does not have the plain block shape."""


Span = tuple[int, int, int]
"""A value: from behind its colon or dash to the end of its last line, and the column of the
collection that holds it: its own lines stand deeper.
"""


_PLAIN = rb"-*[A-Za-z0-9_./\x80-\xff][^\s:]*(?:(?::(?=\S)|[ ]+(?=[^\s\#]))[^\s:]*)*"
_SCALAR = re.compile(
    rb"""[ ]* (?: "([^"\\\n]*)" | '([^'\n]*)' | (~|%(plain)s) )
         [ ]* (?:[ ]\#[^\n]*)? \r? (?: \n[ ]*(?:\#[^\n]*)?\r? )* \Z"""
    % {b"plain": _PLAIN},
    re.VERBOSE,
)
# A mapping of nothing but scalars on their key's line, as labels and annotations are.
_FLAT = re.compile(
    rb"""[ ]*\r? (?=\n([ ]+)[^ ])
         (?: \n\1 [A-Za-z0-9_][\w./-]* :[ ]+ (?: "[^"\\\n]*" | '[^'\n]*' | %s ) [ ]*\r? )+ \n?\Z"""
    % _PLAIN,
    re.VERBOSE,
)
_FLAT_ENTRY = re.compile(rb"([^\s:]+):[ ]+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'][^\n]*))")
# A block scalar that keeps its line breaks: group 1 is a dash where the last ones go, 2 the spaces
# before each line, 3 the lines.
_LITERAL = re.compile(
    rb"""[ ]*\|(-?)[ ]*\n (?=([ ]+)[^ \t\r\n])
         ( (?: \2[^\r\n]*(?:\n|\Z) | \n )+ ) \Z""",
    re.VERBOSE,
)
_EMPTY = re.compile(rb"[ ]*(?:(?<=[ \n])\#[^\n]*)?\r?(?:\n[ ]*(?:\#[^\n]*)?\r?)*\Z")
_EMPTY_FLOW = re.compile(rb"[ ]*(\{\}|\[\])[ ]*(?:[ ]\#[^\n]*)?\r?(?:\n[ ]*(?:\#[^\n]*)?\r?)*\Z")
# The value starts on a line of its own; group 1 is its indentation.
_NEXT_LINE = re.compile(
    rb"[ ]*(?:[ ]\#[^\n]*)?\r?(?:\n[ ]*(?:\#[^\n]*)?\r?)*?\n([ ]*)(?=[^ \r\n#])"
)
_DASH = re.compile(rb"-(?:[ ]+(?=[^ \r\n#])|(?=[ ]*(?:\r?\n|\Z|[ ]\#)))")
_KEY = rb"([A-Za-z0-9_][\w./-]*):(?=[ \r\n]|\Z)"
_FIRST_KEY = re.compile(_KEY)


# Deeper lines are most of a text, so that they are told first.
_SHALLOW = rb"\n(?![ ]{%d}|%s[ ]*(?:[\r\n\#]|\Z))([ ]*)"


@lru_cache(maxsize=64)
def _key_lines(column: int) -> re.Pattern[bytes]:
    """Lines at `column` or left of it, comments aside: group 1 the spaces, 2 a key.

    A dash in that very column is no line of its own: it is of a sequence that is a key's value.
    """
    lines = _SHALLOW % (column + 1, rb"[ ]{%d}-(?:[ \r\n]|\Z)|" % column)
    return re.compile(rb"%s(?:%s)?" % (lines, _KEY), re.VERBOSE)


@lru_cache(maxsize=64)
def _dash_lines(column: int) -> re.Pattern[bytes]:
    """Lines at `column` or left of it, comments aside: group 1 the spaces, 2 a dash."""
    lines = _SHALLOW % (column + 1, b"")
    return re.compile(rb"%s((?:-)(?=[ \r\n]|\Z))?" % lines, re.VERBOSE)


def cut_mapping(data: bytes, start: int, end: int, column: int) -> dict[str, Span]:
    """The keys of the block mapping that starts at `start`, each with its value's span.

    `column` is the column (counted from 0) of the mapping's first key.
    Raises NotPlain for any other shape, duplicate keys among them.
    """
    first = _FIRST_KEY.match(data, start, end)
    if first is None:
        raise NotPlain
    entries: dict[str, Span] = {}
    key, value_start = first[1], first.end()
    count = 1
    for line in _key_lines(column).finditer(data, value_start, end):
        spaces, next_key = line.groups()
        if next_key is None or len(spaces) != column:
            raise NotPlain
        start, stop = line.span()
        entries[_key_text(key)] = (value_start, start, column)
        key, value_start = next_key, stop
        count += 1
    entries[_key_text(key)] = (value_start, end, column)
    if len(entries) != count:
        raise NotPlain
    return entries


@lru_cache(maxsize=4096)
def _key_text(key: bytes) -> str:
    """A key that is a string to every reader. Raises NotPlain for any other one."""
    text = key.decode()
    if not is_string(text) and type(_plain(text)) is not str:
        raise NotPlain
    return text


@lru_cache(maxsize=4096)
def _plain(text: str) -> Value:
    """What a plain scalar is. Raises NotPlain."""
    try:
        return go_plain(text)
    except NoValueError:
        raise NotPlain from None


def cut_sequence(data: bytes, span: Span) -> list[Span] | None:
    """The entries of a block sequence; None where the value is empty or is not a block sequence.

    Each span starts behind its dash's spaces and its column is the one that its content starts
    in. Raises NotPlain.
    """
    start, end, outer = span
    opening = _NEXT_LINE.match(data, start, end)
    if opening is None or data[opening.end() : opening.end() + 1] != b"-":
        return None
    column = opening.end() - opening.start(1)
    if column < outer:
        raise NotPlain
    return list(_entries(data, opening.end(), end, column))


def first_dash(data: bytes, span: Span) -> int:
    """Where the block sequence in `span` starts, which has been cut. Raises NotPlain."""
    opening = _NEXT_LINE.match(data, span[0], span[1])
    if opening is None:
        raise NotPlain
    return opening.end()


def _entries(data: bytes, start: int, end: int, column: int) -> Iterator[Span]:
    """Entries of the block sequence whose first dash is at `start`, in `column`."""
    dash_at = start
    for line in _dash_lines(column).finditer(data, start, end):
        if line[2] is None or line.end(1) - line.start(1) != column:
            raise NotPlain
        yield _entry(data, dash_at, line.start(), column)
        dash_at = line.end() - 1
    yield _entry(data, dash_at, end, column)


def _entry(data: bytes, dash_at: int, end: int, column: int) -> Span:
    if data[dash_at + 1 : dash_at + 2] == b" " and data[dash_at + 2 : dash_at + 3].isalnum():
        return dash_at + 2, end, column + 2  # as nearly all of them look
    dash = _DASH.match(data, dash_at, end)
    if dash is None:
        raise NotPlain
    if opening := _NEXT_LINE.match(data, dash.end(), end):
        # The dash stands alone in its line; its entry is below.
        return opening.end(), end, opening.end() - opening.start(1)
    return dash.end(), end, column + dash.end() - dash_at


def read_scalar(data: bytes, span: Span) -> Value:
    """A scalar on the line of its key, as text; None for a null. Raises NotPlain otherwise."""
    found = _SCALAR.match(data, span[0], span[1])
    if found is None:
        if _EMPTY.match(data, span[0], span[1]):
            return None
        raise NotPlain
    if (plain := found[3]) is not None:
        return _plain(plain.decode())
    quoted = found[1] if found[1] is not None else found[2]
    return quoted.decode()


def is_empty(data: bytes, start: int, end: int) -> bool:
    """Whether nothing stands there but spaces, line breaks and comments."""
    return _EMPTY.match(data, start, end) is not None


def read_value(data: bytes, span: Span) -> Value:
    """Any value of the plain block shape, as plain Python. Raises NotPlain."""
    start, end, outer = span
    if flat := _FLAT.match(data, start, end):
        if flat.end(1) - flat.start(1) <= outer:
            raise NotPlain
        return _flat_mapping(data, start, end)
    opening = _NEXT_LINE.match(data, start, end)
    if opening is None:
        if literal := _LITERAL.match(data, start, end):
            # At the very end of a text its last line break may be missing.
            if literal.end(2) - literal.start(2) <= outer or end == len(data):
                raise NotPlain
            return _literal(literal)
        if empty := _EMPTY_FLOW.match(data, start, end):
            return {} if empty[1] == b"{}" else []
        return read_scalar(data, span)
    at = opening.end()
    column = at - opening.start(1)
    if _DASH.match(data, at, end):
        if column < outer:
            raise NotPlain
        return [_entry_value(data, entry) for entry in _entries(data, at, end, column)]
    if column <= outer:
        raise NotPlain
    return read_mapping(data, at, end, column)


def _flat_mapping(data: bytes, start: int, end: int) -> dict[str, Value]:
    entries = _FLAT_ENTRY.findall(data, start, end)
    found: dict[str, Value] = {}
    for key, double, single, plain in entries:
        name = _key_text(key)
        found[name] = _plain(plain.rstrip().decode()) if plain else (double or single).decode()
    if len(found) != len(entries):
        raise NotPlain
    return found


def _literal(found: re.Match[bytes]) -> str:
    dash, indent, lines = found.groups()
    text = (b"\n" + lines).replace(b"\n" + indent, b"\n")[1:].decode().rstrip("\n")
    return text if dash else text + "\n"


def read_mapping(data: bytes, start: int, end: int, column: int) -> dict[str, Value]:
    """A block mapping as plain Python. Raises NotPlain."""
    entries = cut_mapping(data, start, end, column)
    return {key: read_value(data, span) for key, span in entries.items()}


def _entry_value(data: bytes, span: Span) -> Value:
    """What stands behind a dash: a mapping or a sequence that starts there, or any value."""
    start, end, column = span
    if _FIRST_KEY.match(data, start, end):
        return read_mapping(data, start, end, column)
    if _DASH.match(data, start, end):
        inner = _entries(data, start, end, column)
        return [_entry_value(data, entry) for entry in inner]
    return read_value(data, span)


def block_mapping(data: bytes, span: Span) -> tuple[int, int] | None:
    """Where a mapping value starts, and its column; None where the value is empty.

    Raises NotPlain where it is a scalar, a sequence or not plain.
    """
    start, end, outer = span
    opening = _NEXT_LINE.match(data, start, end)
    if opening is None:
        if _EMPTY.match(data, start, end):
            return None
        raise NotPlain
    column = opening.end() - opening.start(1)
    if column <= outer or _DASH.match(data, opening.end(), end):
        raise NotPlain
    return opening.end(), column
