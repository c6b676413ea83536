"""Why the plane cannot be had."""

from __future__ import annotations


class Missing(Exception):
    """The machine has not got what the plane needs; the text is the reason."""


class Broken(Exception):
    """A part of the plane does not do what it should; the text is what is known of it."""


class Refused(Broken):
    """The API server did not do what it was asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"the API server said {status}: {message}")
        self.status = status
