"""Every folder in cases/ is an input and what has to come of it.

    input.yaml, input.json   what goes in
    config.yaml              the functionConfig, for an input that holds none
    args.txt                 further arguments, one per line
    output.yaml              what comes out, to the byte; absent where nothing may come out
    results.yaml             the results; absent where there are none
    stderr.txt               what the person is told; absent where there is silence
    status.txt               the exit status; absent for 0

IMDS_GUARD_UPDATE=1 writes down what comes out now: read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from imds_guard.config import Config
from imds_guard.guard import config_in, run
from tests.support.clients import ROOT
from tests.support.program import Ended, imds_guard
from tests.support.validity import violations
from tests.support.yaml_syntax import aliases_or_anchors

CASES = ROOT / "tests" / "cases"
UPDATE = os.environ.get("IMDS_GUARD_UPDATE") == "1"
ALL = sorted(path.name for path in CASES.iterdir() if path.is_dir())
GOOD = [name for name in ALL if (CASES / name / "output.yaml").exists()]


def input_of(case: Path) -> bytes:
    """The bytes that go in."""
    found = case / "input.yaml"
    return (found if found.exists() else case / "input.json").read_bytes()


def play(case: Path, data: bytes) -> Ended:
    """The run of the program on a case."""
    args = ["--config", str(case / "config.yaml")] if (case / "config.yaml").exists() else []
    extra = case / "args.txt"
    if extra.exists():
        args += extra.read_text().splitlines()
    ended = imds_guard(*args, stdin=data)
    stderr = ended.stderr.replace(str(case) + "/", "")
    return Ended(ended.status, ended.stdout, stderr)


def results_of(case: Path, data: bytes) -> list[dict[str, Any]]:
    """The results of a case, as a ResourceList has them."""
    config = case / "config.yaml"
    given = config_in(config.read_bytes(), "") if config.exists() else Config()
    return [result.manifest() for result in run(data, given).results]


def expect(path: Path, found: bytes | None) -> None:
    """What is found is what the file holds; no file where nothing is found."""
    if UPDATE:
        if found is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(found)
    assert (path.read_bytes() if path.exists() else None) == found


@pytest.mark.parametrize("name", ALL)
def test_comes_out_as_written_down(name: str) -> None:
    case = CASES / name
    data = input_of(case)
    ended = play(case, data)

    assert "Traceback" not in ended.stderr
    expect(case / "output.yaml", ended.stdout if ended.status < 2 else None)
    expect(case / "stderr.txt", ended.stderr.encode() or None)
    expect(case / "status.txt", f"{ended.status}\n".encode() if ended.status else None)
    if ended.status == 2:
        assert ended.stdout == b""
    elif not (case / "args.txt").exists():
        results = results_of(case, data)
        text = yaml.safe_dump(results, sort_keys=False, width=1000).encode()
        expect(case / "results.yaml", text if results else None)


@pytest.mark.parametrize("name", GOOD)
def test_a_second_run_changes_nothing(name: str) -> None:
    case = CASES / name
    once = play(case, input_of(case))
    twice = play(case, once.stdout)
    assert twice.stdout == once.stdout


@pytest.mark.parametrize("name", GOOD)
def test_kubernetes_accepts_the_policies(name: str) -> None:
    text = (CASES / name / "output.yaml").read_bytes().decode()
    ours = [one for one in resources_in(text) if is_ours(one)]
    found = [fault for policy in ours for fault in violations(policy)]
    assert found == []


@pytest.mark.parametrize("name", [one for one in GOOD if not (CASES / one / "input.json").exists()])
def test_no_aliases_are_added(name: str) -> None:
    case = CASES / name
    before = aliases_or_anchors(input_of(case).decode())
    after = aliases_or_anchors((case / "output.yaml").read_bytes().decode())
    assert len(after) == len(before)


def documents_in(text: str) -> list[Any]:
    """The documents of a YAML stream, or of JSON objects one after the other."""
    if "".join(text[:80].split())[:2] != '{"':
        return list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    found = []
    text = text.strip()
    while text:
        value, end = json.JSONDecoder().raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    return found


def resources_in(text: str) -> list[Any]:
    """Every resource, those of lists instead of their list."""
    waiting = documents_in(text)
    found = []
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict) and isinstance(one.get("items"), list):
            waiting += one["items"]
        elif one is not None:
            found.append(one)
    return found


def is_ours(resource: Any) -> bool:
    """Whether this is a NetworkPolicy that imds-guard wrote."""
    if resource.get("kind") != "NetworkPolicy":
        return False
    annotations = resource["metadata"].get("annotations") or {}
    return "imds-guard.dev/config" in annotations
