"""Labels and label selectors, with three answers: yes, no, and not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.reach.match import Match
from imds_guard.resources.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_USUAL_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/name", "app", "k8s-app")

_FEW = 16  # expressions that are asked one by one
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that the API server puts on every namespace, with its name (since 1.21)."""


def is_in(labels: Labels, key: str, values: Collection[Any]) -> Match:
    """Whether the label is there with one of these values."""
    if key in labels.known:
        return Match.YES if labels.known[key] in values else Match.NO
    if key in labels.present or key in labels.maybe:
        return Match.MAYBE
    return Match.NO if labels.is_complete else Match.UNKNOWN


def has(labels: Labels, key: str) -> Match:
    """Whether the label is there, with whatever value."""
    if key in labels.known or key in labels.present:
        return Match.YES
    if key in labels.maybe:
        return Match.MAYBE
    return Match.NO if labels.is_complete else Match.UNKNOWN


def negated(match: Match) -> Match:
    """The answer to the opposite question."""
    return {Match.YES: Match.NO, Match.NO: Match.YES}.get(match, match)


def matches(selector: Any, labels: Labels) -> Match:
    """Whether a LabelSelector, as plain Python, selects labels; an empty one selects all.

    Kubernetes API reference, LabelSelector: all of matchLabels and matchExpressions have to hold.
    What the API server would refuse to read may mean anything.
    """
    if not selector and (selector is None or selector == {}):
        return Match.YES
    if not isinstance(selector, dict):
        return Match.MAYBE
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    if not isinstance(wanted, dict) or not isinstance(expressions, list):
        return Match.MAYBE
    found = Match.YES
    if not wanted.items() <= labels.known.items():
        found = min(_label(key, value, labels) for key, value in wanted.items())
    if len(expressions) > _FEW and labels.is_complete:
        expressions = _about(expressions, labels)
    for expression in expressions:
        if found is Match.NO:
            break
        found = min(found, _expression(expression, labels))
    return found


class _Filed(NamedTuple):
    """Many expressions: those that ask for a label, and by its key those that leave one out.

    `by_value` has them by the key and the value that they leave out, None for whatever value.
    """

    expressions: list[Any]
    asking: list[Any]
    by_key: dict[str, list[Any]]
    by_value: dict[tuple[str, Any], list[Any]]


_filed: dict[int, _Filed] = {}  # by the identity of the list, which is held there
_MOST_FILED = 256


def _about(expressions: list[Any], labels: Labels) -> list[Any]:
    """The expressions that complete labels do not fulfil by having no such label."""
    filed = _filed.get(id(expressions))
    if filed is None:
        filed = _Filed(expressions, [], {}, {})
        for one in expressions:
            if _leaves_out(one):
                key = str(one.get("key"))
                filed.by_key.setdefault(key, []).append(one)
                values = one["values"] if one.get("operator") == "NotIn" else [None]
                for value in {text for text in values if text is None or isinstance(text, str)}:
                    filed.by_value.setdefault((key, value), []).append(one)
            else:
                filed.asking.append(one)
        if len(_filed) >= _MOST_FILED:
            _filed.clear()
        _filed[id(expressions)] = filed
    found = [*filed.asking]
    for key, value in labels.known.items():
        found += filed.by_value.get((key, value), ())
        found += filed.by_value.get((key, None), ())
    for key in (*labels.present, *labels.maybe):
        found += filed.by_key.get(key, ())
    return found


def _leaves_out(expression: Any) -> bool:
    """Whether an expression holds for certain for what has no such label."""
    if not isinstance(expression, dict):
        return False
    if expression.get("operator") == "NotIn":
        return isinstance(expression.get("values"), list)
    return expression.get("operator") == "DoesNotExist"


def _label(key: str, value: Any, labels: Labels) -> Match:
    if value is not None:
        return is_in(labels, key, (value,))
    # Client-side `kubectl apply` drops a null, and then nothing is asked; every other client keeps
    # it as the empty text (seen on API servers of 1.36).
    kept = is_in(labels, key, ("",))
    return Match.YES if kept is Match.YES else max(kept, Match.MAYBE)


def _expression(expression: Any, labels: Labels) -> Match:
    if not isinstance(expression, dict):
        return Match.MAYBE
    key, operator = str(expression.get("key")), expression.get("operator")
    values = expression.get("values")
    if operator == "Exists":
        return has(labels, key)
    if operator == "DoesNotExist":
        return negated(has(labels, key))
    if not isinstance(values, list) or operator not in ("In", "NotIn"):
        return Match.MAYBE
    found = is_in(labels, key, values)  # a label that is absent is in no list
    return found if operator == "In" else negated(found)


def demanded(selector: Any) -> dict[str, str]:
    """The labels that a selector asks for: those that pods must have to be selected by it."""
    if not isinstance(selector, dict):
        return {}
    wanted = selector.get("matchLabels")
    found = {key: value or "" for key, value in wanted.items()} if isinstance(wanted, dict) else {}
    expressions = selector.get("matchExpressions")
    for one in expressions if isinstance(expressions, list) else []:
        if not isinstance(one, dict):
            continue
        key, values = str(one.get("key")), one.get("values")
        if one.get("operator") == "Exists":
            found.setdefault(key, "")
        elif one.get("operator") == "In" and isinstance(values, list) and values:
            found.setdefault(key, str(values[0]))
    return found


def label_apart(labels: Labels, others: Iterable[Labels]) -> tuple[str, str] | None:
    """A label that certainly none of the others has, the usual ones first; None: there is none."""
    rest = list(others)
    for key in sorted(labels.known, key=lambda key: (key not in _USUAL_LABELS, key)):
        value = labels.known[key]
        if all(is_in(other, key, (value,)) is Match.NO for other in rest):
            return key, value
    return None


def namespace_labels(name: str | None, own: Labels | None = None) -> Labels:
    """The labels of a namespace: those of its object where that is in the input, and its name's."""
    named = {NAMESPACE_NAME: name} if name is not None else {}
    if own is None:
        return Labels(named, is_complete=False)
    return own._replace(known={**own.known, **named})
