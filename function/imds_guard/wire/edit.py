"""Edits inside an item that leave the rest of its text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.wire import emit, parser
from imds_guard.wire.errors import InputError
from imds_guard.wire.item import parse_one
from imds_guard.wire.marks import Marks
from imds_guard.wire.sequence import Changes, Splice, apply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire.item import Item
    from imds_guard.wire.parser import Node, Value

Path = tuple[str | int, ...]


class ItemEditor:
    """The nodes of one item and their places. Raises InputError where it cannot be parsed alone."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self._root = parse_one(item.data, item.start, item.end, item.column)
        self._marks = Marks(item.data, item.start, item.end, item.column)
        self._newline = "\r\n" if b"\r\n" in item.text else "\n"

    def change_entries(self, path: Path, changes: Changes) -> Iterator[Splice]:
        """Replace, remove and append entries of the sequence at `path`."""
        key, node = self._find(path)
        _, holder = self._find(path[:-1])
        sequence = self._marks.sequence(key, node, str(path[-1]), self._newline, braces=holder.flow)
        yield from sequence.splices(changes)

    def add_key(self, path: Path, key: str, value: Any) -> Splice:
        """One more key at the end of the mapping at `path`, which is not empty."""
        _, node = self._find(path)
        if node.flow:
            at = self._marks.byte(node.items[-1].end)
            text = f", {emit.quoted(key)}: {emit.json_lines(value, None)[0]}"
            return Splice(at, at, text.encode())
        at = self._marks.line_end(self._marks.byte(node.end))
        indent = " " * node.keys[0].column
        lines = [indent + line for line in emit.block_lines({key: value})]
        return Splice(at, at, (self._newline + self._newline.join(lines)).encode())

    def result(self, splices: list[Splice]) -> Value:
        """The item's value with the edits made, by the full parser. Raises InputError."""
        item = self._item
        inside = [Splice(one.start - item.start, one.end - item.start, one.text) for one in splices]
        data = b"".join(apply(item.text, inside))
        return parser.value(parse_one(data, 0, len(data), item.column))

    def _find(self, path: Path) -> tuple[Node, Node]:
        """The node at `path`, and its key, or itself where it is an entry."""
        key = node = self._root
        for step in path:
            if node.aliased:
                raise InputError("an anchor stands in the way", self._item.place())
            if isinstance(step, int):
                key = node = node.items[step]
            else:
                names = [parser.key_text(name) for name in node.keys]
                if step not in names:
                    raise InputError("a merge key (<<) stands in the way", self._item.place())
                at = names.index(step)
                key, node = node.keys[at], node.items[at]
        return key, node
