"""The smallest case that still shows something."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.cluster.sets import Case

_REQUIRED = ("podSelector", "namespaceSelector", "ipBlock", "cidr", "key", "operator", "values")
Shows = Callable[[Sequence[Case]], list[bool]]


def smallest(case: Case, shows: Shows, at_once: int) -> Case:
    """Leaves out one part after the other, as long as what is left still shows it."""
    while True:
        smaller = list(_smaller(case))
        for start in range(0, len(smaller), at_once):
            tried = smaller[start : start + at_once]
            found = [one for one, shown in zip(tried, shows(tried), strict=True) if shown]
            if found:
                case = found[0]
                break
        else:
            return case


def _smaller(case: Case) -> Iterator[Case]:
    """All cases with one part less, the largest parts first."""
    for index in range(len(case.policies)):
        yield _without_policy(case, index)
    for index, policy in enumerate(case.policies):
        for path in _parts(policy["spec"]):
            less = copy.deepcopy(policy)
            _drop(less["spec"], path)
            policies = (*case.policies[:index], less, *case.policies[index + 1 :])
            yield dataclasses.replace(case, policies=policies)


def _without_policy(case: Case, index: int) -> Case:
    return dataclasses.replace(case, policies=(*case.policies[:index], *case.policies[index + 1 :]))


def _parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each element of a list and each optional field stands, outer ones first."""
    children: list[tuple[Any, Any]] = []
    if isinstance(value, list):
        children = list(enumerate(value))
    elif isinstance(value, dict):
        children = list(value.items())
    for key, _ in children:
        if key not in _REQUIRED:
            yield (*path, key)
    for key, child in children:
        yield from _parts(child, (*path, key))


def _drop(value: Any, path: tuple[Any, ...]) -> None:
    for key in path[:-1]:
        value = value[key]
    del value[path[-1]]
