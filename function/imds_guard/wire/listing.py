"""The input as a whole: its resources in order, and what is to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.wire import emit, parser
from imds_guard.wire.errors import InputError, Place
from imds_guard.wire.results import RESULT_OWNER
from imds_guard.wire.scalars import Typed, written
from imds_guard.wire.sequence import Changes, Sequence, Splice, apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.wire.item import Item
    from imds_guard.wire.results import Result


_API_GROUP = "config.kubernetes.io/"


def check_api_version(version: Any, place: Place) -> None:
    """Raise InputError unless this is the apiVersion of a ResourceList.

    KRM functions specification: config.kubernetes.io/v1, or an older version of that group.
    """
    if not isinstance(version, str) or not version.startswith(_API_GROUP):
        message = "a ResourceList must have apiVersion: config.kubernetes.io/v1"
        raise InputError(message, place._replace(field="apiVersion"))


class ResourceListFrame:
    """What a ResourceList has around its items."""

    __slots__ = ("block", "column", "end", "function_config", "newline", "results")

    def __init__(
        self,
        function_config: Item | None,
        results: Sequence | None,
        end: int,  # where a further key of the list can be put
        block: bool,  # a block mapping, or braces
        column: int | None,  # of the list's keys; None: JSON on one line
        newline: str = "\n",
    ) -> None:
        self.function_config = function_config
        self.results = results
        self.end = end
        self.block = block
        self.column = column
        self.newline = newline

    def new_key(self, key: str, entries: Iterable[Any]) -> Iterator[Splice]:
        """The list with one more key, a list, at its end: a splice for each of its entries."""
        end = self.end
        if self.block:
            indent = " " * (self.column or 0)
            yield Splice(end, end, f"{self.newline}{indent}{key}:".encode())
            for entry in entries:
                lines = ["", *(indent + line for line in emit.block_lines([entry]))]
                yield Splice(end, end, self.newline.join(lines).encode())
        else:
            lines = emit.json_lines(list(entries), self.column)
            lead = ", " if self.column is None else ",\n" + " " * self.column
            yield Splice(end, end, (f'{lead}"{key}": ' + "\n".join(lines)).encode())


class Listing:
    """A ResourceList or a stream of resources, and the changes to make in it."""

    __slots__ = ("_changes", "_edits", "_new", "_results", "data", "frame", "top")

    def __init__(
        self,
        data: bytes,
        top: Sequence | None,  # items or documents; None where a ResourceList has no items yet
        frame: ResourceListFrame | None = None,  # None: a stream
    ) -> None:
        self.data = data
        self.top = top
        self.frame = frame
        self._changes: dict[int, tuple[Sequence, Changes]] = {}
        self._new: list[dict[str, Any]] = []
        self._results: list[Result] = []
        self._edits: list[Splice] = []

    def changes(self, sequence: Sequence) -> Changes:
        """The changes noted for `sequence`, to be added to."""
        return self._changes.setdefault(id(sequence), (sequence, Changes()))[1]

    def append(self, manifest: dict[str, Any]) -> None:
        """Add a resource behind all others."""
        if self.top is None:
            self._new.append(manifest)
        else:
            self.changes(self.top).appended.append(manifest)

    def edit(self, splices: list[Splice]) -> None:
        """Change the text inside of an item that stays."""
        self._edits += splices

    def report(self, results: list[Result]) -> None:
        """The results of this run; a stream has no place for them."""
        self._results = results

    def render(self) -> Iterator[bytes | memoryview]:
        """The whole text with the changes made; the same bytes where there are none.

        Raises InputError where a change would take away an anchor that is used elsewhere.
        """
        splices = [
            *self._edits,
            *(
                splice
                for sequence, changes in self._changes.values()
                for splice in sequence.splices(changes)
            ),
        ]
        if self.frame:
            if self._new:
                splices += self.frame.new_key("items", self._new)
            splices += self._result_splices(self.frame)
        if any(b"&" in self.data[one.start : one.end] for one in splices) and b"*" in self.data:
            _check_aliases(b"".join(apply(self.data, splices)))
        return apply(self.data, splices)

    def _result_splices(self, frame: ResourceListFrame) -> Iterator[Splice]:
        """Ours of an earlier run make room for ours of this one; everyone else's stay."""
        if frame.results is None:
            if self._results:
                yield from frame.new_key("results", (one.manifest() for one in self._results))
            return
        manifests = [one.manifest() for one in self._results]
        earlier = [
            (index, value)
            for index, entry in enumerate(frame.results.entries)
            if _is_ours(value := entry.item.value())
        ]
        if [value for _, value in earlier] == [as_text(one) for one in manifests]:
            return
        changes = Changes(removed={index for index, _ in earlier}, appended=manifests)
        yield from frame.results.splices(changes)


def _check_aliases(data: bytes) -> None:
    try:
        parser.documents(data.decode())
    except parser.UndefinedAlias as error:
        message = "an alias here uses an anchor in a policy that has to change; write the value out"
        raise InputError(message, error.place) from None


def _is_ours(result: Any) -> bool:
    tags = result.get("tags") if isinstance(result, dict) else None
    return isinstance(tags, dict) and tags.get(RESULT_OWNER[0]) == RESULT_OWNER[1]


def as_text(value: Any, known: dict[int, tuple[Any, Any]] | None = None) -> Any:
    """`value` as a reader of this package sees it: scalars as text, numbers and booleans as Typed.

    Lists that several values share stay shared, where those calls share `known` too.
    """
    if isinstance(value, dict):
        return {key: as_text(held, known) for key, held in value.items()}
    if isinstance(value, list):
        if known is None:
            return [as_text(held) for held in value]
        if id(value) not in known:
            known[id(value)] = value, [as_text(held, known) for held in value]
        return known[id(value)][1]
    if isinstance(value, bool):
        return Typed("true" if value else "false")
    return Typed(written(value)) if isinstance(value, (int, float)) else value
