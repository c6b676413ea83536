"""Shapes: what a field may hold. A kind of policy is a shape of its own, made of these."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from imds_guard.reach.validity.fault import ENGINE, LIST, NULL, REQUIRED, UNKNOWN_FIELD
from imds_guard.reach.validity.reading import (
    is_boolean,
    is_number,
    is_text,
    mistyped,
    shown,
    whole_number,
)
from imds_guard.resources.network_policy import port_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from imds_guard.reach.validity.fault import Doubt
    from imds_guard.reach.validity.reading import Reading, Shape

    Rule = Callable[[Reading, dict[str, Any], str], None]
    """Notes what is at fault with a mapping's fields together; nulls are gone by then."""
    Wrong = Callable[[str], str | None]
    """What is wrong with a text, as the end of a sentence; None where nothing is."""


_LONGEST_NAME = 40


def anything(reading: Reading, value: Any, field: str) -> None:
    """What is not looked at, since no decision depends on it."""


def fields(
    known: Mapping[str, Shape],
    *rules: Rule,
    required: Collection[str] = (),
    defaults: Collection[str] = (),
) -> Shape:
    """A mapping with these fields and no others; of `defaults` null becomes the default."""

    def shape(reading: Reading, value: Any, field: str) -> None:
        if value is None and reading.go:
            value = {}
        if not isinstance(value, dict):
            mistyped(reading, value, field, "a mapping")
            return
        for name in value:
            if name not in known and not reading.is_full:
                reading.fault(_under(field, name), _unknown(name, known), doubt=UNKNOWN_FIELD)
        mine = {
            name: inner
            for name, inner in value.items()
            if name in known and not (inner is None and name in defaults)
        }
        held = _without_nulls(reading, mine, field)
        for name in required:
            if name not in held:
                reading.fault(_under(field, name), REQUIRED, holder=field)
        for name, inner in held.items():
            path = _under(field, name)
            if isinstance(inner, (dict, list)):
                reading.look(known[name], inner, path)
            else:
                known[name](reading, inner, path)
        for rule in rules:
            rule(reading, held, field)

    return shape


