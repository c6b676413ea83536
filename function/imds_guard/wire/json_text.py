"""Reading JSON: a ResourceList, or resources one after the other."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from imds_guard.wire.documents import JsonDocuments
from imds_guard.wire.errors import InputError, place_at
from imds_guard.wire.item import Item
from imds_guard.wire.listing import Listing, ResourceListFrame, check_api_version
from imds_guard.wire.parser import MAX_DEPTH
from imds_guard.wire.scalars import NoValueError, json_number
from imds_guard.wire.sequence import Entry, FlowSequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire.parser import Value

_SPACE = re.compile(r"[ \t\r\n]*")
_OWN_LINE = re.compile(r"\n([ ]*)\Z")


class _RefusedError(Exception):
    """What the decoder takes and a reader of Kubernetes does not, in words."""


def _unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise _RefusedError("a key stands twice in one object")
    return mapping


def _constant(_name: str) -> Value:
    raise _RefusedError("not valid JSON: no such number")


# Numbers are text, as every scalar is.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=json_number,
    parse_float=json_number,
    parse_constant=_constant,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonText:
    """JSON text with the places of its values in bytes."""

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self.data = data
        self._start = start
        self.text = data[start:end].decode()
        self._ascii = len(self.text) == len(data[start:end])
        self._surrogates = _SURROGATE.search(self.text) is not None
        self._known = (0, 0)  # a character offset and its byte offset, to count on from

    def byte(self, at: int) -> int:
        """The byte offset of a character offset."""
        if self._ascii:
            return self._start + at
        known, byte = self._known
        if at < known:
            known, byte = 0, 0
        byte += len(self.text[known:at].encode())
        self._known = (at, byte)
        return self._start + byte

    def skip(self, at: int) -> int:
        """The next character that is not white space."""
        found = _SPACE.match(self.text, at)
        assert found
        return found.end()

    def value(self, at: int) -> tuple[Value, int]:
        """The value at a character offset, and the offset behind it. Raises InputError."""
        try:
            value, end = _DECODER.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            raise self._error(f"not valid JSON: {error.msg}", error.pos) from None
        except RecursionError:
            raise self._error(f"nested deeper than {MAX_DEPTH} levels", at) from None
        except (_RefusedError, NoValueError) as error:
            raise self._error(str(error), at) from None
        if _is_deeper(value, MAX_DEPTH):
            raise self._error(f"nested deeper than {MAX_DEPTH} levels", at)
        if self._surrogates and (half := _half_pair(self.text, at, end)) is not None:
            raise self._error("half of a surrogate pair (\\ud800 to \\udfff) is no text", half)
        return value, end

    def members(self, at: int) -> Iterator[tuple[str, int, int]]:
        """The keys of the object at `at`: each with its value's start and end, in characters."""
        at = self.skip(at + 1)
        if self.text[at : at + 1] == "}":
            return
        while True:
            if self.text[at : at + 1] != '"':
                raise self._error("not valid JSON: expected a key", at)
            key, at = self.value(at)
            at = self.skip(at)
            start = self.skip(at + 1)
            _, end = self.value(start)
            yield key, start, end
            at = self.skip(end)
            if self.text[at : at + 1] == "}":
                return
            at = self.skip(at + 1)

    def elements(self, at: int) -> Iterator[tuple[Value, int, int]]:
        """The elements of the array at `at`, each with its start and end, in characters."""
        at = self.skip(at + 1)
        if self.text[at : at + 1] == "]":
            return
        while True:
            value, end = self.value(at)
            yield value, at, end
            at = self.skip(end)
            if self.text[at : at + 1] == "]":
                return
            at = self.skip(at + 1)

    def own_line(self, at: int) -> int | None:
        """The column of a value that starts its line; None for one that does not."""
        found = _OWN_LINE.search(self.text[max(0, at - 200) : at])
        return len(found[1]) if found else None

    def sequence(self, at: int, field: str) -> FlowSequence:
        """The array at `at` as a sequence of items."""
        entries = []
        column: int | None = None
        for index, (value, start, end) in enumerate(self.elements(at)):
            name = f"{field}[{index}]"
            item = self.item(value, start, end, name)
            entries.append(Entry(item, item.start, item.end))
            column = self.own_line(start)
        return FlowSequence(entries, self.byte(at + 1), column)

    def item(self, value: Value, start: int, end: int, field: str) -> Item:
        """A value that has been read, as an item."""
        span = self.byte(start), self.byte(end)
        return Item(self.data, *span, 0, field=field, load=lambda: value)

    def _error(self, message: str, at: int) -> InputError:
        return InputError(message, place_at(self.data, self.byte(at)))


