"""A progress bar on stderr, for work that turns out long."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from rich.progress import Progress as RichProgress

_T = TypeVar("_T")
_PATIENCE = 1.0  # seconds without a word
_STEP = 100  # resources between two looks at the bar


class Progress:
    """Shows itself after a second, where stderr is a terminal; gone when the work is done."""

    def __init__(self) -> None:
        self._bar: RichProgress | None = None
        self._text = ""
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        if sys.stderr is not None and sys.stderr.isatty():
            self._timer = threading.Timer(_PATIENCE, self._show)
            self._timer.daemon = True

    def __enter__(self) -> Progress:
        if self._timer:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timer:
            self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._bar:
                self._bar.stop()

    def counting(self, entries: Iterable[_T], then: str) -> Iterator[_T]:
        """The same entries, counted on the bar; `then` is what is done when all are there."""
        if self._timer is None:
            yield from entries
            return
        number = 0
        for number, entry in enumerate(entries, start=1):
            if number % _STEP == 0:
                self.say(f"reading: {number:,} resources")
            yield entry
        self.say(f"{then}: {number:,} resources")

    def say(self, text: str) -> None:
        """What is being done now."""
        self._text = text
        with self._lock:
            if self._bar:
                self._bar.update(self._bar.task_ids[0], description=text)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
        bar.add_task(self._text, total=None)
        with self._lock:
            if self._timer is not None:  # or else the work was done meanwhile
                self._bar = bar
                bar.start()
