"""A stream of documents: YAML between `---` markers, or JSON values one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.wire import emit
from imds_guard.wire.sequence import Changes, Entry, Manifest, Splice, content_end

if TYPE_CHECKING:
    from collections.abc import Iterator


class YamlDocuments:
    """The documents of a YAML stream. An entry reaches from its marker to the next one."""

    __slots__ = ("data", "entries", "has_more", "newline")

    def __init__(
        self,
        data: bytes,
        entries: list[Entry],
        newline: str = "\n",
        has_more: bool = False,  # documents that say nothing, besides the entries
    ) -> None:
        self.data = data
        self.entries = entries
        self.newline = newline
        self.has_more = has_more

    def splices(self, changes: Changes) -> Iterator[Splice]:
        for index in changes.removed:
            entry = self.entries[index]
            yield Splice(entry.lead, entry.tail, b"")
        for index, manifest in changes.replaced.items():
            entry = self.entries[index]
            item = entry.item
            if entry.flow:
                text = emit.json_lines(manifest, None)[0].encode()
            else:
                text = self._text(manifest, item.column)
            yield Splice(item.start, content_end(item), text)
        if changes.appended:
            end = len(self.data)
            complete = not end or self.data.endswith(b"\n")
            # Nothing but comments may stand before the first document, so it needs no marker.
            marker = f"---{self.newline}".encode()
            # A lone carriage return at the end needs the other half alone.
            is_half = self.data.endswith(b"\r")
            lead = b"" if complete else b"\n" if is_half else self.newline.encode()
            kept = self.has_more or len(self.entries) > len(changes.removed)
            written: emit.Written = {}
            parts = [self._text(manifest, 0, written) for manifest in changes.appended]
            line_break = self.newline.encode()
            text = lead + (marker if kept else b"") + (line_break + marker).join(parts)
            yield Splice(end, end, text + line_break)

    def _text(self, manifest: Manifest, column: int, written: emit.Written | None = None) -> bytes:
        return self.newline.join(emit.block_lines(manifest, column, written)).encode()


class JsonDocuments:
    """JSON objects one after the other, as several manifests in JSON are written."""

    __slots__ = ("data", "entries", "pretty")

    def __init__(self, data: bytes, entries: list[Entry], pretty: bool) -> None:
        self.data = data
        self.entries = entries
        self.pretty = pretty

    def splices(self, changes: Changes) -> Iterator[Splice]:
        for index in changes.removed:
            yield Splice(self.entries[index].lead, self.entries[index].tail, b"")
        for index, manifest in changes.replaced.items():
            item = self.entries[index].item
            yield Splice(item.start, item.end, self._text(manifest))
        if changes.appended:
            end = len(self.data)
            lead = b"" if self.data.endswith(b"\n") else b"\n"
            text = b"\n".join(self._text(manifest) for manifest in changes.appended)
            yield Splice(end, end, lead + text + b"\n")

    def _text(self, manifest: Manifest) -> bytes:
        return "\n".join(emit.json_lines(manifest, 0 if self.pretty else None)).encode()
