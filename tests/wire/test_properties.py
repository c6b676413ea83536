"""Reading on demand means the same as reading all of it, and nothing read is changed."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, assume, given, settings

from fuzz.properties import check_fields, on_demand
from imds_guard.wire import InputError, Item, Listing, parser, read
from tests.support.yaml_layouts import mutations, resource_lists, streams

thorough = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NEW = {"kind": "New", "metadata": {"name": "new", "note": "a: b"}}


def rendered(listing: Listing) -> bytes:
    """The listing as it is written."""
    return b"".join(listing.render())


def items_of(listing: Listing) -> list[Item]:
    """The items of the listing's top."""
    return [entry.item for entry in listing.top.entries] if listing.top else []


def parsed(text: str) -> list[Any]:
    """What the full parser makes of the text: the items, or else the documents."""
    documents = [parser.value(node) for node in parser.documents(f"{text}\n")]  # as kubectl does
    documents = [one for one in documents if one is not None]
    for one in documents:
        if isinstance(one, dict) and one.get("kind") == "ResourceList":
            return list(one.get("items") or [])
    return documents


@thorough
@given(resource_lists() | streams())
def test_every_layout_is_read(made: tuple[str, list[Any]]) -> None:
    text, items = made
    listing = read(text.encode())
    found = [on_demand(item.root()) for item in items_of(listing)]
    assert found == parsed(text)
    for item, value in zip(items_of(listing), found, strict=True):
        check_fields(item, value)
    assert [one["kind"] for one in found] == [one["kind"] for one in items]


@thorough
@given(resource_lists() | streams())
def test_what_is_read_comes_out_as_it_was(made: tuple[str, list[Any]]) -> None:
    data = made[0].encode()
    assert rendered(read(data)) == data


@thorough
@given(resource_lists() | streams())
def test_a_new_item_follows_and_changes_no_other(made: tuple[str, list[Any]]) -> None:
    text, _ = made
    assume(text.endswith("\n"))
    before = parsed(text)
    listing = read(text.encode())
    listing.append(NEW)
    out = rendered(listing)
    for item in items_of(listing):
        assert item.text in out
    assert parsed(out.decode()) == [*before, NEW]
    assert items_of(read(out))[-1].value() == NEW


@thorough
@given(resource_lists() | streams())
def test_an_item_is_replaced_or_removed_alone(made: tuple[str, list[Any]]) -> None:
    text, _ = made
    before = parsed(text)
    for at in range(len(before)):
        listing = read(text.encode())
        assert listing.top is not None
        listing.changes(listing.top).replaced[at] = NEW
        assert parsed(rendered(listing).decode()) == [*before[:at], NEW, *before[at + 1 :]]

        # One entry goes, or all from it on.
        for last in (at, len(before) - 1):
            listing = read(text.encode())
            assert listing.top is not None
            listing.changes(listing.top).removed.update(range(at, last + 1))
            assert parsed(rendered(listing).decode()) == [*before[:at], *before[last + 1 :]]


@settings(thorough, max_examples=1500)
@given(mutations())
def test_no_layout_is_read_in_two_ways(text: str) -> None:
    """Where the full parser understands a text, reading on demand understands the same."""
    try:
        everything = parsed(text)
    except InputError:
        assume(False)
    try:
        found = items_of(read(text.encode()))
    except InputError:
        return  # a stricter reading is no other reading
    if not all(isinstance(one, dict) for one in everything):
        with pytest.raises(InputError):
            _ = [item.root() for item in found]
        return
    assert [on_demand(item.root()) for item in found] == everything
    for item, value in zip(found, everything, strict=True):
        check_fields(item, value)
    assert rendered(read(text.encode())) == text.encode()


@pytest.mark.parametrize("end", ["\n", "\n\n", "\n# a comment\n"])
def test_a_plain_document_is_cut_and_not_parsed(end: str) -> None:
    text = "kind: A\nmetadata:\n  name: one" + end + "---\nkind: B\n"
    first = items_of(read(text.encode()))[0]
    with mock.patch.object(parser, "documents", side_effect=AssertionError):
        assert on_demand(first.root()) == {"kind": "A", "metadata": {"name": "one"}}


LIST = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"


@pytest.mark.parametrize(
    "items, removed, left",
    [
        # What looks like a comment is a block scalar's last line.
        (
            "- kind: A\n- kind: B\n  data:\n    text: |-\n      #\nresults: []\n",
            1,
            "- kind: A\nresults: []\n",
        ),
        # The rest of the line would become the last line of the scalar before it.
        (
            '- kind: |-\n    A\n- kind: "\\\n    B"   # of two lines\n',
            1,
            "- kind: |-\n    A\n",
        ),
        # The text has no last line break, and the scalar before it needs one.
        ("- text: |\n    a\n- kind: B", 1, "- text: |\n    a\n"),
        # A comment in the column of the entries is not one entry's.
        ("- kind: A\n- kind: B\n# the end\n", 1, "- kind: A\n# the end\n"),
    ],
)
def test_an_item_goes_with_all_that_is_its_own(items: str, removed: int, left: str) -> None:
    listing = read((LIST + items).encode())
    assert listing.top is not None
    listing.changes(listing.top).removed.add(removed)
    assert rendered(listing).decode() == LIST + left


def test_a_block_scalar_at_the_end_of_an_item_is_whole() -> None:
    text = LIST + "- kind: A\n  metadata: {name: one}\n  data:\n    text: |\n      a\n- kind: B\n"
    first = items_of(read(text.encode()))[0]
    assert first.root().get("data") == {"text": "a\n"}
    assert first.value()["data"] == {"text": "a\n"}


@pytest.mark.parametrize("before", range(65530, 65540))
def test_text_is_checked_in_parts_without_a_seam(before: int) -> None:
    text = "# " + "a" * before + "é\nkind: A\n"
    assert items_of(read(text.encode()))[0].value() == {"kind": "A"}
    with pytest.raises(InputError, match=r"invalid UTF-8 \(byte 0xff\)"):
        read(text.encode() + b"# \xff\n")
    with pytest.raises(InputError, match="a NUL byte"):
        read(text.encode() + b"# \0\n")
    with pytest.raises(InputError, match="invalid UTF-8"):
        read(text.encode() + "# é".encode()[:-1])
