"""How resources come in and go out: bytes to items and back. Knows no Kubernetes kind."""

from __future__ import annotations

from imds_guard.wire import emit
from imds_guard.wire.encoding import MAX_SIZE, UTF8_BOM, check_text
from imds_guard.wire.errors import InputError, NoResourceError, Place, ShapeError, place_at
from imds_guard.wire.item import Item, Mapping, describe, mapping, path_of, place_of
from imds_guard.wire.listing import Listing, as_text
from imds_guard.wire.outline import Fields, Outline
from imds_guard.wire.parser import Value
from imds_guard.wire.resource_list import nested_sequence
from imds_guard.wire.results import (
    SEVERITIES,
    Member,
    Result,
    Severity,
    WorkloadName,
    is_at_least,
    merged,
    worst_first,
)
from imds_guard.wire.sequence import Changes, Entry, Manifest, Sequence, Splice
from imds_guard.wire.yaml_read import read_yaml

__all__ = [
    "MAX_SIZE",
    "SEVERITIES",
    "Changes",
    "Entry",
    "Fields",
    "InputError",
    "Item",
    "Listing",
    "Manifest",
    "Mapping",
    "Member",
    "NoResourceError",
    "Outline",
    "Place",
    "Result",
    "Sequence",
    "Severity",
    "ShapeError",
    "Splice",
    "Value",
    "WorkloadName",
    "as_text",
    "describe",
    "is_at_least",
    "mapping",
    "merged",
    "nested",
    "path_of",
    "place_of",
    "read",
    "read_one",
    "worst_first",
    "write_documents",
]


def read(data: bytes) -> Listing:
    """A ResourceList or a stream of resources, in YAML or JSON, told apart by what it is.

    Raises InputError for anything that is neither.
    """
    check_text(data)
    if not data.removeprefix(UTF8_BOM).strip():
        raise InputError("the input is empty; expected a ResourceList or Kubernetes resources")
    if data.lstrip()[:1] not in (b"{", b"["):
        return read_yaml(data)
    from imds_guard.wire.json_text import read_json

    try:
        return read_json(data)
    except InputError as json_error:
        # A YAML stream may open with braces too; which of the two was meant, the text shows.
        try:
            listing = read_yaml(data)
        except InputError as yaml_error:
            raise (json_error if b'{"' in b"".join(data[:200].split()) else yaml_error) from None
        if b"\n..." in data:
            raise json_error from None  # to kubectl it ends nothing behind a first object in JSON
        return listing


def nested(item: Item, key: str) -> Sequence | None:
    """The list under `key` of a resource as resources of their own; None where there is none.

    Raises InputError.
    """
    if item.data[item.start : item.start + 1] == b"{":
        from imds_guard.wire.json_text import nested_json

        try:
            return nested_json(item, key)
        except InputError:
            pass  # braces of YAML
    return nested_sequence(item, key)


def read_one(data: bytes) -> Item:
    """The one resource in a file, such as a configuration. Raises InputError."""
    listing = read(data)
    entries = listing.top.entries if listing.top else []
    if listing.frame or len(entries) != 1:
        raise InputError("expected exactly one resource", place_at(data, len(data.rstrip())))
    return entries[0].item


def write_documents(manifests: list[Manifest]) -> list[bytes]:
    """Resources as a YAML stream."""
    texts = ["\n".join(emit.block_lines(manifest)) + "\n" for manifest in manifests]
    return ["---\n".join(texts).encode()]
