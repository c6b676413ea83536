"""What is wrong with the fields of a loaded object, collected by strict readers of each type."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tests.support.kubernetes_text import Wrong


class Report:
    """What was found so far, and the readers that check a type on the way.

    Strict field validation (KEP-2885) refuses unknown fields, which are told apart by case; a
    wrong type is refused at every level of validation.
    """

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, path: str, message: str) -> None:
        self.found.append(f"{path or '(root)'}: {message}")

    def mistyped(self, value: object, path: str, wanted: str) -> None:
        self.add(path, f"must be {wanted}, not {'null' if value is None else type(value).__name__}")

    def mapping(self, value: object, path: str, known: Collection[str]) -> dict[str, object]:
        """The known fields that are set; null counts as not set."""
        if not isinstance(value, dict):
            self.mistyped(value, path, "a mapping")
            return {}
        for key in value:
            if key not in known:
                self.add(f"{path}.{key}".lstrip("."), "unknown field")
        return {key: value[key] for key in known if value.get(key) is not None}

    def string_map(self, value: object, path: str) -> Iterable[tuple[str, str, str]]:
        """The entries of a map of strings to strings: key, value and path each."""
        if not isinstance(value, dict):
            self.mistyped(value, path, "a mapping")
            return
        for key, item in value.items():
            where = f"{path}[{key}]"
            if not isinstance(key, str):
                self.mistyped(key, where, "a string as key")
            elif not isinstance(item, str):
                self.mistyped(item, where, "a string")
            else:
                yield key, item, where

    def items(self, value: object, path: str) -> list[tuple[object, str]]:
        """The items of a list, each with its path."""
        if not isinstance(value, list):
            self.mistyped(value, path, "a list")
            return []
        return [(item, f"{path}[{index}]") for index, item in enumerate(value)]

    def text(self, value: object, path: str, wrong: Wrong) -> None:
        """A string, with nothing `wrong` about it."""
        if not isinstance(value, str):
            self.mistyped(value, path, "a string")
        elif message := wrong(value):
            self.add(path, message)

    def port_number(self, value: object, path: str) -> int | None:
        """IsValidPortNum; a boolean is no integer."""
        if not isinstance(value, int) or isinstance(value, bool):
            self.mistyped(value, path, "an integer")
            return None
        if not 1 <= value <= 65535:
            self.add(path, "must be from 1 to 65535")
        return value
