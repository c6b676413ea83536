"""A part of a configuration as it is read: plain values, which cost little to make.

`parts.py` has a class for each of pydantic's models, made from it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Form = tuple[Any, ...]
"""What the value of a field may be, for the quick reader: a word, and what belongs to it.

("text", rules, least length), ("word", words), ("flag",), ("number", least, most),
("list", form, least length), ("map", form of keys, form of values, least length),
("part", class name), ("either", forms). ("doubt", form) is for pydantic alone to read: it has a
check that is no rule of `rules.py`, or one that no form can say.
"""

_HOLD_FORMS = ("list", "map", "either", "doubt")

NOTHING: Mapping[str, str] = MappingProxyType({})


class Part:
    """Fields of a configuration: the instance has those that are given, the class the defaults."""

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {}
    """By the key that a person writes: the attribute, and the form of its value."""

    BEFORE: ClassVar[tuple[str, ...]] = ()
    """The rules that make a mapping of what may also be written otherwise."""

    AFTER: ClassVar[tuple[str, ...]] = ()
    """The rules that fields have to hold together."""

    QUICK: ClassVar[bool] = True
    """Whether the quick reader knows all that pydantic asks of the fields together."""

    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a configuration does not change: {name}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values().values()))

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({given})"

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name, _ in self.FORMS.values()}

    def as_given(self) -> dict[str, Any]:
        """What is given, without the defaults, under the keys that a person writes."""
        given = vars(self)
        return {key: _plain(given[name]) for key, (name, _) in self.FORMS.items() if name in given}


def forms_in(form: Form) -> Iterator[Form]:
    """A form, and those that it is made of."""
    if form:
        yield form
        if form[0] in _HOLD_FORMS:
            for held in form[1:]:
                yield from forms_in(held) if isinstance(held, tuple) else ()


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.as_given()
    if isinstance(value, tuple):
        return [_plain(held) for held in value]
    return dict(value) if isinstance(value, dict) else value
