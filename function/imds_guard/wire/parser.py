"""The full YAML reader: every layout, as nodes with their places."""

from __future__ import annotations

from imds_guard.wire.node import MAX_DEPTH, Node, UndefinedAlias, Value, key_text, value

__all__ = ["MAX_DEPTH", "Node", "UndefinedAlias", "Value", "documents", "key_text", "value"]


def documents(text: str, *, line: int = 0) -> list[Node]:
    """Every document of a YAML text. An empty document is a null scalar.

    `line` is added to the places in errors, for a text cut out of a larger one.
    Raises InputError for malformed YAML, unknown tags, duplicate keys, depth and alias bombs.
    """
    # Most input never gets here: only what is not in plain block style, and what is malformed.
    from imds_guard.wire.compose import compose

    return list(compose(text, line))
