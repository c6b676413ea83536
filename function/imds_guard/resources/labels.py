"""The labels of pods or of a namespace, as far as manifests tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from imds_guard.wire import Value

_NONE: frozenset[str] = frozenset()


class Labels(NamedTuple):
    """Labels with their values, and labels that are there, or may be, with values not known.

    Controllers add the ones of `present` with a value that no manifest shows. Those of `maybe` are
    added by some versions, are null in the manifest, or stand in one of several copies of the
    object. Where `is_complete` is false, any other label may be there too.
    """

    known: Mapping[str, str]
    present: frozenset[str] = _NONE
    maybe: frozenset[str] = _NONE
    is_complete: bool = True


def labels_in(
    value: Value, present: frozenset[str] = _NONE, maybe: frozenset[str] = _NONE
) -> Labels:
    """The labels that a manifest writes, with those that a controller adds or overwrites.

    A null may be dropped (client-side `kubectl apply`) or be the empty text (every other client).
    """
    written = value if isinstance(value, dict) else {}
    known = {key: text for key, text in written.items() if isinstance(text, str)}
    if len(known) != len(written):
        maybe = maybe | {key for key, text in written.items() if text is None}
    if not (present.isdisjoint(known) and maybe.isdisjoint(known)):
        known = {k: text for k, text in known.items() if k not in present and k not in maybe}
    return Labels(known, present, maybe)


def either(copies: Iterable[Labels]) -> Labels:
    """The labels of an object of which there are several copies: any of them may stand."""
    first, *others = copies
    known, maybe = dict(first.known), set(first.maybe)
    for other in others:
        keys = known.keys() | other.known.keys()
        maybe |= other.maybe | {key for key in keys if known.get(key) != other.known.get(key)}
    known = {key: value for key, value in known.items() if key not in maybe}
    return first._replace(known=known, maybe=frozenset(maybe))
