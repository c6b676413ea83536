"""YAML text: its documents, their block mappings, and where a cut by lines is uncertain."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.wire import block, parser
from imds_guard.wire.block import NotPlain
from imds_guard.wire.encoding import UTF8_BOM, check_breaks, has_odd_breaks
from imds_guard.wire.errors import InputError, Place, place_at
from imds_guard.wire.item import parse_one
from imds_guard.wire.suspects import suspects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imds_guard.wire.block import Span
    from imds_guard.wire.parser import Value

# `---` cuts wherever it starts a line; `...` only as a marker of YAML.
_MARKER = re.compile(rb"\n(---|\.\.\.(?=[ \t\r\n]|\Z))")
_FIRST_MARKER = re.compile(rb"(---|\.\.\.(?=[ \t\r\n]|\Z))")
_DIRECTIVE = re.compile(rb"(?:[ ]*(?:#[^\n]*)?\r?\n)*(?=%)")
# Behind `...`: nothing but comments, and further ones.
_ENDS = re.compile(rb"(?:(?:\.\.\.(?=[ \t\r\n]|\Z))?[ ]*(?:#[^\n]*)?\r?(?:\n|\Z))*\Z")
_NOTHING = re.compile(rb"(?:[ ]*(?:#[^\n]*)?\r?(?:\n|\Z))*\Z")
_REST_OF_MARKER_LINE = re.compile(rb"[ \t]*(?:[ \t]#[^\n]*)?\r?(?:\n|\Z)")
_ROOT = re.compile(rb"(?:[ ]*(?:#[^\n]*)?\r?\n)*([ ]*)(?=[^ \r\n#])")
_LAST_BREAK = re.compile(rb"\r?\n\Z")


class Root(NamedTuple):
    """The block mapping that a document is."""

    start: int
    end: int  # without the last line break
    column: int
    keys: dict[str, Span]


class Document(NamedTuple):
    """A document of a stream: from its marker (`lead`) or its body (`start`) to the next marker.

    `tail` is behind the `...` that ends it, where one does.
    """

    lead: int
    start: int
    end: int
    tail: int


class YamlText:
    """YAML text and the places where a cut by lines would be uncertain."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.odd = has_odd_breaks(data)
        if self.odd:
            check_breaks(data)
        self.suspects = suspects(data)
        self.newline = "\r\n" if data[: data.find(b"\n") + 1].endswith(b"\r\n") else "\n"

    def suspect(self, start: int, end: int) -> bool:
        """Whether a value that starts in data[start:end] may run over the end of its line."""
        at = bisect_left(self.suspects, start)
        return self.odd or (at < len(self.suspects) and self.suspects[at] < end)

    def documents(self) -> list[Document]:
        """The documents that are not empty, cut as kubectl cuts them. Raises InputError.

        kubectl cuts at lines that start with `---` and takes the first document of each part
        (k8s.io/apimachinery/pkg/util/yaml): what it would drop or refuse is an error here.
        """
        found = []
        lead = start = len(UTF8_BOM) if self.data.startswith(UTF8_BOM) else 0
        ended: list[int] = []  # where `...` starts, and the line behind it
        for marker in self._markers():
            at = marker.start(1)
            behind = self._behind(marker)
            if marker[1] == b"...":
                ended = ended or [at, behind]
                continue
            found.append(self._document(lead, start, at, ended))
            lead, start, ended = at, behind, []
        found.append(self._document(lead, start, len(self.data), ended))
        return [one for one in found if not self._is_empty(one)]

    def _behind(self, marker: re.Match[bytes]) -> int:
        """The line behind a marker's. Raises InputError where the marker does not stand alone."""
        line = _REST_OF_MARKER_LINE.match(self.data, marker.end())
        if line is None or (self.odd and has_odd_breaks(line[0])):
            name = marker[1].decode()
            message = f"what follows {name} on its line is not read by kubectl: break the line"
            raise InputError(message, place_at(self.data, marker.start(1)))
        return line.end()

    def _document(self, lead: int, start: int, end: int, ended: list[int]) -> Document:
        """The document in this part. Raises InputError where kubectl would not see all of it."""
        if directive := _DIRECTIVE.match(self.data, start, end):
            message = "kubectl reads no directives (%YAML, %TAG): leave the line out"
            raise InputError(message, place_at(self.data, directive.end()))
        if not ended:
            return Document(lead, start, end, end)
        stop, behind = ended
        rest = self.data[behind:end]
        if has_odd_breaks(rest) or not _ENDS.match(rest):
            message = "kubectl drops what follows the end of a document (...): begin it with ---"
            raise InputError(message, self._first_line(behind, end))
        document = Document(lead, start, stop, behind)
        if self._is_empty(document):
            message = "... ends a document that has not begun: kubectl refuses it"
            raise InputError(message, place_at(self.data, stop))
        return document

    def _first_line(self, start: int, end: int) -> Place:
        """The place of the first line there that is neither empty nor a comment."""
        root = _ROOT.match(self.data, start, end)
        return place_at(self.data, root.end() if root else start)

    @property
    def has_markers(self) -> bool:
        """Whether a document is begun or ended by a marker, were it an empty one."""
        return next(self._markers(), None) is not None

    def _markers(self) -> Iterator[re.Match[bytes]]:
        start = len(UTF8_BOM) if self.data.startswith(UTF8_BOM) else 0
        if first := _FIRST_MARKER.match(self.data, start):
            yield first
        yield from _MARKER.finditer(self.data)

    def _is_empty(self, document: Document) -> bool:
        if not self.odd:
            return _NOTHING.match(self.data, document.start, document.end) is not None
        return not parser.documents(self.data[document.start : document.end].decode())

    def root(self, document: Document) -> Root | None:
        """The document's block mapping; None where it is not plain."""
        opening = _ROOT.match(self.data, document.start, document.end)
        if opening is None or self.odd:
            return None
        start = opening.end()
        column = start - opening.start(1)
        end = self.without_last_break(start, document.end)
        try:
            return Root(start, end, column, block.cut_mapping(self.data, start, end, column))
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
        return lambda: parser.value(node)
