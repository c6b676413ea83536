"""What Go makes of a scalar: a string, null, a boolean or a number.

kubectl reads YAML with sigs.k8s.io/yaml, which turns it into JSON, and sends JSON. So `0x50`,
`80.0` and `80` are the same number, `on` is true, and as a key each of them is text again, as JSON
has it. Source: `resolve` in go.yaml.in/yaml/v2 and `convertToJSONableObject` in sigs.k8s.io/yaml;
tests/oracle holds this against them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

NULLS = frozenset(("", "~", "null", "Null", "NULL"))
MERGE = "<<"
_PREFIX = "tag:yaml.org,2002:"
TAG_MERGE = _PREFIX + "merge"

_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
WORDS = _TRUE | _FALSE
"""Plain scalars that are booleans."""
_HINTS = frozenset("+-.0123456789")
_INTEGER = re.compile(
    r"[-+]?(?:0[xX](?P<x>[0-9a-fA-F]+)|0[bB](?P<b>[01]+)|0[oO]?(?P<o>[0-7]+)|(?P<d>0|[1-9]\d*))\Z",
    re.ASCII,
)
_BASES = {"x": 16, "b": 2, "o": 8, "d": 10}
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?\Z", re.ASCII)
# Go itself reads what starts with a point, underscores and all.
_POINT_FLOAT = re.compile(r"\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?\Z", re.ASCII)
_NOT_FINITE = frozenset(
    sign + word
    for sign, words in {
        "": (".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF"),
        "+": (".inf", ".Inf", ".INF"),
        "-": (".inf", ".Inf", ".INF"),
    }.items()
    for word in words
)
# A float as a key is written with the shortest digits of 32 bits, and with an exponent from 1e+06
# on. In between, what has so few digits stays as it is.
_PLAIN_FLOAT = re.compile(r"-?(?=[\d.]{3,7}\Z)\d+\.\d*[1-9]\Z", re.ASCII)
_SIGNED = 1 << 63
_LONGEST = 400  # characters of a number that is looked at; longer ones are refused


class Typed(str):
    """A scalar that is no string: a boolean or a number, in the text that Go writes as JSON."""

    __slots__ = ()


def untyped(value: Any) -> Any:
    """A scalar that is Typed as plain Python; anything else as it is."""
    if not isinstance(value, Typed):
        return value
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.lstrip("-").isdecimal() else float(value)


class NoValueError(ValueError):
    """A scalar for which Go has no value, in words."""


@lru_cache(maxsize=4096)
def plain(text: str) -> str | None:
    """What a plain scalar is: None, Typed or a string. Raises NoValueError."""
    if text in NULLS:
        return None
    if text in WORDS:
        return Typed("true" if text in _TRUE else "false")
    if text[0] not in _HINTS:
        return text
    if text in _NOT_FINITE:
        raise NoValueError("JSON has no such number")
    number = _number(text)
    return text if number is None else Typed(written(number))


def is_string(text: str) -> bool:
    """Whether a plain scalar that is not empty is certainly a string, and the same as a key."""
    return text[0] not in _HINTS and text not in WORDS and text not in NULLS


def tagged(tag: str, text: str) -> str | None:
    """What a scalar with an explicit tag is. Raises NoValueError where that is odd."""
    name = tag.removeprefix(_PREFIX)
    if tag == "!" or name == "str":
        return text
    if name == "binary":
        return _decoded(text)
    found = plain(text)
    if name == "null" and found is None:
        return None
    if name == "bool" and text in WORDS:
        return found
    is_number = isinstance(found, Typed) and text not in WORDS
    if name == "float" and is_number:
        return found
    if name == "int" and _integer(text.replace("_", "")) is not None:
        return found
    if name in ("timestamp", "merge") and type(found) is str:
        return found
    raise NoValueError("the tag does not fit the value")


def _decoded(text: str) -> str:
    from base64 import b64decode

    try:
        # Go's decoder passes over line breaks alone.
        return b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode()
    except ValueError:
        raise NoValueError("binary data that is not base64 of UTF-8 text") from None


def json_number(text: str) -> Typed:
    """A number of JSON. Raises NoValueError where it is out of all range."""
    number = int(text) if len(text) < 19 and text.lstrip("-").isdecimal() else float(text)
    if number in (float("inf"), float("-inf")):
        raise NoValueError("this number is too large")
    return Typed(written(number))


def key_name(text: str) -> str | None:
    """The key that a plain scalar becomes which is Typed; None where that is odd."""
    if text in WORDS:
        return str(plain(text))
    digits = text.replace("_", "")
    number = _integer(digits)
    if number is not None:
        return str(number) if number < _SIGNED else None
    return text if _PLAIN_FLOAT.match(text) else None


def _number(text: str) -> int | float | None:
    """The number that a plain scalar is, None for any other text."""
    if text[0] == ".":
        is_number = _POINT_FLOAT.match(text) is not None
        digits = text
    else:
        digits = text.replace("_", "")
        if (number := _integer(digits)) is not None:
            return number
        is_number = _FLOAT.match(digits) is not None
    if is_number and len(text) > _LONGEST:
        raise NoValueError("a number of so many digits")
    return _finite(digits) if is_number else None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if abs(number) != float("inf") else None


def _integer(digits: str) -> int | None:
    """An integer of 64 bits, signed or not; None for anything else."""
    found = _INTEGER.match(digits)
    if found is None or len(digits) > 70:
        return None
    base = found.lastgroup or "d"
    number = int(found[base], _BASES[base])
    if digits[0] == "-":
        number = -number
    # The unsigned kind takes no sign.
    limit = _SIGNED if digits[0] in "+-" else 2 * _SIGNED
    return number if -_SIGNED <= number < limit else None


def written(number: int | float) -> str:
    """A number as Go writes it in JSON, once it has been read as an integer or else a float."""
    if isinstance(number, int) and -_SIGNED <= number < _SIGNED:
        return str(number)
    number = float(number) + 0.0  # there is no -0
    mantissa, _, exponent = repr(number).partition("e")
    if not number or 1e-6 <= abs(number) < 1e21:
        return _fixed(mantissa, int(exponent or 0))
    sign = "-" if exponent.startswith("-") else "+"
    return f"{mantissa.removesuffix('.0')}e{sign}{exponent.lstrip('+-').lstrip('0')}"


def _fixed(mantissa: str, exponent: int) -> str:
    """`mantissa` times ten to the power of `exponent`, without one."""
    if not exponent:
        return mantissa.removesuffix(".0")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, part = mantissa.lstrip("-").partition(".")
    digits = whole + ("" if part == "0" else part)
    point = len(whole) + exponent
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"
