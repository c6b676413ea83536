"""Reading YAML: a ResourceList, or a stream of documents.

The plain block shape is cut by its lines; every other layout is read by the full parser, whose
marks then give the same places.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.wire import block, full
from imds_guard.wire.block import NotPlain, Span
from imds_guard.wire.documents import YamlDocuments
from imds_guard.wire.encoding import UTF8_BOM, has_odd_breaks
from imds_guard.wire.errors import InputError, place_at
from imds_guard.wire.item import Item, parse_one
from imds_guard.wire.listing import Listing, ResourceListFrame
from imds_guard.wire.sequence import BlockSequence, Entry, FlowSequence, Sequence, before_break

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.wire.full import Node, Value

_MARKER = re.compile(rb"\n(?:---|\.\.\.)(?=[ \t\r\n]|\Z)")
_FIRST_MARKER = re.compile(rb"(?:\xef\xbb\xbf)?(?:---|\.\.\.)(?=[ \t\r\n]|\Z)")
_NOTHING = re.compile(rb"(?:[ ]*(?:#[^\n]*|%[^\n]*)?\r?(?:\n|\Z))*\Z")
_REST_OF_MARKER_LINE = re.compile(rb"[ ]*(?:[ ]#[^\n]*)?\r?(?:\n|\Z)")
_ROOT = re.compile(rb"(?:[ ]*(?:#[^\n]*)?\r?\n)*([ ]*)(?=[^ \r\n#])")
_LAST_BREAK = re.compile(rb"\r?\n\Z")
_EMPTY_FLOW = re.compile(rb"[ ]*\[[ ]*\]")
_DASH_BEFORE = re.compile(r"\r?\n[ ]*-(?:[ ]|#[^\n]*\n|\r?\n)*\Z")


_LONGEST_COMMENT = 10_000  # between a dash and its entry


class _Root(NamedTuple):
    """The block mapping that a document is."""

    start: int
    end: int  # without the last line break
    column: int
    keys: dict[str, Span]


@dataclass(frozen=True, slots=True)
class _Document:
    """A document of the stream: from its marker, its body, to the next marker."""

    lead: int
    start: int
    end: int
    on_marker_line: bool  # something but a comment follows `---` on its line


class YamlText:
    """YAML text and the places where a cut by lines would be uncertain."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.odd = has_odd_breaks(data)
        self.suspects = list(block.suspects(data))
        self.newline = "\r\n" if data[: data.find(b"\n") + 1].endswith(b"\r\n") else "\n"

    def suspect(self, start: int, end: int) -> bool:
        """Whether a value that starts in data[start:end] may run over the end of its line."""
        at = bisect_left(self.suspects, start)
        return self.odd or (at < len(self.suspects) and self.suspects[at] < end)

    def documents(self) -> list[_Document]:
        """The documents that are not empty."""
        found = []
        lead = start = len(UTF8_BOM) if self.data.startswith(UTF8_BOM) else 0
        content = False
        first = _FIRST_MARKER.match(self.data)
        for marker in (*([first] if first else ()), *_MARKER.finditer(self.data)):
            at = marker.start() + (marker is not first)
            found.append(_Document(lead, start, at, content))
            lead, start, content = at, marker.end(), False
            rest = _REST_OF_MARKER_LINE.match(self.data, start)
            if rest:
                start = rest.end()
            else:
                content = True
        found.append(_Document(lead, start, len(self.data), content))
        return [one for one in found if not _NOTHING.match(self.data, one.start, one.end)]

    def root(self, document: _Document) -> _Root | None:
        """The document's block mapping; None where it is not plain."""
        opening = _ROOT.match(self.data, document.start, document.end)
        if opening is None or document.on_marker_line or self.odd:
            return None
        start = opening.end()
        column = start - opening.start(1)
        end = self.without_last_break(start, document.end)
        try:
            return _Root(start, end, column, block.cut_mapping(self.data, start, end, column))
        except NotPlain:
            return None

    def without_last_break(self, start: int, end: int) -> int:
        """`end`, or the start of the line break just before it."""
        found = _LAST_BREAK.search(self.data, max(start, end - 2), end)
        return found.start() if found else end

    def verify(self, start: int, end: int, column: int) -> Callable[[], Value] | None:
        """None where data[start:end] is plain; else its value. Raises InputError if malformed."""
        if not self.suspect(start, end):
            return None
        node = parse_one(self.data, start, end, column)
        return lambda: full.value(node)


