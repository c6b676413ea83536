"""Chosen fields of a resource, found in one pass over its lines.

Cutting a mapping gives all of its keys. A view wants ten fields at five depths of every resource
of a list, so the fields are compiled to one regular expression instead: a mapping is a repetition
of its keys' alternatives, and a value is every deeper line that follows. It never has to go back,
since what follows a repetition is always optional; where the text has another shape than
`block` cuts, the match ends early, and the full parser takes the item.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.wire import block
from imds_guard.wire.block import NotPlain
from imds_guard.wire.item import Item, misshapen, scalar_text
from imds_guard.wire.scalars import Typed

if TYPE_CHECKING:
    from imds_guard.wire.block import Span
    from imds_guard.wire.parser import Value

# The rest of a key's line, and every line that is deeper, or a sequence's in the same column, or
# blank or a comment. Never possessive: before Python 3.11.5 such repetitions match wrongly.
_VALUE = rb".*(?:\n(?:%s[ -]|[ ]*(?=[\#\r\n]|\Z)).*)*"
_END = rb"(?=[ \r\n]|\Z)"
_ANY_KEY = rb"[A-Za-z0-9_][\w./-]*"
# Behind the key of a mapping: the end of its line, and the spaces before the first key below it.
_BELOW = rb"[ ]*(?:[ ]\#[^\n]*)?\r?(?:\n[ ]*(?:\#[^\n]*)?\r?)*?\n(%s[ ]+)(?=[^ \r\n\#])"
_MOST_WORDS = 4096
_words: dict[bytes, str] = {}  # scalars on one line, as they are written
_SMALL = 600  # bytes; larger values are hardly ever met twice


class _Node:
    """A key on the way to a field that is wanted, or that field."""

    def __init__(self) -> None:
        self.keys: dict[str, _Node] = {}
        self.group = 0  # of the value's text, where it is no mapping that is looked into
        self.indent = 0  # of the spaces before its keys, where it is one


class _Field(NamedTuple):
    """The groups of a field in the pattern."""

    group: int  # its text, where it is not looked into
    indent: int  # else of the spaces before its keys; 0: it is never looked into
    holder: int  # of the spaces before itself; 0: it stands in the root
    detours: tuple[int, ...]  # where one has matched, a mapping on the way is not of this shape


class Outline:
    """Fields to be found, by their paths, such as metadata.name."""

    def __init__(self, *paths: str) -> None:
        self._root = _Node()
        steps = {path: tuple(path.split(".")) for path in paths}
        for path in steps.values():
            node = self._root
            for key in path:
                node = node.keys.setdefault(key, _Node())
        self._count = 0
        self._number(self._root)
        self.fields = {path: self._field(keys) for path, keys in steps.items()}
        self.pattern = lru_cache(maxsize=16)(self._pattern)

    def _field(self, path: tuple[str, ...]) -> _Field:
        way = [self._root]
        for key in path:
            way.append(way[-1].keys[key])
        *holders, last = way
        detours = tuple(one.group for one in holders[1:])
        return _Field(last.group, last.indent, holders[-1].indent, detours)

    def _number(self, node: _Node) -> None:
        """Number the groups in the order in which the pattern opens them."""
        for child in node.keys.values():
            if child.keys:
                self._count += 1
                child.indent = self._count
                self._number(child)
            self._count += 1
            child.group = self._count

    def _pattern(self, column: int) -> re.Pattern[bytes]:
        """The pattern for resources that start in `column`."""
        indent = rb"\ " * column
        return re.compile(self._fields(self._root, indent), re.VERBOSE | re.MULTILINE)

    def _fields(self, node: _Node, indent: bytes) -> bytes:
        """The keys of a mapping, from the first one on; `indent` matches what stands before it."""
        value = _VALUE % indent
        fields = []
        for key, child in node.keys.items():
            once = b"".join(b"(?(%d)(?!))" % n for n in (child.indent, child.group) if n)
            text = b"(%s)" % value
            if child.keys:
                inner = self._fields(child, rb"\%d" % child.indent)
                text = rb"(?:%s%s|%s)" % (_BELOW % indent, inner, text)
            fields.append(rb"%s:%s%s%s" % (re.escape(key.encode()), _END, once, text))
        wanted = b"|".join(re.escape(key.encode()) for key in node.keys)
        fields.append(rb"(?!(?:%s):)%s:%s%s" % (wanted, _ANY_KEY, _END, value))
        return rb"(?:(?:\n%s)?(?:%s))+" % (indent, b"|".join(fields))


class Fields:
    """The fields of an outline, of one item. Values may be shared: never change one."""

    __slots__ = ("_match", "_outline", "item")

    def __init__(self, item: Item, outline: Outline) -> None:
        self.item = item
        self._outline = outline
        self._match = None
        if item.is_plain:
            found = outline.pattern(item.column).match(item.data, item.start, item.end)
            if found is not None and found.end() == item.end:
                self._match = found

    @property
    def is_mapping(self) -> bool:
        """Whether the item is one, as a resource has to be. Raises InputError."""
        return self._match is not None or isinstance(self.item.value(), dict)

    def get(self, name: str) -> Value:
        """The value of a field; None where it is absent or null.

        Raises ShapeError where what should hold it is no mapping.
        """
        found = self._match
        if found is None:
            return self._by_steps(name)
        group, _, holder, detours = self._outline.fields[name]
        text = found[group]
        if text is None:
            for detour in detours:
                if found[detour] is not None:
                    return self._by_steps(name)
            return None
        start, end = found.span(group)
        outer = found.end(holder) - found.start(holder) if holder else self.item.column
        data = self.item.data
        try:
            if end - start < _SMALL and end < len(data):
                return _value(text, outer)
            return block.read_value(data, (start, end, outer))
        except NotPlain:
            return self._by_steps(name)

    def text(self, name: str) -> str | None:
        """A scalar as text; None where it is absent or null. Raises ShapeError."""
        if self._match is not None:
            text = self._match[self._outline.fields[name].group]
            if text is not None and (known := _words.get(text)) is not None:
                return known
        held = self.get(name)
        if held is None:
            return None
        if type(held) is str:
            if self._match is not None and text is not None and b"\n" not in text:
                if len(_words) >= _MOST_WORDS:
                    _words.clear()
                _words[text] = held
            return held
        return scalar_text(self.item, tuple(name.split(".")), held)

    def string(self, name: str) -> str | None:
        """A string; None where it is absent or null. Raises ShapeError for anything else."""
        held = self.text(name)
        if isinstance(held, Typed):
            raise misshapen(self.item, tuple(name.split(".")), "a string", held)
        return held

    def mapping(self, name: str) -> dict[str, Value]:
        """A mapping; empty where it is absent or null. Raises ShapeError for anything else."""
        held = self.get(name)
        if held is None:
            return {}
        if not isinstance(held, dict):
            raise misshapen(self.item, tuple(name.split(".")), "a mapping", held)
        return held

    def scalar(self, name: str, key: str, held: Value) -> str | None:
        """The value of a mapping's key as text; None where it is null. Raises ShapeError."""
        if held is None or type(held) is str:
            return held
        return scalar_text(self.item, (*name.split("."), key), held)

    def entries(self, name: str) -> list[Item]:
        """The entries of a list as items of their own; none where it is anything else.

        Raises ShapeError as `get` does.
        """
        if (cut := self._cut(name)) is not None:
            data = self.item.data
            return [Item(data, start, end, column) for start, end, column in cut]
        held = self.get(name)
        return [self._built(one) for one in held] if isinstance(held, list) else []

    def _cut(self, name: str) -> list[Span] | None:
        found = self._match
        if found is None:
            return None
        group, _, holder, _ = self._outline.fields[name]
        start, end = found.span(group)
        if start < 0:
            return None
        outer = found.end(holder) - found.start(holder) if holder else self.item.column
        try:
            return block.cut_sequence(self.item.data, (start, end, outer))
        except NotPlain:
            return None

    def _built(self, value: Value) -> Item:
        item = self.item
        return Item(item.data, item.start, item.end, item.column, load=lambda: value)

    def raw(self, name: str) -> bytes | None:
        """The text of a field as it is written; None where it is absent, or cannot be told."""
        found = self._match
        return found[self._outline.fields[name].group] if found is not None else None

    def has(self, name: str) -> bool:
        """Whether the field is there and is not null. Raises ShapeError as `get` does."""
        found = self._match
        if found is not None:
            group, indent, _, _ = self._outline.fields[name]
            if indent and found[group] is None and found[indent] is not None:
                return True
        return self.get(name) is not None

    def may_have(self, name: str) -> bool:
        """False where it is certain, without reading it, that the field is not there."""
        found = self._match
        if found is None:
            return True
        group, indent, _, detours = self._outline.fields[name]
        return any(found[one] is not None for one in (group, indent, *detours) if one)

    def _by_steps(self, name: str) -> Value:
        *way, last = name.split(".")
        at = self.item.root()
        for key in way:
            inner = at.child(key)
            if inner is None:
                return None
            at = inner
        return at.get(last)


@lru_cache(maxsize=4096)
def _value(text: bytes, outer: int) -> Value:
    """The value behind a key in column `outer`, whose last line is whole. Raises NotPlain."""
    return block.read_value(text + b"\n", (0, len(text), outer))
