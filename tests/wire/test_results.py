"""Results: their order, and what is the same at several places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imds_guard.wire import Place, Result, merged, worst_first

WEB = {"apiVersion": "v1", "kind": "Pod", "name": "web"}


def found(path: str | None, message: str = "open", **more: object) -> Result:
    base = Result("error", "IG002", message, subject="web", reference=WEB, path=path)
    return base._replace(**more)  # type: ignore[arg-type]


def test_the_same_of_copies_is_said_once_with_their_places() -> None:
    (one,) = merged([found("a", line_number=1), found("b"), found("c", line_number=3, column=2)])
    assert one.places == (Place("a", 1), Place("b"), Place("c", 3, 2))
    assert one.line() == "error IG002 web: open; the same in b and 1 more place"
    assert merged([found("a"), found("b")])[0].line() == "error IG002 web: open; the same in b"
    more = merged([found(name) for name in "abcd"])[0]
    assert more.line() == "error IG002 web: open; the same in b and 2 more places"


@pytest.mark.parametrize(
    "other",
    [
        found("b", "shut"),
        found("b", severity="warning"),
        found("b", id="IG001"),
        found("b", subject="web (init)"),
        found("b", reference={**WEB, "namespace": "shop"}),
        found("b", field="spec"),
        found("b", proposed={"a": 1}),
        found("b", fix="shut it"),
        found(None),
        found("b", reference=None),
    ],
)
def test_what_differs_stays(other: Result) -> None:
    assert merged([found("a"), other]) == [found("a"), other]


results = st.builds(
    lambda path, message, severity, proposed: found(
        path, message, severity=severity, proposed=proposed
    ),
    st.none() | st.sampled_from("abc"),
    st.sampled_from(("open", "shut")),
    st.sampled_from(("error", "warning", "info")),
    st.none() | st.sampled_from(([1], [2])),
)


@given(st.lists(results))
def test_no_place_and_nothing_that_is_said_is_lost(given: list[Result]) -> None:
    def said(one: Result) -> tuple[object, ...]:
        return one.severity, one.message, repr(one.proposed)

    left = merged(given)
    assert sum(max(1, len(one.places)) for one in left) == len(given)
    assert {said(one) for one in left} == {said(one) for one in given}
    ordered = worst_first(given)
    assert sorted(map(id, ordered)) == sorted(map(id, given))
    ranks = [("error", "warning", "info").index(one.severity) for one in ordered]
    assert ranks == sorted(ranks)