def read_yaml(data: bytes) -> Listing:
    """A ResourceList or a stream of resources in YAML. Raises InputError."""
    text = YamlText(data)
    documents = text.documents()
    roots = [text.root(document) for document in documents]
    for index, (document, root) in enumerate(zip(documents, roots, strict=True)):
        if not _is_resource_list(text, document, root):
            continue
        if len(documents) > 1:
            other = documents[1 - index] if index < 2 else documents[0]
            message = "a ResourceList must stand alone; another document stands beside it"
            raise InputError(message, place_at(data, other.start))
        return _resource_list(text, document, root)
    entries = [
        _document_entry(text, document, root, f"document {index + 1}" if documents[1:] else "")
        for index, (document, root) in enumerate(zip(documents, roots, strict=True))
    ]
    if entries:
        _read_whole(entries[-1].item)
    return Listing(data, YamlDocuments(data, entries, text.newline))


def _document_entry(text: YamlText, document: _Document, root: _Root | None, field: str) -> Entry:
    start, end = document.start, document.end
    if root and not text.suspect(start, end):
        item = Item(text.data, root.start, end, root.column, field=field)
        return Entry(item, document.lead, end)
    node = parse_one(text.data, start, end, 0)
    at = _Marks(text.data, start, end).byte(node.start)
    load = lambda: full.value(node)  # noqa: E731
    item = Item(text.data, at, end, node.column, field=field, load=load)
    return Entry(item, document.lead, end, flow=node.flow)


def _read_whole(item: Item) -> None:
    """Parse the last item in full: text that was cut off somewhere is cut off here."""
    item.value()


def _is_resource_list(text: YamlText, document: _Document, root: _Root | None) -> bool:
    if root and (kind := root.keys.get("kind")):
        try:
            if block.read_scalar(text.data, kind) == "ResourceList":
                return True
        except NotPlain:
            pass
    if root and not text.suspect(document.start, document.end):
        return False
    if b"ResourceList" not in text.data[document.start : document.end]:
        return False
    value = full.value(parse_one(text.data, document.start, document.end, 0))
    return isinstance(value, dict) and value.get("kind") == "ResourceList"


def _resource_list(text: YamlText, document: _Document, root: _Root | None) -> Listing:
    try:
        return _plain_resource_list(text, root)
    except (NotPlain, InputError):
        # Not plain, or malformed as far as a cut can see: the full parser knows which, and where.
        return _parsed_resource_list(text, document)


def _plain_resource_list(text: YamlText, root: _Root | None) -> Listing:
    """Cut by lines. Raises NotPlain, or InputError where a cut-out part is malformed."""
    if root is None:
        raise NotPlain
    data, keys = text.data, root.keys
    items = _plain_sequence(text, keys["items"], "items") if "items" in keys else None
    results = _plain_sequence(text, keys["results"], "results") if "results" in keys else None
    config = None
    for key, span in keys.items():
        if key in ("items", "results"):
            continue
        load = text.verify(span.start, span.end, span.column)
        if key == "functionConfig":
            config = _plain_config(data, span, load)
    version = block.read_value(data, keys["apiVersion"]) if "apiVersion" in keys else None
    frame = ResourceListFrame(
        str(version), config, results, root.end, True, root.column, text.newline
    )
    if items and items.entries:
        _read_whole(items.entries[-1].item)
    return Listing(data, items, frame)


def _plain_config(data: bytes, span: Span, load: Callable[[], Value] | None) -> Item | None:
    opening = block.block_mapping(data, span) if load is None else None
    if opening:
        return Item(data, opening[0], span.end, opening[1], field="functionConfig")
    value = load() if load else block.read_value(data, span)
    if value is None:
        return None
    return Item(data, span.start, span.end, 0, field="functionConfig", load=lambda: value)


def _plain_sequence(text: YamlText, span: Span, field: str) -> BlockSequence:
    """A key's block sequence, empty where it is null or []. Raises NotPlain, InputError."""
    data = text.data
    spans = block.cut_sequence(data, span)
    # What stands before the first dash belongs to no entry.
    if text.suspect(span.start, spans[0].start if spans else span.end):
        raise NotPlain
    if spans is None:
        if block.read_value(data, span):
            raise NotPlain
        found = _EMPTY_FLOW.search(data, span.start, span.end)
        empty = found.span() if found else None
        end = before_break(data, span.end)
        return BlockSequence([], span.column, span.start, end, text.newline, empty)
    return _block_sequence(data, span, spans, field, text.newline, text.verify)


