"""The places of nodes that the full parser has found, and sequences made of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imds_guard.wire import parser
from imds_guard.wire.errors import InputError, place_at
from imds_guard.wire.item import Item
from imds_guard.wire.sequence import BlockSequence, Entry, FlowSequence, Sequence, before_break

if TYPE_CHECKING:
    from imds_guard.wire.parser import Node

_BREAK = re.compile(rb"\r?\n|\r|\xc2\x85|\xe2\x80[\xa8\xa9]")  # line breaks of YAML 1.1
_DASH_BEFORE = re.compile(r"\r?\n[ ]*-(?:[ ]|#[^\n]*\n|\r?\n)*\Z")
_STEP = 512  # characters
_NEAR = 80  # characters in which nearly every dash is found
_LONGEST_COMMENT = 10_000  # between a dash and its entry


class Marks:
    """The full parser's places, in bytes of the input.

    `column` is that of the text's start, which parse_one puts before it in spaces.
    """

    def __init__(self, data: bytes, start: int, end: int, column: int = 0) -> None:
        self.data = data
        self.start = start - column
        self.text = " " * column + data[start:end].decode()
        self._ascii = len(self.text) == end - start + column
        self._steps: list[int] = []  # the byte offset of every _STEP-th character

    def byte(self, at: int) -> int:
        """The byte offset of a character offset in the text."""
        if self._ascii:
            return self.start + at
        if not self._steps:
            offset = 0
            for first in range(0, len(self.text) + 1, _STEP):
                self._steps.append(offset)
                offset += len(self.text[first : first + _STEP].encode())
        before = at // _STEP
        rest = self.text[before * _STEP : at]
        return self.start + self._steps[before] + len(rest.encode())

    def item(self, node: Node, field: str) -> Item:
        """A node as an item."""
        start, end = self.byte(node.start), self.byte(node.end)
        load = lambda: parser.value(node)  # noqa: E731
        return Item(self.data, start, end, node.column, field=field, load=load, parsed=(self, node))

    def sequence(
        self, key: Node, node: Node, field: str, newline: str, *, braces: bool
    ) -> Sequence:
        """A sequence node, or a null, as a sequence of items. Raises InputError.

        `braces`: the key stands between them.
        """
        if node.kind != "sequence" and parser.value(node) is not None:
            raise InputError(f"{field} must be a list", place_at(self.data, self.byte(node.start)))
        if node.aliased:
            message = f"{field} has to be written out, without an anchor or an alias"
            raise InputError(message, place_at(self.data, self.byte(node.start)))
        if braces and not node.flow:
            message = f"{field} has to be written as a list here, were it an empty one: []"
            raise InputError(message, place_at(self.data, self.byte(node.start)))
        items = [self.item(held, f"{field}[{index}]") for index, held in enumerate(node.items)]
        if node.flow:
            entries = [Entry(item, item.start, item.end, flow=True) for item in items]
            return FlowSequence(entries, self.byte(node.start) + 1, None)
        entries = []
        for held, item in zip(node.items, items, strict=True):
            for reach in (_NEAR, _LONGEST_COMMENT):
                before = max(0, held.start - reach)
                dash = _DASH_BEFORE.search(self.text[before : held.start])
                if dash:
                    break
            else:
                message = "this layout is not supported: an entry without its own line"
                raise InputError(message, place_at(self.data, item.start, item.field))
            lead = self.byte(before + dash.start())
            entries.append(Entry(item, lead, item.end, flow=held.flow))
        key_end = self.byte(self.text.index(":", key.end) + 1)
        if not entries:
            return BlockSequence([], key.column, key_end, key_end, newline)
        end = self.line_end(entries[-1].tail)
        return BlockSequence(entries, node.column, key_end, end, newline)

    def line_end(self, at: int) -> int:
        """The end of the line that a node's text ends in, or ended before; without its break."""
        if self.data[at - 1 : at] == b"\n":
            return before_break(self.data, at - 1)
        end = _BREAK.search(self.data, at)
        return end.start() if end else len(self.data)
