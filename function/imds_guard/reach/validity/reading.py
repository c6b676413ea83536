"""One policy being read, with what is found to be at fault, and the kinds of its values.

There are two readers behind an API server. Kubernetes' own kinds are decoded into Go's types, where
null is the zero value of whatever is wanted. Custom resources are held against the schema of their
definition: null is as good as absent in a mapping, except under server-side apply, and refused in a
list. Seen on API servers of 1.36; tests/cluster/test_validity.py holds all of it against one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from imds_guard.reach.validity.fault import Fault
from imds_guard.resources.network_policy import port_number
from imds_guard.wire import describe
from imds_guard.wire.scalars import Typed

if TYPE_CHECKING:
    from imds_guard.reach.validity.fault import Doubt

_MOST_FAULTS = 50
"""Of one policy; who mends these sees the next ones."""
_BOOLEANS = ("true", "false")
_SHOWN = 80  # characters of a value in a message

Clean = dict[tuple[int, int], Any]
"""What has been found to be without fault, by identity and shape. Lists may be shared."""


class Reading:
    """One policy being held against a shape.

    `is_custom` says that it is a custom resource. With `go` null is the zero value of Go's types,
    as it is in the metadata of custom resources too.
    """

    def __init__(self, *, is_custom: bool, clean: Clean | None = None) -> None:
        self.is_custom = is_custom
        self.go = not is_custom
        self.faults: list[Fault] = []
        self._clean: Clean = {} if clean is None else clean

    @property
    def is_full(self) -> bool:
        """Whether so much is at fault that the rest need not be looked at."""
        return len(self.faults) >= _MOST_FAULTS

    def fault(
        self,
        field: str,
        why: str,
        current: Any = None,
        proposed: Any = None,
        *,
        holder: str | None = None,
        doubt: Doubt | None = None,
    ) -> None:
        """Note a fault; `holder` is what has to change, where that is not the field itself."""
        self.faults.append(Fault(field, why, holder or field, current, proposed, doubt))

    def look(self, shape: Shape, value: Any, field: str) -> None:
        """Hold a mapping or a list against a shape, unless that was done before."""
        key = id(value), id(shape)
        if key in self._clean or self.is_full:
            return
        before = len(self.faults)
        shape(self, value, field)
        if len(self.faults) == before:
            self._clean[key] = value


class Shape(Protocol):
    """Notes what is at fault with a value at the path `field`."""

    def __call__(self, reading: Reading, value: Any, field: str, /) -> None: ...


def is_text(value: Any) -> TypeGuard[str]:
    """Whether a value is a string to Go, and no number or boolean."""
    return type(value) is str


def is_number(value: Any) -> bool:
    """Whether a value is a number, read or of our own making."""
    if isinstance(value, (int, float)):
        return not isinstance(value, bool)
    return _is_typed(value) and value not in _BOOLEANS


def is_boolean(value: Any) -> bool:
    """Whether a value is true or false."""
    return isinstance(value, bool) or (_is_typed(value) and value in _BOOLEANS)


def whole_number(value: Any) -> int | None:
    """A whole number; None for anything else, a text of digits too."""
    return port_number(value) if is_number(value) else None


def shown(text: str) -> str:
    """A text in a message: quoted, and cut where it is long."""
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")


def _is_typed(value: Any) -> bool:
    return isinstance(value, Typed)


def mistyped(reading: Reading, value: Any, field: str, wanted: str) -> None:
    found = "a text" if is_text(value) else describe(value)
    if isinstance(value, str):
        found += f" ({value[:_SHOWN]})" if not is_text(value) else f" ({shown(value)})"
    current = value if isinstance(value, str) else None
    proposed = None
    if is_text(value) and wanted == "a whole number" and port_number(value) is not None:
        proposed = int(value)
    reading.fault(field, f"is {found}; {wanted} is wanted", current, proposed)
