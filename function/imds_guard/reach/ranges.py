"""Sets of whole numbers as ranges: ports, and addresses as numbers."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Ranges:
    """A set of whole numbers: ranges with both ends inside, ordered, apart from each other."""

    __slots__ = ("spans",)

    def __init__(self, spans: tuple[tuple[int, int], ...] = ()) -> None:
        self.spans = spans

    def __repr__(self) -> str:
        return f"Ranges({self.spans})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self.spans == other.spans

    def __hash__(self) -> int:
        return hash(self.spans)

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int]]) -> Ranges:
        """The union of ranges in any order; one whose end is before its start is empty."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted(span for span in spans if span[0] <= span[1]):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self.spans, (number, float("inf"))) - 1
        return at >= 0 and number <= self.spans[at][1]

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __or__(self, other: Ranges) -> Ranges:
        return Ranges.of((*self.spans, *other.spans))

    def __and__(self, other: Ranges) -> Ranges:
        found = []
        for low, high in self.spans:
            for other_low, other_high in other.spans:
                if other_low > high:
                    break
                found.append((max(low, other_low), min(high, other_high)))
        return Ranges.of(found)

    def __sub__(self, other: Ranges) -> Ranges:
        left = list(self.spans)
        for low, high in other.spans:
            cut = []
            for start, end in left:
                if end < low or start > high:
                    cut.append((start, end))
                    continue
                cut += [(start, low - 1), (high + 1, end)]
            left = [span for span in cut if span[0] <= span[1]]
        return Ranges(tuple(left))
