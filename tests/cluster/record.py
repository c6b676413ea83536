"""What a run has tried, for the page docs/verdicts.md."""

from __future__ import annotations

from collections import Counter


class Record:
    """Counts by their names, and what was seen of an engine's own ways."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] += number
