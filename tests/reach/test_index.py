"""What is found by an index is what is found by asking each one."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from imds_guard.reach import selectors
from imds_guard.reach.index import Holders, Index
from imds_guard.reach.match import Match
from imds_guard.reach.ranges import Ranges
from imds_guard.reach.selectors import matches
from imds_guard.resources.labels import Labels

EXAMPLES = int(os.environ.get("IMDS_GUARD_EXAMPLES", "200"))
KEYS, VALUES = "abc", ("", "x", "y", "z")

keys = st.sampled_from(KEYS)
values = st.sampled_from(VALUES)
expressions = st.fixed_dictionaries(
    {"key": keys, "operator": st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist", "Is"))},
    optional={"values": st.one_of(st.none(), st.just("x"), st.lists(values, max_size=3))},
)
label_selectors: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.just("a"),
    st.just([]),
    st.fixed_dictionaries(
        {},
        optional={
            "matchLabels": st.one_of(
                st.none(), st.dictionaries(keys, st.one_of(values, st.none()), max_size=3)
            ),
            "matchExpressions": st.one_of(
                st.none(), st.lists(st.one_of(expressions, st.just("a")), max_size=4)
            ),
        },
    ),
)
some_keys = st.frozensets(keys, max_size=2)
labels = st.builds(
    lambda known, present, maybe, is_complete: Labels(
        {key: value for key, value in known.items() if key not in present | maybe},
        present,
        maybe,
        is_complete,
    ),
    st.dictionaries(keys, values, max_size=3),
    some_keys,
    some_keys,
    st.sampled_from((True, True, True, False)),
)


@settings(max_examples=EXAMPLES)
@given(st.lists(label_selectors, max_size=8), labels)
def test_no_selector_that_may_select_is_left_out(found: list[Any], own: Labels) -> None:
    index = Index((selector, place) for place, selector in enumerate(found))
    candidates = index.candidates(own)
    assert candidates == sorted(set(candidates))
    left_out = set(range(len(found))) - set(candidates)
    assert all(matches(found[place], own) is Match.NO for place in left_out)


@settings(max_examples=EXAMPLES)
@given(st.lists(labels, max_size=8), label_selectors)
def test_nothing_that_may_be_selected_is_left_out(found: list[Labels], selector: Any) -> None:
    holders = Holders((own, place) for place, own in enumerate(found))
    candidates = holders.candidates(selector)
    assert candidates == sorted(set(candidates))
    left_out = set(range(len(found))) - set(candidates)
    assert all(matches(selector, found[place]) is Match.NO for place in left_out)


def test_few_are_asked() -> None:
    asking = Index((({"matchLabels": {"app": "web", "id": str(i)}}), i) for i in range(100))
    assert asking.candidates(Labels({"app": "web", "id": "7"})) == [7]
    assert asking.candidates(Labels({"app": "web"})) == []
    assert asking.candidates(Labels({}, is_complete=False)) == list(range(100))
    having = Holders((Labels({"app": "web", "id": str(i)}), i) for i in range(100))
    assert having.candidates({"matchLabels": {"app": "web", "id": "7"}}) == [7]
    assert having.candidates({}) == list(range(100))


@settings(max_examples=EXAMPLES)
@given(st.lists(expressions, min_size=1, max_size=3), labels)
def test_many_expressions_say_what_few_do(found: list[Any], own: Labels) -> None:
    few = matches({"matchExpressions": found}, own)
    filler = [{"key": f"k{i}", "operator": "NotIn", "values": ["x"]} for i in range(20)]
    if own.is_complete:
        assert matches({"matchExpressions": [*filler, *found]}, own) is few
    assert len(selectors._filed) <= selectors._MOST_FILED


numbers = st.integers(0, 30)
ranges = st.lists(st.tuples(numbers, numbers), max_size=6).map(Ranges.of)


def members(found: Ranges) -> set[int]:
    return {number for low, high in found.spans for number in range(low, high + 1)}


@settings(max_examples=EXAMPLES)
@given(ranges, ranges)
def test_ranges_are_sets(one: Ranges, other: Ranges) -> None:
    assert members(one - other) == members(one) - members(other)
    assert members(one & other) == members(one) & members(other)
    assert members(one | other) == members(one) | members(other)
    for found in (one - other, one & other):
        assert all(low <= high for low, high in found.spans)
        assert list(found.spans) == sorted(found.spans)
