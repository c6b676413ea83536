"""Nodes of a YAML text with their places, and what they say as plain Python.

Scalars stay text (a plain null is None), so that YAML 1.1 has no say over anyone's `on` or `012`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imds_guard.wire.errors import InputError, Place

Value = Any
"""A scalar as str (or bool, in JSON), None, list[Value] or dict[str, Value]."""

MAX_DEPTH = 200
NULLS = frozenset(("", "~", "null", "Null", "NULL"))
MERGE = "<<"


@dataclass(slots=True)
class Node:
    """A node of the document and the characters it takes up; aliases share one node."""

    kind: str  # scalar, mapping, sequence
    start: int
    end: int
    line: int
    column: int
    flow: bool = False
    text: str | None = None
    items: list[Node] = field(default_factory=list)
    keys: list[Node] = field(default_factory=list)  # of a mapping; `items` are its values
    aliased: bool = False  # reached through an alias too
    size: int = 1  # nodes when every alias is written out


def value(node: Node) -> Value:
    """The node as plain Python; what aliases share is shared here too, so never change it."""
    done: dict[int, Value] = {}
    stack = [node]
    while stack:
        top = stack[-1]
        if id(top) in done:
            stack.pop()
            continue
        waiting = [child for child in (*top.keys, *top.items) if id(child) not in done]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        if top.kind == "scalar":
            done[id(top)] = top.text
        elif top.kind == "sequence":
            done[id(top)] = [done[id(child)] for child in top.items]
        else:
            done[id(top)] = _mapping_value(top, done)
    return done[id(node)]


def key_text(node: Node) -> str:
    """A mapping key as text: Kubernetes has string keys only, so a plain null is its spelling."""
    return node.text if node.text is not None else "null"


def _mapping_value(node: Node, done: dict[int, Value]) -> dict[str, Value]:
    own: dict[str, Value] = {}
    merged: dict[str, Value] = {}
    for key, item in zip(node.keys, node.items, strict=True):
        name = key_text(key)
        held = done[id(item)]
        if name != MERGE:
            own[name] = held
            continue
        for source in held if isinstance(held, list) else [held]:
            if not isinstance(source, dict):
                raise InputError("a merge key (<<) needs a mapping", counted(key.line, key.column))
            for inherited, inherited_value in source.items():
                merged.setdefault(inherited, inherited_value)
    return {**merged, **own} if merged else own


def counted(line: int, column: int) -> Place:
    """A place whose line and column count from 0 here."""
    return Place(line=line + 1, column=column + 1)


class UndefinedAlias(InputError):
    """An alias whose anchor is not in this text; it may be in the text around it."""
