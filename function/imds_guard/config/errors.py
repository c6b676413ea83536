"""What is wrong with a configuration, in words that name the nearest right one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import ValidationError

Path = tuple[str | int, ...]
_CERTAIN = 0.8  # a word so much like another is that one misspelt


class ConfigError(Exception):
    """A functionConfig that cannot be used; `field` is the path of the first wrong field."""

    def __init__(self, message: str, field: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    @property
    def path(self) -> str:
        """The field's path as text: spec.allow.egress[0].to"""
        return dotted(self.field)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.field else self.message


def nearest(word: str, known: Sequence[str]) -> str:
    """A clause that names the known word nearest to `word`, or all of them."""
    import difflib

    near = difflib.get_close_matches(word.lower(), known, n=2, cutoff=0.5)
    if near and difflib.SequenceMatcher(None, word.lower(), near[0]).ratio() > _CERTAIN:
        near = near[:1]
    return f"; did you mean {' or '.join(near)}?" if near else f"; known are {', '.join(known)}"


def from_validation(
    error: ValidationError, at: Path, fields_at: Callable[[Path], list[str]]
) -> ConfigError:
    """The first of pydantic's complaints in our words, and the fields of the others.

    `fields_at` tells which fields may stand at a path.
    """
    first, *others = error.errors(include_url=False)
    message = _message(first, fields_at)
    if others:
        message += f" (also wrong: {', '.join(dotted(_place(one)) for one in others)})"
    return ConfigError(message, (*at, *_place(first)))


def _place(error: Any) -> Path:
    """The path of the field; pydantic ends the path of a mapping's key with [key]."""
    return tuple(part for part in error["loc"] if part != "[key]")


def _message(error: Any, fields_at: Callable[[Path], list[str]]) -> str:
    loc = error["loc"]
    if error["type"] == "extra_forbidden":
        return f"unknown field{nearest(str(loc[-1]), fields_at(loc[:-1]))}"
    if error["type"] == "literal_error":
        known = re.findall(r"'([^']+)'", error["ctx"]["expected"])
        return f"{str(error['input'])!r} is not one of {', '.join(known)}"
    if error["type"] == "missing":
        return "is required"
    if error["type"] in ("too_short", "string_too_short"):
        return "must not be empty"
    message: str = error["msg"]
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def dotted(path: Path) -> str:
    """A field's path as text: allow.egress[0].to"""
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path).lstrip(".")
