"""Sequences of resources in the input that can be edited without touching their other entries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from imds_guard.wire import emit
from imds_guard.wire.encoding import has_odd_breaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire.item import Item

Manifest = dict[str, Any]
"""A resource that we write, as plain Python."""


class Splice(NamedTuple):
    """The bytes from `start` to `end` of the input are to become `text`."""

    start: int
    end: int
    text: bytes


class Entry:
    """One resource and the text around it that goes when it goes."""

    __slots__ = ("flow", "item", "lead", "tail")

    def __init__(
        self,
        item: Item,
        lead: int,  # the first byte to remove with it: its dash's line break, its document marker
        tail: int,  # the byte behind the last one that may be its own
        flow: bool = False,  # written between braces
    ) -> None:
        self.item = item
        self.lead = lead
        self.tail = tail
        self.flow = flow


class Changes:
    """What is to become of a sequence's entries; those that are not named stay as they are."""

    __slots__ = ("appended", "removed", "replaced")

    def __init__(
        self,
        replaced: dict[int, Any] | None = None,
        removed: set[int] | None = None,
        appended: list[Any] | None = None,
    ) -> None:
        self.replaced: dict[int, Any] = {} if replaced is None else replaced
        self.removed: set[int] = set() if removed is None else removed
        self.appended: list[Any] = [] if appended is None else appended


class Sequence(Protocol):
    """Entries in the order of the text, and how to change them."""

    entries: list[Entry]

    def splices(self, changes: Changes) -> Iterator[Splice]:
        """The edits that make `changes`, in any order."""
        ...


def content_end(item: Item) -> int:
    """Where the item's own text ends: comments and blank lines behind it belong to what follows.

    A line that is deeper than the item's keys is the item's, whatever it looks like: it may be the
    last one of a block scalar.
    """
    data, end = item.data, item.end
    if has_odd_breaks(item.text):
        return end  # what looks like a comment may not be one
    while (line := data.rfind(b"\n", item.start, end)) >= 0:
        text = data[line + 1 : end].rstrip()
        bare = text.lstrip()
        if bare and not (bare.startswith(b"#") and len(text) - len(bare) <= item.column):
            break
        end = before_break(data, line)
    return end


_REST_OF_LINE = re.compile(rb"[ \t]*(?:[ \t]#[\t\x20-\x7e]*)?(?=\r?\n|\Z)")


def _line_end(data: bytes, at: int) -> int:
    """`at`, or the end of its line where nothing but spaces and a comment follow there."""
    rest = _REST_OF_LINE.match(data, at)
    return rest.end() if rest else at


def before_break(data: bytes, at: int) -> int:
    """`at`, or the start of the line break when `at` is inside a CRLF."""
    return at - 1 if data[at - 1 : at] == b"\r" else at


class BlockSequence:
    """`items:` with one dash per entry. `key_end` is the byte behind the key's colon.

    Entries are from a line break (`lead`) to the next one, so that a last line without a line
    break stays one.
    """

    __slots__ = ("column", "empty", "end", "entries", "key_end", "newline")

    def __init__(
        self,
        entries: list[Entry],
        column: int,  # of the dashes
        key_end: int,
        end: int,  # of the sequence's last line
        newline: str = "\n",
        empty: tuple[int, int] | None = None,  # the [] that stands for no entries
    ) -> None:
        self.entries = entries
        self.column = column
        self.key_end = key_end
        self.end = end
        self.newline = newline
        self.empty = empty

    def splices(self, changes: Changes) -> Iterator[Splice]:
        for index in changes.removed:
            entry, data = self.entries[index], self.entries[index].item.data
            start, end = entry.lead, _line_end(data, content_end(entry.item))
            if end == len(data):
                # What comes last then may be a block scalar, whose last line is whole.
                start = data.index(b"\n", start) + 1
            yield Splice(start, end, b"")
        for index, manifest in changes.replaced.items():
            item = self.entries[index].item
            yield Splice(item.start, content_end(item), self._text(manifest, item.column))
        if changes.appended:
            if self.empty:
                yield Splice(*self.empty, b"")
            yield Splice(self.end, self.end, self._new(changes.appended))
        elif self.entries and len(changes.removed) == len(self.entries):
            yield Splice(self.key_end, self.key_end, b" []")

    def _new(self, manifests: list[Any]) -> bytes:
        dash = f"{self.newline}{' ' * self.column}- ".encode()
        written: emit.Written = {}
        texts = (self._text(one, self.column + 2, written) for one in manifests)
        return b"".join(part for text in texts for part in (dash, text))

    def _text(self, manifest: Any, column: int, written: emit.Written | None = None) -> bytes:
        if not isinstance(manifest, (dict, list)):
            return emit.scalar(manifest).encode()
        return self.newline.join(emit.block_lines(manifest, column, written)).encode()


class FlowSequence:
    """Entries between brackets, in YAML or JSON. `opening` is the byte behind the bracket."""

    __slots__ = ("column", "entries", "opening")

    def __init__(
        self,
        entries: list[Entry],
        opening: int,
        column: int | None,  # where entries start on lines of their own; None: all on one line
    ) -> None:
        self.entries = entries
        self.opening = opening
        self.column = column

    def splices(self, changes: Changes) -> Iterator[Splice]:
        for index, manifest in changes.replaced.items():
            item = self.entries[index].item
            yield Splice(item.start, item.end, self._text(manifest))
        kept = [i for i in range(len(self.entries)) if i not in changes.removed]
        last_kept = kept[-1] if kept else -1
        for index in changes.removed:
            if index < last_kept:
                start = self.entries[index].item.start
                yield Splice(start, self.entries[index + 1].item.start, b"")
        at = self.entries[last_kept].item.end if kept else self.opening
        end = max(at, self.entries[-1].item.end) if self.entries else at
        separator = b"," + self._break()
        new = separator.join(self._text(manifest) for manifest in changes.appended)
        if new:
            new = (separator if kept else self._break().lstrip(b" ")) + new
        yield Splice(at, end, new)

    def _break(self) -> bytes:
        return b" " if self.column is None else b"\n" + b" " * self.column

    def _text(self, manifest: Manifest) -> bytes:
        return "\n".join(emit.json_lines(manifest, self.column)).encode()


def apply(data: bytes, splices: list[Splice]) -> Iterator[bytes | memoryview]:
    """`data` with the splices made, in pieces; nothing is copied that does not change."""
    view = memoryview(data)
    at = 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        yield view[at : splice.start]
        yield splice.text
        at = splice.end
    yield view[at:]
