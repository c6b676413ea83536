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
        mine, its = 0, 0
        while mine < len(self.spans) and its < len(other.spans):
            (low, high), (other_low, other_high) = self.spans[mine], other.spans[its]
            if low <= other_high and other_low <= high:
                found.append((max(low, other_low), min(high, other_high)))
            if high < other_high:
                mine += 1
            else:
                its += 1
        return Ranges(tuple(found))

    def __sub__(self, other: Ranges) -> Ranges:
        left = []
        at = 0
        for low, high in self.spans:
            while at < len(other.spans) and other.spans[at][1] < low:
                at += 1
            cut = at
            while cut < len(other.spans) and other.spans[cut][0] <= high:
                start, end = other.spans[cut]
                if low < start:
                    left.append((low, start - 1))
                low = end + 1
                cut += 1
            at = max(at, cut - 1)  # the last one may reach into the next range
            if low <= high:
                left.append((low, high))
        return Ranges(tuple(left))