def _block_sequence(
    data: bytes,
    span: Span,
    spans: list[Span],
    field: str,
    newline: str,
    verify: Callable[[int, int, int], Callable[[], Value] | None],
) -> BlockSequence:
    first_line = data.rfind(b"\n", 0, spans[0].start)
    column = data.index(b"-", first_line) - first_line - 1
    lead = before_break(data, first_line)
    entries = []
    for index, (start, stop, item_column) in enumerate(spans):
        stop = before_break(data, stop)
        load = verify(start, stop, item_column)
        item = Item(data, start, stop, item_column, field=f"{field}[{index}]", load=load)
        entries.append(Entry(item, lead, stop))
        lead = stop
    return BlockSequence(entries, column, span.start, before_break(data, span.end), newline)


def _parsed_resource_list(text: YamlText, document: _Document) -> Listing:
    """By the full parser's marks: any layout at all. Raises InputError."""
    data = text.data
    node = parse_one(data, document.start, document.end, 0)
    marks = _Marks(data, document.start, document.end)
    keys = {
        full.key_text(key): (key, held) for key, held in zip(node.keys, node.items, strict=True)
    }
    sequences = {
        name: marks.sequence(*keys[name], name, text.newline)
        for name in ("items", "results")
        if name in keys
    }
    config = None
    if "functionConfig" in keys and full.value(keys["functionConfig"][1]) is not None:
        config = marks.item(keys["functionConfig"][1], "functionConfig")
    version = full.value(keys["apiVersion"][1]) if "apiVersion" in keys else None
    if node.flow:
        end, column = marks.byte(node.items[-1].end), None
    else:
        end, column = text.without_last_break(document.start, document.end), node.column
    frame = ResourceListFrame(
        str(version), config, sequences.get("results"), end, not node.flow, column, text.newline
    )
    return Listing(data, sequences.get("items"), frame)


class _Marks:
    """The full parser's places, in bytes of the input.

    `column` is that of the text's start, which parse_one puts before it in spaces.
    """

    def __init__(self, data: bytes, start: int, end: int, column: int = 0) -> None:
        self.data = data
        self.start = start - column
        self.text = " " * column + data[start:end].decode()
        self._ascii = len(self.text) == end - start + column

    def byte(self, at: int) -> int:
        """The byte offset of a character offset in the text."""
        return self.start + (at if self._ascii else len(self.text[:at].encode()))

    def item(self, node: Node, field: str) -> Item:
        """A node as an item."""
        start, end = self.byte(node.start), self.byte(node.end)
        return Item(self.data, start, end, node.column, field=field, load=lambda: full.value(node))

    def sequence(self, key: Node, node: Node, field: str, newline: str) -> Sequence:
        """A sequence node, or a null, as a sequence of items. Raises InputError."""
        if node.kind != "sequence" and full.value(node) is not None:
            raise InputError(f"{field} must be a list", place_at(self.data, self.byte(node.start)))
        items = [self.item(held, f"{field}[{index}]") for index, held in enumerate(node.items)]
        if node.flow:
            entries = [Entry(item, item.start, item.end, flow=True) for item in items]
            return FlowSequence(entries, self.byte(node.start) + 1, None)
        entries = []
        for held, item in zip(node.items, items, strict=True):
            before = max(0, held.start - _LONGEST_COMMENT)
            dash = _DASH_BEFORE.search(self.text[before : held.start])
            if dash is None:
                message = "this layout is not supported: an entry without its own line"
                raise InputError(message, place_at(self.data, item.start, item.field))
            lead = self.byte(before + dash.start())
            entries.append(Entry(item, lead, item.end, flow=held.flow))
        key_end = self.byte(self.text.index(":", key.end) + 1)
        if not entries:
            return BlockSequence([], key.column, key_end, key_end, newline)
        end = before_break(self.data, self._line_end(entries[-1].tail))
        return BlockSequence(entries, node.column, key_end, end, newline)

    def _line_end(self, at: int) -> int:
        """The end of the line that a node's text ends in, or ended before."""
        if self.data[at - 1 : at] == b"\n":
            return at - 1
        end = self.data.find(b"\n", at)
        return len(self.data) if end < 0 else end


def nested_sequence(item: Item, key: str) -> Sequence | None:
    """The sequence under `key` of an item as items of its own; None where there is none.

    Raises InputError.
    """
    root = item.root()
    field = f"{item.field}.{key}" if item.field else key
    newline = "\r\n" if b"\r\n" in item.data[item.start : item.start + 1000] else "\n"
    if (cut := root.cut_sequence(key)) is not None:
        span, spans = cut
        return _block_sequence(item.data, span, spans, field, newline, lambda *_: None)
    if not isinstance(root.get(key), list):
        return None
    node = parse_one(item.data, item.start, item.end, item.column)
    keys = {full.key_text(name): at for at, name in enumerate(node.keys)}
    at = keys[key]
    marks = _Marks(item.data, item.start, item.end, item.column)
    return marks.sequence(node.keys[at], node.items[at], field, newline)
