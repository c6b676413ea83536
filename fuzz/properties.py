"""What holds for any bytes at all. Each raises for bytes that break it; none takes an hour.

The tests run them on the corpus and on every case; the fuzzer looks for bytes that break one.
"""

from __future__ import annotations

import json
from typing import Any

from imds_guard.config import Config, ConfigError
from imds_guard.guard import config_in, run
from imds_guard.resources.fields import JOB_TEMPLATE, RESOURCE, outline_of
from imds_guard.wire import (
    Fields,
    InputError,
    Item,
    Listing,
    Mapping,
    Outline,
    ShapeError,
    as_text,
    parser,
    read,
)
from imds_guard.wire.scalars import NoValueError, json_number

NEW = {"kind": "New", "metadata": {"name": "new", "note": "a: b"}}
MOST_EDITS = 8  # of the items of one input, so that an input stays quick


def check_wire(data: bytes) -> None:
    """What is read means what the full parser says; an edit changes its own item alone."""
    try:
        listing = read(data)
    except InputError:
        return
    if not (listing.frame and listing.frame.results):  # where ours of an earlier run would go
        assert _rendered(listing) == data, "unchanged, it comes out otherwise"
    reference = _parsed(data)
    if reference is None:
        _touch(listing)
        return
    if not all(isinstance(one, dict) for one in reference):
        _touch(listing)
        return
    try:
        found = [on_demand(item.root()) for item in _items(listing)]
    except InputError:
        return  # stricter than the parser: an error, and nothing is written
    assert as_text(found) == reference, "read on demand, it means something else"
    for item, value in zip(_items(listing), reference, strict=True):
        check_fields(item, value)
    # A last block scalar may gain a line break; an anchor may go with the item that holds it.
    if data.endswith(b"\n") and not (b"&" in data and b"*" in data):
        _check_edits(data, reference)


def check_config(data: bytes) -> None:
    """A functionConfig is one, or an error in words."""
    try:
        config = config_in(data, "config.yaml")
    except (InputError, ConfigError) as error:
        one_message(error)
        return
    assert isinstance(config, Config)


def check_function(data: bytes) -> None:
    """The function gives an error in words, or a text that a second run leaves as it is."""
    try:
        once = _run(data)
    except (InputError, ConfigError) as error:
        one_message(error)
        return
    # Text that is malformed where nobody looks comes through as it is; neighbours may go.
    if _parsed(data) is None or not once.strip():
        return  # nothing is left where all of it was ours and stale
    assert _parsed(once) is not None, "what comes out is malformed"
    assert _run(once) == once, "a second run changes the first one's output"


def _run(data: bytes) -> bytes:
    outcome = run(data)
    for result in outcome.results:
        assert "\n" not in result.line()
    return b"".join(outcome.chunks)


def one_message(error: Exception) -> None:
    """An error says something, and can be written down."""
    assert str(error).strip(), "an error without a word"
    str(error).encode()


def _rendered(listing: Listing) -> bytes:
    return b"".join(listing.render())


def _items(listing: Listing) -> list[Item]:
    return [entry.item for entry in listing.top.entries] if listing.top else []


def _touch(listing: Listing) -> None:
    """Ask for everything in a text that the full parser does not take; any answer will do."""
    for item in _items(listing):
        try:
            on_demand(item.root())
        except (InputError, ShapeError):
            continue


def on_demand(mapping: Mapping) -> dict[str, Any]:
    """All of a mapping, by the same steps as the views take."""
    found: dict[str, Any] = {}
    for key in mapping.keys():  # noqa: SIM118 - a Mapping is not iterable
        value = mapping.get(key)
        if isinstance(value, dict) and value:
            child = mapping.child(key)
            assert child is not None
            assert on_demand(child) == value
        found[key] = value
    return found


def check_fields(item: Item, value: Any) -> None:
    """The fields that views read, found in one pass, are those of the whole."""
    for outline in (RESOURCE, outline_of(JOB_TEMPLATE)):
        _check_outline(item, value, outline)


def _check_outline(item: Item, value: Any, outline: Outline) -> None:
    fields = Fields(item, outline)
    for path in outline.fields:
        try:
            wanted = _at(value, path)
        except TypeError:
            continue  # what holds it is no mapping: an error that the views leave to others
        if not outline.fields[path].indent:
            assert as_text(fields.get(path)) == wanted, f"{path} means something else"
        assert fields.has(path) == (wanted is not None)
        assert fields.may_have(path) or wanted is None
        if not isinstance(wanted, list):
            assert fields.entries(path) == []
            continue
        entries = fields.entries(path)
        assert [as_text(one.value()) for one in entries] == wanted


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise TypeError
        value = value.get(key)
    return value


def _parsed(data: bytes) -> list[Any] | None:
    """The items, or else the documents, as a parser of all the text has them; None: malformed."""
    documents = _json_documents(data) or _yaml_documents(data)
    if documents is None:
        return None
    documents = [as_text(one) for one in documents if one is not None]
    for one in documents:
        if isinstance(one, dict) and one.get("kind") == "ResourceList":
            items = one.get("items")
            return (items or []) if items is None or isinstance(items, list) else None
    return documents


def _yaml_documents(data: bytes) -> list[Any] | None:
    try:
        # kubectl ends the last line where nobody has.
        text = data.decode()
        ended = text if text.endswith("\n") else f"{text}\n"
        return [parser.value(node) for node in parser.documents(ended)]
    except InputError:
        return None


def _json_documents(data: bytes) -> list[Any] | None:
    decoder = json.JSONDecoder(parse_int=json_number, parse_float=json_number)
    text = data.decode()
    found = []
    at = len(text) - len(text.lstrip(" \t\r\n"))
    if text[at : at + 1] != "{":
        return None
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError, NoValueError):
            return None
        found.append(value)
        at = len(text) - len(text[end:].lstrip(" \t\r\n"))
    return found


def _check_edits(data: bytes, reference: list[Any]) -> None:
    listing = read(data)
    listing.append(NEW)
    _check_edit(listing, [*reference, NEW], "appended")
    for at in range(min(len(reference), MOST_EDITS)):
        before, after = reference[:at], reference[at + 1 :]
        for kept, name in (([NEW], "replaced"), ([], "removed")):
            listing = read(data)
            assert listing.top is not None
            changes = listing.changes(listing.top)
            if kept:
                changes.replaced[at] = NEW
            else:
                changes.removed.add(at)
            _check_edit(listing, [*before, *kept, *after], name)


def _check_edit(listing: Listing, wanted: list[Any], how: str) -> None:
    try:
        out = _rendered(listing)
    except InputError:
        return  # a layout that edits refuse, in words
    found = _parsed(out)
    assert found == wanted, f"an item {how} changes another"
