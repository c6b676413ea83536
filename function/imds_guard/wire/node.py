"""Nodes of a YAML text with their places, and what they say as plain Python.

Scalars are text, a null is None. What Go reads as a boolean or a number is Typed: text too, as Go
writes it (wire/scalars.py).
"""

from __future__ import annotations

from typing import Any

from imds_guard.wire.errors import InputError, Place
from imds_guard.wire.scalars import Typed, key_name

Value = Any
"""A scalar as str (or bool, in JSON), None, list[Value] or dict[str, Value]."""

MAX_DEPTH = 200


class Node:
    """A node of the document and the characters it takes up; aliases share one node."""

    __slots__ = (
        "aliased",
        "column",
        "end",
        "flow",
        "is_known",
        "items",
        "keys",
        "kind",
        "known",
        "line",
        "merges",
        "size",
        "spelled",
        "start",
        "text",
    )

    def __init__(
        self,
        kind: str,  # scalar, mapping, sequence
        start: int,
        end: int,
        line: int,
        column: int,
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.line = line
        self.column = column
        self.flow = False
        self.text: str | None = None
        self.items: list[Node] = []
        self.keys: list[Node] = []  # of a mapping; `items` are its values
        self.aliased = False  # reached through an alias too
        self.size = 1  # nodes when every alias is written out
        self.spelled = ""  # a scalar's own text, where `text` is not that
        self.merges = False  # a key that takes over the keys of its value: <<
        self.known: Value = None  # what it says, once that is known
        self.is_known = False


def value(node: Node) -> Value:
    """The node as plain Python; what aliases share is shared here too, so never change it."""
    stack = [node]
    while stack:
        top = stack[-1]
        if top.is_known:
            stack.pop()
            continue
        waiting = [child for child in (*top.keys, *top.items) if not child.is_known]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        if top.kind == "scalar":
            top.known = top.text
        elif top.kind == "sequence":
            top.known = [child.known for child in top.items]
        else:
            top.known = _mapping_value(top)
        top.is_known = True
    return node.known


def key_text(node: Node) -> str:
    """A mapping key as the text that it becomes in JSON. Raises InputError where that is odd."""
    text = node.text
    if type(text) is str:
        return text
    name = key_name(node.spelled) if isinstance(text, Typed) else None
    if name is None:
        what = "null" if text is None else "this number"
        where = counted(node.line, node.column)
        raise InputError(f"a mapping key must be a string, {what} is none (quote it)", where)
    return name


def _mapping_value(node: Node) -> dict[str, Value]:
    """The mapping with what `<<` takes over, in Go's order: what comes later stands."""
    found: dict[str, Value] = {}
    for key, item in zip(node.keys, node.items, strict=True):
        held = item.known
        if not key.merges:
            found[key_text(key)] = held
            continue
        # Of several mappings the first one has the last word.
        for source in reversed(held) if isinstance(held, list) else [held]:
            if not isinstance(source, dict):
                raise InputError("a merge key (<<) needs a mapping", counted(key.line, key.column))
            found.update(source)
    return found


def counted(line: int, column: int) -> Place:
    """A place whose line and column count from 0 here."""
    return Place(line=line + 1, column=column + 1)


class UndefinedAlias(InputError):
    """An alias whose anchor is not in this text; it may be in the text around it."""
