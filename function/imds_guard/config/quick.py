"""The quick reader: a configuration in plain form, without pydantic.

Loading pydantic takes longer than all else that is done for a small package. So what a field takes
is a table (`parts.py`), made from pydantic's models, and this reads by it the forms that leave no
doubt. All else, and every message about what is wrong, is left to pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from imds_guard.config import parts, rules
from imds_guard.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.config.part import Form

_P = TypeVar("_P", bound=Part)


class _Doubt(ValueError):
    """It has no plain form, or it is wrong: pydantic knows which."""


def read(kind: type[_P], value: Any) -> _P | None:
    """The part that `value` is, just as pydantic reads it; None where that is in doubt."""
    try:
        return _part(kind, value)
    except ValueError:  # of a rule too
        return None


def _part(kind: type[_P], value: Any) -> _P:
    if not kind.QUICK:
        raise _Doubt
    value = _by_rules(kind.BEFORE, value)
    if type(value) is not dict:
        raise _Doubt
    given = {}
    for key, held in value.items():
        if type(key) is not str or key not in kind.FORMS:
            raise _Doubt
        name, form = kind.FORMS[key]
        given[name] = _value(form, held)
    for name, _ in kind.FORMS.values():
        if name not in given and not hasattr(kind, name):
            raise _Doubt  # it is required
    found: _P = _by_rules(kind.AFTER, kind(**given))
    return found


def _value(form: Form, value: Any) -> Any:
    word, *more = form
    return _READERS[word](value, *more)


def _by_rules(names: tuple[str, ...], value: Any) -> Any:
    for name in names:
        value = getattr(rules, name)(value)
    return value


def _text(value: Any, names: tuple[str, ...], least: int) -> str:
    # Half a surrogate pair, which pydantic takes for no text, is not printable.
    if type(value) is not str or not value.isprintable():
        raise _Doubt
    text: str = _by_rules(names, value)
    if len(text) < least:
        raise _Doubt
    return text


def _word(value: Any, words: tuple[str, ...]) -> str:
    if type(value) is not str or value not in words:
        raise _Doubt
    return value


def _flag(value: Any) -> bool:
    if type(value) is bool:
        return value
    if value not in ("true", "false"):
        raise _Doubt
    return bool(value == "true")


def _number(value: Any, least: int | None, most: int | None) -> int:
    if type(value) is str and value.isascii() and value.isdecimal() and value[0] != "0":
        value = int(value)
    if type(value) is not int:
        raise _Doubt
    if (least is not None and value < least) or (most is not None and value > most):
        raise _Doubt
    return value


def _list(value: Any, form: Form, least: int) -> tuple[Any, ...]:
    if type(value) is not list or len(value) < least:
        raise _Doubt
    return tuple(_value(form, held) for held in value)


def _map(value: Any, keys: Form, values: Form, least: int) -> dict[str, Any]:
    if type(value) is not dict or len(value) < least:
        raise _Doubt
    return {_value(keys, key): _value(values, held) for key, held in value.items()}


def _named_part(value: Any, name: str) -> Part:
    kind: type[Part] = getattr(parts, name)
    return _part(kind, value)


# Where a field takes values of several types, each is read as what it is.
_TYPES = {
    "text": str,
    "word": str,
    "flag": bool,
    "number": int,
    "list": list,
    "map": dict,
    "part": dict,
}


def _either(value: Any, *forms: Form) -> Any:
    for form in forms:
        if type(value) is _TYPES.get(form[0]):
            try:
                return _value(form, value)
            except ValueError:
                continue
    raise _Doubt


def _doubt(value: Any, form: Form) -> Any:
    raise _Doubt


_READERS: dict[str, Callable[..., Any]] = {
    "text": _text,
    "word": _word,
    "flag": _flag,
    "number": _number,
    "list": _list,
    "map": _map,
    "part": _named_part,
    "either": _either,
    "doubt": _doubt,
}
