"""A ResourceList in YAML, of any layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imds_guard.wire import block, parser
from imds_guard.wire.block import NotPlain
from imds_guard.wire.errors import InputError, place_at
from imds_guard.wire.item import Item, parse_one
from imds_guard.wire.listing import Listing, ResourceListFrame, check_api_version
from imds_guard.wire.marks import Marks
from imds_guard.wire.sequence import BlockSequence, Entry, Sequence, before_break

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.wire.block import Span
    from imds_guard.wire.parser import Value
    from imds_guard.wire.yaml_text import Document, Root, YamlText

_EMPTY_FLOW = re.compile(rb"[ ]*\[[ ]*\]")


def looks_like_resource_list(
    text: YamlText, document: Document, root: Root | None, *, certain: bool
) -> bool:
    """Whether a document is a ResourceList; what looks like one may be none, unless `certain`.

    Raises InputError.
    """
    plain = not text.suspect(document.start, document.end)
    if root:
        try:
            kind = root.keys.get("kind")
            if kind and block.read_scalar(text.data, kind) == "ResourceList":
                if plain or not certain:
                    return True
            elif plain:
                return False
        except NotPlain:
            pass
    if b"ResourceList" not in text.data[document.start : document.end]:
        return False
    value = parser.value(parse_one(text.data, document.start, document.end, 0))
    return isinstance(value, dict) and value.get("kind") == "ResourceList"


def resource_list(text: YamlText, document: Document, root: Root | None) -> Listing | None:
    """A document that looks like a ResourceList; None where it is none. Raises InputError."""
    try:
        return _plain_resource_list(text, root)
    except (NotPlain, InputError):
        # Not plain, or malformed as far as a cut can see: the full parser knows which, and where.
        return _parsed_resource_list(text, document)


def _plain_resource_list(text: YamlText, root: Root | None) -> Listing:
    """Cut by lines. Raises NotPlain, or InputError where a cut-out part is malformed."""
    if root is None:
        raise NotPlain
    data, keys = text.data, root.keys
    version = block.read_scalar(data, keys["apiVersion"]) if "apiVersion" in keys else None
    check_api_version(version, place_at(data, root.start))
    items = _plain_sequence(text, keys["items"], "items") if "items" in keys else None
    results = _plain_sequence(text, keys["results"], "results") if "results" in keys else None
    config = None
    for key, span in keys.items():
        if key in ("items", "results"):
            continue
        load = text.verify(*span)
        if key == "functionConfig":
            config = _plain_config(data, span, load)
    frame = ResourceListFrame(config, results, root.end, True, root.column, text.newline)
    if items and items.entries:
        # Text that was cut off somewhere is cut off in the last item.
        items.entries[-1].item.value()
    return Listing(data, items, frame)


def _plain_config(data: bytes, span: Span, load: Callable[[], Value] | None) -> Item | None:
    opening = block.block_mapping(data, span) if load is None else None
    if opening:
        return Item(data, opening[0], span[1], opening[1], field="functionConfig")
    value = load() if load else block.read_value(data, span)
    if value is None:
        return None
    return Item(data, span[0], span[1], 0, field="functionConfig", load=lambda: value)


def _plain_sequence(text: YamlText, span: Span, field: str) -> BlockSequence:
    """A key's block sequence, empty where it is null or []. Raises NotPlain, InputError."""
    data = text.data
    start, end, column = span
    spans = block.cut_sequence(data, span)
    # What stands before the first dash belongs to no entry.
    if text.suspect(start, spans[0][0] if spans else end):
        raise NotPlain
    if spans is None:
        if block.read_value(data, span) not in (None, []):
            raise NotPlain
        found = _EMPTY_FLOW.search(data, start, end)
        empty = found.span() if found else None
        stop = before_break(data, end)
        return BlockSequence([], column, start, stop, text.newline, empty)
    return _block_sequence(data, span, spans, field, text.newline, text.verify)


def _block_sequence(
    data: bytes,
    span: Span,
    spans: list[Span],
    field: str,
    newline: str,
    verify: Callable[[int, int, int], Callable[[], Value] | None],
) -> BlockSequence:
    first_dash = block.first_dash(data, span)
    first_line = data.rfind(b"\n", 0, first_dash)
    column = first_dash - first_line - 1
    lead = before_break(data, first_line)
    entries = []
    for index, (start, stop, item_column) in enumerate(spans):
        stop = before_break(data, stop)
        load = verify(start, stop, item_column)
        item = Item(data, start, stop, item_column, field=f"{field}[{index}]", load=load)
        entries.append(Entry(item, lead, stop))
        lead = stop
    return BlockSequence(entries, column, span[0], before_break(data, span[1]), newline)


def _parsed_resource_list(text: YamlText, document: Document) -> Listing | None:
    """By the full parser's marks: any layout at all. Raises InputError."""
    data = text.data
    node = parse_one(data, document.start, document.end, 0)
    marks = Marks(data, document.start, document.end)
    keys = {
        parser.key_text(key): (key, held) for key, held in zip(node.keys, node.items, strict=True)
    }
    if any(name.merges for name in node.keys):
        message = "a ResourceList must not have a merge key (<<): write it out"
        raise InputError(message, place_at(data, marks.byte(node.start)))
    if "kind" not in keys or parser.value(keys["kind"][1]) != "ResourceList":
        return None  # a cut by lines has taken another text for it
    version = parser.value(keys["apiVersion"][1]) if "apiVersion" in keys else None
    check_api_version(version, place_at(data, marks.byte(node.start)))
    sequences = {
        name: marks.sequence(*keys[name], name, text.newline, braces=node.flow)
        for name in ("items", "results")
        if name in keys
    }
    config = None
    if "functionConfig" in keys and parser.value(keys["functionConfig"][1]) is not None:
        config = marks.item(keys["functionConfig"][1], "functionConfig")
    if node.flow:
        end, column = marks.byte(node.items[-1].end), None
    else:
        end, column = text.without_last_break(document.start, document.end), node.column
    frame = ResourceListFrame(
        config, sequences.get("results"), end, not node.flow, column, text.newline
    )
    return Listing(data, sequences.get("items"), frame)


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
    if item.parsed:
        marks, node = item.parsed
    else:
        node = parse_one(item.data, item.start, item.end, item.column)
        marks = Marks(item.data, item.start, item.end, item.column)
    keys = {parser.key_text(name): at for at, name in enumerate(node.keys)}
    if key not in keys:
        raise InputError(f"{key} has to be written out, not merged (<<)", item.place(key))
    at = keys[key]
    return marks.sequence(node.keys[at], node.items[at], field, newline, braces=node.flow)
