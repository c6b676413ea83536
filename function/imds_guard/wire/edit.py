"""Edits inside an item that leave the rest of its text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.wire import emit, parser
from imds_guard.wire.errors import InputError
from imds_guard.wire.item import parse_one
from imds_guard.wire.marks import Marks
from imds_guard.wire.sequence import Changes, Splice, apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.wire.item import Item
    from imds_guard.wire.parser import Node, Value

Path = tuple[str | int, ...]


class AddKey(NamedTuple):
    """One more key at the end of the mapping at `path`, which is not empty."""

    path: Path
    key: str
    value: Any

    def splices(self, text: _Text) -> Iterator[Splice]:
        """What to write where."""
        _, node = text.find(self.path)
        if node.flow:
            at = text.marks.byte(node.items[-1].end)
            added = f", {emit.quoted(self.key)}: {emit.json_lines(self.value, None)[0]}"
            yield Splice(at, at, added.encode())
            return
        at = text.marks.line_end(text.marks.byte(node.end))
        indent = " " * node.keys[0].column
        lines = [indent + line for line in emit.block_lines({self.key: self.value})]
        yield Splice(at, at, (text.newline + text.newline.join(lines)).encode())


class ChangeEntries(NamedTuple):
    """Entries of the sequence at `path` are replaced, removed and appended."""

    path: Path
    changes: Changes

    def splices(self, text: _Text) -> Iterator[Splice]:
        """What to write where."""
        key, node = text.find(self.path)
        _, holder = text.find(self.path[:-1])
        name = str(self.path[-1])
        sequence = text.marks.sequence(key, node, name, text.newline, braces=holder.flow)
        yield from sequence.splices(self.changes)


Edit = AddKey | ChangeEntries


def edited(item: Item, edits: Iterable[Edit]) -> tuple[list[Splice], Value]:
    """The splices that make the edits, and the item's value once they are made.

    The value is what the full parser reads from the edited text. Raises InputError where the item
    cannot be parsed alone, or cannot be edited in place.
    """
    text = _Text(item)
    splices = [splice for edit in edits for splice in edit.splices(text)]
    inside = [
        Splice(splice.start - item.start, splice.end - item.start, splice.text)
        for splice in splices
    ]
    data = b"".join(apply(item.text, inside))
    return splices, parser.value(parse_one(data, 0, len(data), item.column))


class _Text:
    """The nodes of an item and their places. Raises InputError where it cannot be parsed alone."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self._root = parse_one(item.data, item.start, item.end, item.column)
        self.marks = Marks(item.data, item.start, item.end, item.column)
        self.newline = "\r\n" if b"\r\n" in item.text else "\n"

    def find(self, path: Path) -> tuple[Node, Node]:
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
