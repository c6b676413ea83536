"""No byte of others changes, whatever quotes, braces, comments and block scalars stand in between.

PyYAML says what others have said before and after: it shares no cut by lines with us.
IMDS_GUARD_TEXTS says how many texts are tried; without it, a few hundred.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

import pytest
import yaml

from fuzz.properties import check_wire
from fuzz.reading import check_bytes
from imds_guard.annotations import OWNER
from imds_guard.config import ConfigError
from imds_guard.guard import run
from imds_guard.wire import InputError
from tests.oracle.texts import OURS, mixed

TEXTS = int(os.environ.get("IMDS_GUARD_TEXTS", "600"))
SHARED = 20  # parts, for the processes of a test run


def others(text: bytes) -> list[Any]:
    """Every object that is not ours, those of lists in their places."""
    found: list[Any] = []
    for document in _documents(text.decode()):
        _collect(document, found)
    return found


def _documents(text: str) -> list[Any]:
    documents = []
    try:
        while text := text.strip():
            value, end = json.JSONDecoder().raw_decode(text)
            documents.append(value)
            text = text[end:]
    except json.JSONDecodeError:
        documents += yaml.load_all(f"{text}\n", Loader=yaml.CBaseLoader)
    return documents


def _collect(value: Any, found: list[Any]) -> None:
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        found.append({key: held for key, held in value.items() if key != "items"})
        for one in value["items"]:
            _collect(one, found)
    elif value and not _is_ours(value):
        found.append(value)


def _is_ours(value: Any) -> bool:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and OWNER in annotations


def check(text: str) -> bool:
    """Whether the function takes the text; fails where it changes what is not its own."""
    data = text.encode()
    check_wire(data)
    check_bytes(data)
    try:
        out = b"".join(run(data).chunks)
    except (InputError, ConfigError):
        return False
    with contextlib.suppress(yaml.YAMLError):  # malformed where nobody looks, or for PyYAML alone
        before = others(data)
        assert others(out) == before, "what others have said is otherwise"
    if OWNER not in text:
        lines = iter(out.splitlines())
        assert all(line in lines for line in data.splitlines()), "a line is gone"
    return True


@pytest.mark.parametrize("part", range(SHARED))
def test_what_is_not_ours_stays(part: int) -> None:
    taken = 0
    for number in range(part, TEXTS, SHARED):
        text = mixed(number)
        try:
            taken += check(text)
        except Exception as error:
            pytest.fail(f"text {number}: {error}\n{text}")
    assert taken > TEXTS / SHARED / 10


CUT = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: shop}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: x, namespace: shop}
  finalizers: %s
- %s- apiVersion: v1
  kind: ConfigMap
  metadata: {name: y, namespace: shop}
# %s
"""


@pytest.mark.parametrize(
    "opening, closing",
    [("[b', 'd]", "']"), ('[b", "d]', '"]'), ("[a, 'b', c', 'd]", "']"), ("{b': 'd}", "'}")],
)
def test_a_policy_of_ours_in_a_string_is_text(opening: str, closing: str) -> None:
    """Once this got our edits into the string of somebody's ConfigMap."""
    policy = (OURS % "deny-cloud-metadata").replace("\n", "\n  ").rstrip(" ")
    text = CUT % (opening, policy, closing)
    assert check(text)
    out = b"".join(run(text.encode()).chunks).decode()
    assert out.startswith(text)
    assert "name: default-deny-all" in out
