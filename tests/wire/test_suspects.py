"""Where a cut by lines is certain, and where the full parser has to look."""

from __future__ import annotations

from typing import Any

import pytest

from imds_guard.wire import InputError, parser, read
from imds_guard.wire.suspects import suspects

CERTAIN = [
    *("a: 'b'", 'a: "b"', "a: 'b' # c", "a: 'it''s'", 'a: "\\"b"', "'a': b", '"a": b', "- 'a': b"),
    *("a: []", "a: {}", "a: [] # c", "a: [b, c]", "a: ['b', \"c\"]", "a: {b: c}", "- {b: [c, d]}"),
    *("a: [{b: {c: [d]}}]", "a: [http://x:80/, b]", 'a: {"b":"c"}', "a: [b, c, ]", "a: {b: , c}"),
    *("a: |", "a: >-", "a: |2+", "a: |+2 # c", "a: b'c", 'a: b "c', "a: b [c", "a: b | c"),
    *("# 'a", "a: b # 'c", "a: it's", "a: b, 'c", "a: [b c, d-e]"),
]
SUSPECT = [
    # A quote inside a flow collection's word, where it hides what follows.
    *("a: [b', 'd]", 'a: [b", "d]', "a: [b 'c, d' e]", "a: {b': 'c}", "a: {b: c', d: 'e}"),
    *("a: ['b' 'c']", "a: ['b'c]", "a: [b:'c']", "a: [b :'c]", "a: [#b]", "a: [b #c]"),
    *("a: 'b", 'a: "b', 'a: "b\\', "a: 'b' c", "a: 'b''", "'a", "- 'b", "- - 'b", "? a", "?"),
    *(
        "a: [",
        "a: {b: [c}",
        "a: [b]]",
        "a: [b] c",
        "a: [[b]",
        "[a]: b",
        "a: [b]: c",
        "a: {b: c: [d}",
    ),
    *("a: &b c", "a: *b", "a: !b c", "a: %b", "a: @b", "a: `b", "a:\tb", "a: \tb", "\ta: b"),
    *("a: |x", "a: |10", "a: >b", "a: |0", "\ufeff'a"),
    "a: " + "[" * 30 + "]" * 30,
]


@pytest.mark.parametrize("line", CERTAIN)
def test_a_line_is_certain(line: str) -> None:
    assert suspects(f"x: y\n{line}\nz: w\n".encode()) == []


@pytest.mark.parametrize("line", SUSPECT)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_line_is_suspect(line: str, end: str) -> None:
    assert suspects(f"{line}{end}".encode())
    if not line.startswith("\ufeff"):
        assert suspects(f"x: y\n{line}{end}".encode())


HIDING = """\
kind: List
items:
- kind: ConfigMap
  metadata: {name: a}
  finalizers: %s
- kind: Secret
  metadata: {name: b}
- kind: ConfigMap
  metadata: {name: c}
# %s
"""


@pytest.mark.parametrize(
    "opening, closing",
    [
        *(("[b', 'd]", "']"), ('[b", "d]', '"]'), ("{b': 'd}", "'}"), ("[b 'c', 'd]", "']")),
        *(("'b", "'"), ('"b', '"'), ("[b, {c: d", "}]"), ("[b :'c]", "']"), ("&a 'b", "'")),
    ],
)
@pytest.mark.parametrize("head", ["kind: List\n", "apiVersion: config.kubernetes.io/v1\nkind: "])
def test_nothing_is_read_inside_a_string(opening: str, closing: str, head: str) -> None:
    """What looks like items behind an opening quote is a part of the string."""
    text = HIDING % (opening, closing)
    if head != "kind: List\n":
        text = head + "ResourceList\n" + text.partition("\n")[2]
    try:
        everything: Any = parser.value(parser.documents(text)[0])["items"]
        found = read(text.encode())
    except InputError:
        return  # it may be malformed; a guess is not
    assert found.top is not None
    items = [entry.item.value() for entry in found.top.entries]
    wanted = everything if found.frame else [{"kind": "List", "items": everything}]
    assert items == wanted


def test_a_kind_inside_a_string_makes_no_resource_list() -> None:
    text = 'a: "\nkind: ResourceList\n"\n"kind": Pod\nmetadata: {name: web}\n'
    listing = read(text.encode())
    assert listing.frame is None
    assert listing.top is not None
    assert listing.top.entries[0].item.value()["kind"] == "Pod"
