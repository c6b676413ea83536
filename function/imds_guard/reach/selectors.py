"""Label selectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that the API server puts on every namespace, with its name (since 1.21)."""


def matches(selector: Any, labels: Mapping[str, str], *, unknown: bool = True) -> bool:
    """Whether a LabelSelector, as plain Python, matches labels; an empty one matches all.

    Kubernetes API reference, LabelSelector: all of matchLabels and matchExpressions have to hold.
    `unknown` is the answer for what the API would refuse to read.
    """
    if not selector and (selector is None or selector == {}):
        return True
    if not isinstance(selector, dict):
        return unknown
    wanted = selector.get("matchLabels") or {}
    if not isinstance(wanted, dict):
        return unknown
    if None in wanted.values():
        # The API reads a null as the text that is empty.
        wanted = {key: "" if value is None else value for key, value in wanted.items()}
    if not wanted.items() <= labels.items():
        return False
    expressions = selector.get("matchExpressions") or []
    if not isinstance(expressions, list):
        return unknown
    return all(_holds(one, labels, unknown) for one in expressions)


def _holds(expression: Any, labels: Mapping[str, str], unknown: bool) -> bool:
    if not isinstance(expression, dict):
        return unknown
    key, operator = str(expression.get("key")), expression.get("operator")
    values = expression.get("values")
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if not isinstance(values, list) or operator not in ("In", "NotIn"):
        return unknown
    # A label that is absent is in no list.
    is_in = key in labels and labels[key] in values
    return is_in if operator == "In" else not is_in


def namespace_labels(name: str | None, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The labels of a namespace: those of its object where that is known, and its name's."""
    named = {NAMESPACE_NAME: name} if name is not None else {}
    return {**(own or {}), **named}
