"""YAML text: its documents, their block mappings, and where a cut by lines is uncertain."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.wire import block, parser
from imds_guard.wire.block import NotPlain
from imds_guard.wire.encoding import UTF8_BOM, has_odd_breaks
from imds_guard.wire.item import parse_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imds_guard.wire.block import Span
    from imds_guard.wire.parser import Value

_MARKER = re.compile(rb"\n(?:---|\.\.\.)(?=[ \t\r\n]|\Z)")
_FIRST_MARKER = re.compile(rb"(?:---|\.\.\.)(?=[ \t\r\n]|\Z)")
_DIRECTIVE = re.compile(rb"^%", re.MULTILINE)
_NOTHING = re.compile(rb"(?:[ ]*(?:#[^\n]*|%[^\n]*)?\r?(?:\n|\Z))*\Z")
_REST_OF_MARKER_LINE = re.compile(rb"[ ]*(?:[ ]#[^\n]*)?\r?(?:\n|\Z)")
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

    `stub` is what has to stay in its place. Where a `...` follows, that needs a document, were it
    an empty one; directives before a marker need the marker. `lead` is then the body's start.
    """

    lead: int
    start: int
    end: int
    on_marker_line: bool  # something but a comment follows `---` on its line
    stub: bytes | None


class YamlText:
    """YAML text and the places where a cut by lines would be uncertain."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.directives = b"\n%" in data or data.startswith((b"%", UTF8_BOM + b"%"))
        self.odd = has_odd_breaks(data)
        self.suspects = block.suspects(data)
        self.newline = "\r\n" if data[: data.find(b"\n") + 1].endswith(b"\r\n") else "\n"

    def suspect(self, start: int, end: int) -> bool:
        """Whether a value that starts in data[start:end] may run over the end of its line."""
        at = bisect_left(self.suspects, start)
        return self.odd or (at < len(self.suspects) and self.suspects[at] < end)

    def documents(self) -> list[Document]:
        """The documents that are not empty. Raises InputError."""
        found = []
        lead = start = len(UTF8_BOM) if self.data.startswith(UTF8_BOM) else 0
        opening = b""
        on_marker_line = directed = False
        for marker in self._markers():
            at = marker.start() + (marker[0][:1] == b"\n")
            ending = self.data[at : at + 3]
            stub = b"\n" if directed and on_marker_line else None
            if ending == b"...":
                stub = b"\n" if on_marker_line else b"" if opening == b"---" else b"---\n"
                lead = start
            found.append(Document(lead, start, at, on_marker_line, stub))
            directed = self._has_directive(start, at)
            lead, start, opening = at, marker.end(), ending
            # With odd line breaks, what looks like a comment may hold the document.
            rest = None if self.odd else _REST_OF_MARKER_LINE.match(self.data, start)
            on_marker_line = rest is None
            if rest:
                start = rest.end()
            if opening == b"..." or directed:
                lead = start
        stub = b"\n" if directed and on_marker_line else None
        found.append(Document(lead, start, len(self.data), on_marker_line, stub))
        return [one for one in found if not self._is_empty(one)]

    def _has_directive(self, start: int, end: int) -> bool:
        """Whether directives stand there, which need the marker behind them."""
        if not self.directives or not _DIRECTIVE.search(self.data, start, end):
            return False
        return _NOTHING.match(self.data, start, end) is not None

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
        if opening is None or document.on_marker_line or self.odd:
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
