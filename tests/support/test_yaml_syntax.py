"""What a YAML text is written with is found, and nothing that only looks like it."""

from __future__ import annotations

import pytest
import yaml

from tests.support.yaml_syntax import aliases_or_anchors


@pytest.mark.parametrize(
    "text,found",
    [
        ("a: 1\nb: [x, 'y', \"z\"]\nc: |\n  &x *y !z\nd: '*e'  # &f\n", []),
        ("a: &x 1\nb: *x\n", ["line 1: anchor &x", "line 2: alias *x"]),
        ("a: &m {b: 1}\nc: &s\n- 1\n", ["line 1: anchor &m", "line 2: anchor &s"]),
        ("a: !!str 1\n", ["line 1: tag tag:yaml.org,2002:str"]),
        ("a: ! 1\n", ["line 1: tag !"]),
        ("---\na: 1\n---\nb: !x [1]\n", ["line 4: tag !x"]),
        ("a: !y &x {}\n", ["line 1: anchor &x", "line 1: tag !y"]),
    ],
)
def test_anchors_aliases_and_tags_are_found(text: str, found: list[str]) -> None:
    assert aliases_or_anchors(text) == found


def test_a_text_that_is_not_yaml_is_an_error() -> None:
    with pytest.raises(yaml.YAMLError):
        aliases_or_anchors("a: [")