def _unknown(name: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    nearest = get_close_matches(name[:_LONGEST_NAME], known, 1)
    return f"is an unknown field (near: {nearest[0]})" if nearest else "is an unknown field"


def _without_nulls(reading: Reading, value: dict[str, Any], field: str) -> dict[str, Any]:
    if None not in value.values():
        return value
    if not reading.go:
        for name, inner in value.items():
            if inner is None and not reading.is_full:
                reading.fault(_under(field, name), "is null", doubt=NULL)
    return {name: inner for name, inner in value.items() if inner is not None}


def _under(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def items(item: Shape, *, least: int = 0, most: int | None = None, is_set: bool = False) -> Shape:
    """A list of so many items; `is_set` says that none may stand twice."""

    def shape(reading: Reading, value: Any, field: str) -> None:
        if value is None and reading.go:
            return
        if not isinstance(value, list):
            mistyped(reading, value, field, "a list")
            return
        if len(value) < least or (most is not None and len(value) > most):
            limit = f"at least {least}" if len(value) < least else f"at most {most}"
            reading.fault(field, f"has {len(value)} entries, and {limit} are wanted")
        for at, inner in enumerate(value):
            if reading.is_full:
                return
            if isinstance(inner, (dict, list)):
                reading.look(item, inner, f"{field}[{at}]")
            else:
                item(reading, inner, f"{field}[{at}]")
        if is_set:
            counts = Counter(one for one in value if isinstance(one, str))
            for written, count in counts.items():
                if count > 1:
                    reading.fault(field, f"has {shown(written)} {count} times", value)

    return shape


def text_map(key: Wrong | None = None, value: Shape | None = None) -> Shape:
    """A mapping of texts to texts. `key` says what is wrong with a key."""
    of_value = value or text()

    def shape(reading: Reading, held: Any, field: str) -> None:
        if held is None and reading.go:
            return
        if not isinstance(held, dict):
            mistyped(reading, held, field, "a mapping")
            return
        for name, inner in (held if reading.go else _without_nulls(reading, held, field)).items():
            if reading.is_full:
                return
            if key is not None and (why := key(name)):
                reading.fault(field, f"has the key {shown(name)}, which {why}", holder=field)
            of_value(reading, inner, _under(field, name))

    return shape


def text(
    *,
    wrong: Wrong | None = None,
    choices: Collection[str] = (),
    pattern: str | None = None,
    least: int = 0,
    most: int | None = None,
    doubt: Doubt | None = None,
) -> Shape:
    """A text, of so many characters, one of some or of a pattern (for which it is searched).

    `doubt` says who refuses a text that is none of these, where the API server does not.
    """
    compiled = re.compile(pattern) if pattern else None

    def shape(reading: Reading, value: Any, field: str) -> None:
        if value is None and reading.go:
            value = ""
        if not is_text(value):
            mistyped(reading, value, field, "a text")
        elif choices and value not in choices:
            same = [one for one in choices if one.lower() == value.lower()]
            why = f"{shown(value)} is not {_either(choices)}"
            reading.fault(field, why, value, same[0] if same else None, doubt=doubt)
        elif not least <= len(value) or (most is not None and len(value) > most):
            why = f"has {len(value)} characters, and {most} are allowed" if value else "is empty"
            reading.fault(field, why, value, doubt=doubt)
        elif compiled is not None and not compiled.search(value):
            reading.fault(field, f"{shown(value)} is not what may stand here", value, doubt=doubt)
        elif wrong is not None and (said := wrong(value)):
            reading.fault(field, f"{shown(value)} {said}", value, doubt=doubt)

    return shape


def formatted(wrong: Wrong) -> Shape:
    """A text with a `format` in its schema, for which API servers pass over a list (1.36)."""
    of_text = text(wrong=wrong)

    def shape(reading: Reading, value: Any, field: str) -> None:
        if isinstance(value, list):
            reading.fault(field, "is a list; a text is wanted", doubt=LIST)
        else:
            of_text(reading, value, field)

    return shape


def whole(low: int | None = None, high: int | None = None, doubt: Doubt | None = None) -> Shape:
    """A whole number; `doubt` is about its range, as it is with `text`."""

    def shape(reading: Reading, value: Any, field: str) -> None:
        if value is None and reading.go:
            value = 0
        number = whole_number(value)
        if number is None:
            mistyped(reading, value, field, "a whole number")
        elif (low is not None and number < low) or (high is not None and number > high):
            reading.fault(field, f"{value} is not from {low} to {high}", value, doubt=doubt)

    return shape


def number(low: float | None = None, high: float | None = None) -> Shape:
    """A number, with or without a fraction."""

    def shape(reading: Reading, value: Any, field: str) -> None:
        if not is_number(value):
            mistyped(reading, value, field, "a number")
        elif (low is not None and float(value) < low) or (high is not None and float(value) > high):
            reading.fault(field, f"{value} is not from {low} to {high}", value)

    return shape


def boolean(reading: Reading, value: Any, field: str) -> None:
    """True or false; the text `"true"` is neither."""
    if not (is_boolean(value) or (value is None and reading.go)):
        mistyped(reading, value, field, "true or false")


def number_or_text(of_number: Shape, of_text: Shape) -> Shape:
    """Kubernetes' IntOrString."""

    def shape(reading: Reading, value: Any, field: str) -> None:
        if is_text(value):
            before = len(reading.faults)
            of_text(reading, value, field)
            if len(reading.faults) > before and (digits := port_number(value)) is not None:
                reading.faults[-1] = reading.faults[-1]._replace(proposed=digits)
        elif isinstance(value, (dict, list)) or value is None or not is_number(value):
            mistyped(reading, value, field, "a number or a text")
        else:
            of_number(reading, value, field)

    return shape


def by_engine(rule: Rule) -> Rule:
    """A rule that the API server does not have, and the engine has."""

    def doubted(reading: Reading, value: dict[str, Any], field: str) -> None:
        before = len(reading.faults)
        rule(reading, value, field)
        for at in range(before, len(reading.faults)):
            reading.faults[at] = reading.faults[at]._replace(doubt=ENGINE)

    return doubted


def exactly_one(*names: str) -> Rule:
    """Just one of these fields has to be there."""

    def rule(reading: Reading, value: dict[str, Any], field: str) -> None:
        found = [name for name in names if name in value]
        if len(found) != 1:
            said = f"has {' and '.join(found)}" if found else "has none of its fields"
            reading.fault(field, f"{said}; just one of {', '.join(names)} is wanted", value)

    return rule


def _either(choices: Collection[str]) -> str:
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last
