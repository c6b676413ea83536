"""What we write, every reader takes as the same strings."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imds_guard.wire import emit, parser
from tests.support.yaml_layouts import scalars
from tests.support.yaml_syntax import aliases_or_anchors

# libyaml takes neither lone surrogates nor the C0 controls that JSON escapes otherwise.
texts = scalars | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    texts | st.integers(-(1 << 63), (1 << 63) - 1) | st.booleans(),  # those that Go keeps
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


def as_text(value: Any) -> Any:
    """Scalars as the full parser reads them."""
    if isinstance(value, dict):
        return {key: as_text(held) for key, held in value.items()}
    if isinstance(value, list):
        return [as_text(held) for held in value]
    return value if isinstance(value, str) else json.dumps(value)


@given(st.dictionaries(texts, values, min_size=1, max_size=4), st.sampled_from((0, 2, 5)))
def test_both_readers_read_it_back(value: dict[str, Any], column: int) -> None:
    lines = emit.block_lines(value, column)
    text = " " * column + "\n".join(lines)
    assert yaml.safe_load(text) == value
    (node,) = parser.documents(text)
    assert parser.value(node) == as_text(value)


@given(texts)
def test_a_string_stays_a_string(text: str) -> None:
    assert yaml.load(emit.scalar(text), Loader=yaml.CSafeLoader) == text


@pytest.mark.parametrize("text", ["0.0.0.0/0", "kube-system", "CIS 5.3.2, MITRE T1552.005", "a b"])
def test_plain_where_plain_is_certain(text: str) -> None:
    assert emit.scalar(text) == text


def test_a_value_used_twice_is_written_twice() -> None:
    shared = {"matchLabels": {"app": "web"}}
    text = "\n".join(emit.block_lines({"a": shared, "b": [shared, shared]}))
    assert aliases_or_anchors(text) == []
