"""What we read of a text is what Go reads, or we refuse it.

IMDS_GUARD_TEXTS says how many changed texts are tried; without it, a few hundred.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from imds_guard.wire import InputError
from tests.oracle import texts
from tests.oracle.client import Answer, Go, built
from tests.oracle.reading import difference, read_all

TEXTS = int(os.environ.get("IMDS_GUARD_TEXTS", "600"))
SHARED = 20  # parts, for the processes of a test run


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Go]:
    with built(tmp_path_factory.mktemp("oracle")) as program:
        yield program


@pytest.mark.parametrize("seed", texts.SEEDS)
def test_a_plain_manifest_is_read_by_both(go: Go, seed: str) -> None:
    answer = go.read(seed.encode())
    assert not answer.error
    assert [one.refused for one in answer.objects] == [""]
    assert len(read_all(seed.encode())) == 1
    assert difference(seed.encode(), answer) == ""


@pytest.mark.parametrize("part", range(SHARED))
def test_a_changed_text_is_read_as_go_reads_it(go: Go, part: int) -> None:
    read = 0
    for number in range(part, TEXTS, SHARED):
        text = texts.text_of(number).encode()
        answer = go.read(text)
        assert difference(text, answer) == "", f"text {number}:\n{text.decode()}"
        read += not answer.error and bool(answer.objects) and not _is_refused(text)
    # What is compared are readings, not refusals.
    assert read > TEXTS / SHARED / 8


def _is_refused(text: bytes) -> bool:
    try:
        read_all(text)
    except InputError:
        return True
    return False


POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: leak}
spec:
  podSelector: {}
  egress:
  - ports:
    - {port: 1, endPort: %s}
"""


@pytest.mark.parametrize("number", ["0x50", "0120", "0999", "1e3", "65535.0", "8_0", "0b11", "+80"])
def test_a_number_of_any_spelling_is_one(go: Go, number: str) -> None:
    text = (POLICY % number).encode()
    answer = go.read(text)
    assert answer.objects[0].typed is not None
    assert difference(text, answer) == ""


@pytest.mark.parametrize(
    "text",
    [
        "kind: A\n...\nkind: B\n",
        "kind: A\napiVersion: v1\n--- # c\rkind: B\n",
        '{"kind": "A", "apiVersion": "v1"}\n...\n',
        "kind: A\r\r\n",
        "kind: A\n\ufeffb: c\n",
        "kind: A\na: {b?c: d}\n",
    ],
)
def test_what_go_reads_oddly_is_refused(text: str) -> None:
    assert _is_refused(text.encode())


def test_a_refusal_is_no_other_reading() -> None:
    assert difference(b"kind: A\n...\nkind: B\n", Answer((), "")) == ""
    assert difference(b"kind: A\n", Answer((), "an error")) != ""
