"""One resource of the input: its bytes, and its fields read on demand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imds_guard.wire import block, parser
from imds_guard.wire.block import NotPlain
from imds_guard.wire.errors import (
    InputError,
    NoResourceError,
    Place,
    ShapeError,
    lines_before,
    place_at,
)
from imds_guard.wire.scalars import Typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.wire.block import Span
    from imds_guard.wire.marks import Marks
    from imds_guard.wire.parser import Node, Value


_LONG = 10_000  # bytes
_MOST_SPARSE = 2_000


def _is_sparse(data: bytes, start: int, end: int) -> bool:
    """Whether thousands of lines are blank or comments.

    To cut such a text by lines costs memory for each of them, the full parser none.
    """
    if data.count(b"\n", start, end) < _MOST_SPARSE:
        return False
    lines = (line.lstrip() for line in data[start:end].split(b"\n"))
    return sum(1 for line in lines if not line or line.startswith(b"#")) > _MOST_SPARSE


class Item:
    """A mapping of the input that is one resource.

    `start` and `end` are the bytes of the mapping itself, `column` the one that it starts in.
    Fields are cut out of the text as they are asked for; where the text has not the plain block
    shape, `load` gives the whole value instead.
    """

    __slots__ = (
        *("_load", "_plain", "_value", "column", "data", "end", "field"),
        *("parsed", "start"),
    )

    def __init__(
        self,
        data: bytes,
        start: int,
        end: int,
        column: int,
        *,
        field: str = "",
        load: Callable[[], Value] | None = None,
        parsed: tuple[Marks, Node] | None = None,
    ) -> None:
        self.data = data
        self.start = start
        self.end = end
        self.column = column
        self.field = field
        self._plain = load is None and not (end - start > _LONG and _is_sparse(data, start, end))
        self._load = load
        self.parsed = parsed  # its node, where the text around it has been parsed, and its places
        self._value: Value = None

    @property
    def is_plain(self) -> bool:
        """Whether its text can be cut by lines."""
        return self._plain

    @property
    def text(self) -> bytes:
        """The item's bytes, as they came."""
        return self.data[self.start : self.end]

    def may_say(self, word: str) -> bool:
        """False where it is certain, without reading it, that no key and no value has this word.

        A backslash may be an escape, and an exclamation mark a tag such as !!binary.
        """
        if not self._plain:
            return True
        signs = (word.encode(), b"\\", b"!")
        return any(self.data.find(sign, self.start, self.end) >= 0 for sign in signs)

    def place(self, field: str = "") -> Place:
        """Where the item starts; `field` is a path inside it."""
        path = f"{self.field}.{field}" if self.field and field else self.field or field
        return place_at(self.data, self.start, path)

    def value(self) -> Value:
        """The whole item as plain Python. Raises InputError."""
        if self._value is None:
            self._value = self._load() if self._load else self._parse()
        return self._value

    def root(self) -> Mapping:
        """The item's fields. Raises InputError where the item is not a mapping."""
        if self._plain:
            try:
                entries = block.cut_mapping(self.data, self.start, self.end, self.column)
            except NotPlain:
                pass
            else:
                return Mapping(self, (), entries)
        value = self.value()
        if not isinstance(value, dict):
            found = describe(value)
            message = f"a resource must be a mapping; this is {found}"
            raise NoResourceError(message, self.place())
        return Mapping(self, (), value)

    def _parse(self) -> Value:
        if self._plain:
            try:
                return block.read_mapping(self.data, self.start, self.end, self.column)
            except NotPlain:
                if block.is_empty(self.data, self.start, self.end):
                    return None  # of a list: a dash without an entry
        return parser.value(parse_one(self.data, self.start, self.end, self.column))


