"""Reading YAML: a ResourceList, or a stream of documents.

The plain block shape is cut by its lines; every other layout is read by the full parser, whose
marks then give the same places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.wire import parser
from imds_guard.wire.documents import YamlDocuments
from imds_guard.wire.errors import InputError, place_at
from imds_guard.wire.item import Item, parse_one
from imds_guard.wire.listing import Listing
from imds_guard.wire.marks import Marks
from imds_guard.wire.resource_list import looks_like_resource_list, resource_list
from imds_guard.wire.sequence import Entry
from imds_guard.wire.yaml_text import YamlText

if TYPE_CHECKING:
    from imds_guard.wire.yaml_text import Document, Root


def read_yaml(data: bytes) -> Listing:
    """A ResourceList or a stream of resources in YAML. Raises InputError."""
    text = YamlText(data)
    documents = text.documents()
    several = len(documents) > 1
    roots = [text.root(document) for document in documents]
    for index, (document, root) in enumerate(zip(documents, roots, strict=True)):
        if not looks_like_resource_list(text, document, root, certain=several):
            continue
        if several:
            other = documents[1 - index] if index < 2 else documents[0]
            message = "a ResourceList must stand alone; another document stands beside it"
            raise InputError(message, place_at(data, other.start))
        listing = resource_list(text, document, root)
        if listing:
            return listing
    made = (
        _document_entry(text, document, root, f"document {index + 1}" if several else "")
        for index, (document, root) in enumerate(zip(documents, roots, strict=True))
    )
    entries = [entry for entry in made if entry]
    if entries:
        # Text that was cut off somewhere is cut off in the last document.
        entries[-1].item.value()
    has_more = len(entries) < len(documents) or (not entries and text.has_markers)
    return Listing(data, YamlDocuments(data, entries, text.newline, has_more))


def _document_entry(
    text: YamlText, document: Document, root: Root | None, field: str
) -> Entry | None:
    start, end = document.start, document.end
    if root and not text.suspect(start, end):
        item = Item(text.data, root.start, end, root.column, field=field)
        return Entry(item, document.lead, document.tail)
    node = parse_one(text.data, start, end, 0)
    if parser.value(node) is None:
        return None  # a null is an empty document
    marks = Marks(text.data, start, end)
    at = marks.byte(node.start)
    stop = marks.line_end(marks.byte(node.end)) if text.odd else end
    load = lambda: parser.value(node)  # noqa: E731
    item = Item(text.data, at, stop, node.column, field=field, load=load)
    return Entry(item, document.lead, document.tail, flow=node.flow)
