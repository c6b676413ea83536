"""Making a question that fails small, so that what is wrong can be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.support.validity import stands
from tests.support.worlds.cases import Case, Shown


def smallest(case: Case, fails: Callable[[Case], bool]) -> Case:
    """A question that still fails, and does not once any one thing more is left out."""
    while True:
        for smaller in _smaller(case):
            if _still_fails(smaller, fails):
                case = smaller
                break
        else:
            return case


def _still_fails(case: Case, fails: Callable[[Case], bool]) -> bool:
    try:
        return all(map(stands, case.manifests)) and fails(case)
    except (KeyError, TypeError, AttributeError, ValueError, AssertionError):
        return False  # what was left out is needed for it to be a policy


def _smaller(case: Case) -> Iterator[Case]:
    for packets in _without_one(case.packets):
        if packets:
            yield replace(case, packets=packets)
    for at, one in enumerate(case.manifests):
        before, after = case.manifests[:at], case.manifests[at + 1 :]
        yield replace(case, manifests=[*before, *after])
        for smaller in _less(one, "spec") if "spec" in one else _less(one, "specs"):
            yield replace(case, manifests=[*before, smaller, *after])
    for name, labels in case.namespaces.items():
        if labels != {}:
            yield replace(case, namespaces={**case.namespaces, name: {}})
    for own in _less_shown(case.own):
        yield replace(case, own=own)
    if isinstance(case.peer, Shown):
        for peer in _less_shown(case.peer):
            yield replace(case, peer=peer)


def _less_shown(shown: Shown) -> Iterator[Shown]:
    for key in shown.known:
        yield replace(shown, known={one: text for one, text in shown.known.items() if one != key})
    if shown.present or shown.maybe:
        yield replace(shown, present=(), maybe=())
    if not shown.has_known_ports:
        yield replace(shown, has_known_ports=True)


def _less(manifest: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    for one in _parts(manifest[key]):
        yield {**manifest, key: one}


def _parts(value: Any) -> Iterator[Any]:
    """The value with one thing less, at whatever depth."""
    if isinstance(value, list):
        yield from _without_one(value)
        for at, one in enumerate(value):
            for less in _parts(one):
                yield [*value[:at], less, *value[at + 1 :]]
    elif isinstance(value, dict):
        for key in value:
            yield {one: own for one, own in value.items() if one != key}
        for key, one in value.items():
            for less in _parts(one):
                yield {**value, key: less}


def _without_one(several: list[Any]) -> Iterator[list[Any]]:
    for at in range(len(several)):
        yield several[:at] + several[at + 1 :]