def _half_pair(text: str, start: int, end: int) -> int | None:
    """Where half of a UTF-16 surrogate pair is escaped without the other one, if anywhere."""
    high = None
    for escape in _ESCAPE.finditer(text, start, end):
        code = int(escape[1] or "0", 16)
        low = 0xDC00 <= code < 0xE000
        if high is not None and not (low and escape.start() == high + 6):
            return high
        if low and high is None:
            return escape.start()
        high = escape.start() if 0xD800 <= code < 0xDC00 else None
    return high


def _is_deeper(value: Value, depth: int) -> bool:
    """Whether collections are nested more than `depth` deep, without recursion."""
    level = [value] if isinstance(value, (dict, list)) else []
    while level and depth >= 0:
        depth -= 1
        held = (one.values() if isinstance(one, dict) else one for one in level)
        level = [child for part in held for child in part if isinstance(child, (dict, list))]
    return bool(level)


def read_json(data: bytes) -> Listing:
    """A ResourceList or a stream of resources in JSON. Raises InputError."""
    json_text = JsonText(data)
    found: list[tuple[Value, int, int]] = []
    at = json_text.skip(0)
    while at < len(json_text.text):
        value, end = json_text.value(at)
        found.append((value, at, end))
        at = json_text.skip(end)
    if any(is_resource_list(value) for value, _, _ in found):
        if len(found) > 1:
            message = "a ResourceList must stand alone; more follows or precedes it"
            raise InputError(message, place_at(data, json_text.byte(found[1][1])))
        return _resource_list(json_text, found[0][0], found[0][1])
    entries = []
    several = len(found) > 1
    for index, (value, start, end) in enumerate(found):
        item = json_text.item(value, start, end, f"document {index + 1}" if several else "")
        entries.append(Entry(item, item.start, item.end))
    pretty = bool(found) and "\n" in json_text.text[found[0][1] : found[0][2]]
    return Listing(data, JsonDocuments(data, entries, pretty))


def is_resource_list(value: Value) -> bool:
    """Whether a resource is a ResourceList of the KRM functions specification."""
    return isinstance(value, dict) and value.get("kind") == "ResourceList"


def _resource_list(json_text: JsonText, value: dict[str, Value], at: int) -> Listing:
    check_api_version(value.get("apiVersion"), place_at(json_text.data, json_text.byte(at)))
    items = results = config = None
    last_end = at + 1
    column = None
    for key, start, end in json_text.members(at):
        held = value[key]
        last_end = end
        column = json_text.own_line(json_text.text.rfind('"' + key, 0, start))
        if key == "items" and held is not None:
            if not isinstance(held, list):
                place = place_at(json_text.data, json_text.byte(start), "items")
                raise InputError("items must be a list", place)
            items = json_text.sequence(start, "items")
        elif key == "results" and isinstance(held, list):
            results = json_text.sequence(start, "results")
        elif key == "functionConfig" and held is not None:
            config = json_text.item(held, start, end, "functionConfig")
    frame = ResourceListFrame(config, results, json_text.byte(last_end), block=False, column=column)
    return Listing(json_text.data, items, frame)


def nested_json(item: Item, key: str) -> FlowSequence | None:
    """The array under `key` of a JSON item as items of its own; None where there is none.

    Raises InputError where the item is not JSON.
    """
    json_text = JsonText(item.data, item.start, item.end)
    for name, start, _ in json_text.members(0):
        if name == key and json_text.text[start : start + 1] == "[":
            field = f"{item.field}.{key}" if item.field else key
            return json_text.sequence(start, field)
    return None
