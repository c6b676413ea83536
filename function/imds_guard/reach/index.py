"""Label selectors by what they ask for, so that few are asked for each set of labels.

A selector that asks for labels (matchLabels, In, Exists) is filed under one of them, the one that
the fewest others ask for; it is looked at only for what has that label, or may have it. One that
only leaves out (NotIn, DoesNotExist) is looked at each time.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.resources.labels import Labels

_Held = TypeVar("_Held")
Term = tuple[str, "str | None"]
"""A label's key and a value, or None for whatever value."""


def terms(selector: Any) -> Iterator[tuple[Term, ...]]:
    """For each requirement of a LabelSelector that asks for a label: what will do, any one of it.

    Nothing where the selector may select what has none of its labels.
    """
    if not isinstance(selector, dict):
        return
    wanted, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    # What the API server would refuse to read may mean anything.
    if not isinstance(wanted or {}, dict) or not isinstance(expressions or [], list):
        return
    for key, value in (wanted or {}).items():
        if isinstance(value, str):  # a null may be dropped
            yield ((key, value),)
    for one in expressions or ():
        if not isinstance(one, dict):
            continue
        key, values = str(one.get("key")), one.get("values")
        if one.get("operator") == "Exists":
            yield ((key, None),)
        elif one.get("operator") == "In" and isinstance(values, list):
            # Without a value it still is about a label of which only the key is known.
            yield tuple((key, value) for value in values if isinstance(value, str)) or ((key, ""),)


class _Filed(NamedTuple):
    """The places of selectors under one key: those that ask for it, and by the value."""

    places: list[int]
    by_value: dict[str, list[int]]


class Index(Generic[_Held]):
    """What has a selector, to be found by the labels that it may select."""

    def __init__(self, entries: Iterable[tuple[Any, _Held]]) -> None:
        self._held: list[_Held] = []
        asked = []
        for selector, held in entries:
            self._held.append(held)
            asked.append([*terms(selector)])
        often = Counter(term for all_of in asked for any_of in all_of for term in any_of)
        self._always: list[int] = []
        self._filed: dict[str, _Filed] = {}
        for place, all_of in enumerate(asked):
            if all_of:
                self._file(place, min(all_of, key=lambda any_of: sum(often[one] for one in any_of)))
            else:
                self._always.append(place)

    def _file(self, place: int, term_of: tuple[Term, ...]) -> None:
        for key, value in dict.fromkeys(term_of):
            filed = self._filed.setdefault(key, _Filed([], {}))
            if value is not None:
                filed.by_value.setdefault(value, []).append(place)
            else:
                filed.places.append(place)

    def __iter__(self) -> Iterator[_Held]:
        return iter(self._held)

    def candidates(self, labels: Labels) -> list[_Held]:
        """What may select these labels, in the order in which it was given."""
        if not labels.is_complete:
            return self._held
        found = [*self._always]
        for key, value in labels.known.items():
            if (filed := self._filed.get(key)) is not None:
                found += filed.places
                found += filed.by_value.get(value, ())
        for key in (*labels.present, *labels.maybe):
            if (filed := self._filed.get(key)) is not None:
                found += filed.places
                for places in filed.by_value.values():
                    found += places
        if len(found) == len(self._always):
            return [self._held[place] for place in found]
        return [self._held[place] for place in sorted(set(found))]


class Holders(Generic[_Held]):
    """What has labels, to be found by the selectors that may select it."""

    def __init__(self, entries: Iterable[tuple[Labels, _Held]]) -> None:
        self.all: list[_Held] = []
        self._filed: dict[str, _Filed] = {}  # the places of what has a key, and by its value
        self._unsure: dict[str, list[int]] = {}  # where the value is not known
        self._incomplete: list[int] = []
        for place, (labels, held) in enumerate(entries):
            self.all.append(held)
            if not labels.is_complete:
                self._incomplete.append(place)
            for key, value in labels.known.items():
                filed = self._filed.setdefault(key, _Filed([], {}))
                filed.places.append(place)
                filed.by_value.setdefault(value, []).append(place)
            for key in (*labels.present, *labels.maybe):
                self._unsure.setdefault(key, []).append(place)

    def candidates(self, selector: Any) -> list[_Held]:
        """What a selector may select, in the order in which it was given."""
        fewest: list[list[int]] | None = None
        for any_of in terms(selector):
            found = [self._incomplete]
            for key, value in dict.fromkeys(any_of):
                if (filed := self._filed.get(key)) is not None:
                    found.append(filed.places if value is None else filed.by_value.get(value, []))
                found.append(self._unsure.get(key, []))
            if fewest is None or sum(map(len, found)) < sum(map(len, fewest)):
                fewest = found
        if fewest is None:
            return self.all
        return [self.all[place] for place in sorted({one for some in fewest for one in some})]