class Mapping:
    """A mapping inside an item. Its values are cut or built when they are asked for."""

    __slots__ = ("_entries", "_item", "_path")

    def __init__(self, item: Item, path: tuple[str, ...], entries: dict[str, Value]) -> None:
        self._item = item
        self._path = path
        self._entries = entries

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def keys(self) -> list[str]:
        """The keys, in the order of the text."""
        return list(self._entries)

    def get(self, key: str) -> Value:
        """The value of `key` in full; None where it is absent or null."""
        held = self._entries.get(key)
        if type(held) is not tuple:
            return held
        try:
            return block.read_value(self._item.data, held)
        except NotPlain:
            return self._built().get(key)

    def child(self, key: str) -> Mapping | None:
        """The mapping under `key`; None where it is absent or null.

        Raises ShapeError where it is anything else.
        """
        path = (*self._path, key)
        held = self._entries.get(key)
        if type(held) is tuple:
            try:
                opening = block.block_mapping(self._item.data, held)
                if opening is None:
                    return None
                start, column = opening
                entries = block.cut_mapping(self._item.data, start, held[1], column)
                return Mapping(self._item, path, entries)
            except NotPlain:
                held = self._built().get(key)
        if held is None:
            return None
        if not isinstance(held, dict):
            raise misshapen(self._item, path, "a mapping", held)
        return Mapping(self._item, path, held)

    def text(self, key: str) -> str | None:
        """The scalar under `key`; None where it is absent or null. Raises ShapeError."""
        held = self.get(key)
        if held is None or isinstance(held, str):
            return held
        return scalar_text(self._item, (*self._path, key), held)

    def cut_sequence(self, key: str) -> tuple[Span, list[Span]] | None:
        """A block sequence under `key` and its entries; None where it is anything else."""
        held = self._entries.get(key)
        if type(held) is not tuple:
            return None
        try:
            entries = block.cut_sequence(self._item.data, held)
        except NotPlain:
            return None
        return None if entries is None else (held, entries)

    def _built(self) -> dict[str, Value]:
        value = self._item.value()
        for key in self._path:
            value = value[key]
        assert isinstance(value, dict)
        return value


def scalar_text(item: Item, path: tuple[str, ...], held: Value) -> str:
    """A scalar of a field as text. Raises ShapeError for anything else."""
    if isinstance(held, str):
        return held
    if isinstance(held, bool):
        return Typed("true" if held else "false")
    raise misshapen(item, path, "a string", held)


def misshapen(item: Item, path: tuple[str, ...], wanted: str, found: Value) -> ShapeError:
    """The error for a field that is not of the kind that is wanted there."""
    field = ".".join((item.field, *path)).lstrip(".")
    place = place_of(item, path)._replace(field=field)
    return ShapeError(f"expected {wanted}, found {describe(found)}", place)


def parse_one(data: bytes, start: int, end: int, column: int) -> parser.Node:
    """The node at data[start:end], whose text starts in `column`. Raises InputError."""
    text = " " * column + data[start:end].decode()
    is_cut = data[end : end + 1] in (b"\n", b"\r")
    if is_cut or (end == len(data) and text[-1:] != "\n" and ("|" in text or ">" in text)):
        text += "\n"  # a block scalar's last line is whole: kubectl ends every line
    nodes = parser.documents(text, line=lines_before(data, start))
    if len(nodes) != 1:
        raise InputError("expected one YAML document here", place_at(data, start))
    return nodes[0]


def mapping(value: Value) -> dict[str, Value]:
    """A mapping as it is; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def describe(value: Value) -> str:
    """What kind of value this is, in words; never the value itself."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool) or (isinstance(value, Typed) and value in ("true", "false")):
        return "a boolean"
    return "a number" if isinstance(value, Typed) else "a scalar"


_last: list[tuple[Item, parser.Node]] = []  # at most one: several places of one item are asked for


def _last_node(item: Item) -> parser.Node:
    if not _last or _last[0][0] is not item:
        _last[:] = [(item, parse_one(item.data, item.start, item.end, item.column))]
    return _last[0][1]


_STEP = re.compile(r"\[(\d+)\]\.?|([^.\[]+)\.?")


def path_of(text: str) -> tuple[str | int, ...]:
    """A field path such as spec.egress[0].to as steps. What follows annotations is one key."""
    steps: list[str | int] = []
    before, annotations, key = text.partition("annotations.")
    for found in _STEP.finditer(before + annotations):
        steps.append(int(found[1]) if found[1] else found[2])
    return (*steps, key) if key else tuple(steps)


def place_of(item: Item, path: tuple[str | int, ...]) -> Place:
    """The line and column of a field inside an item, or of the nearest one around it."""
    try:
        node = _last_node(item)
    except InputError:
        return item.place()  # JSON with escapes that YAML has not
    at = node
    for step in path:
        if isinstance(step, int):
            if node.kind != "sequence" or step >= len(node.items):
                break
            at = node = node.items[step]
        else:
            found = [i for i, key in enumerate(node.keys) if parser.key_text(key) == step]
            if not found:
                break
            at, node = node.keys[found[0]], node.items[found[0]]
    return Place(line=at.line + 1, column=at.column + 1)
