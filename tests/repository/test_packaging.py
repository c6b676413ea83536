"""The lists of what imds-guard is made of say the same."""

from __future__ import annotations

import re

import pytest

from release import pins
from tests.support import clients

ROOT = clients.ROOT


def _names(path: str) -> set[str]:
    """The packages that a requirements file names, by their normalized names."""
    lines = (ROOT / path).read_text().splitlines()
    found = (re.match(r"[A-Za-z0-9][\w.-]*", line) for line in lines)
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}


def _locked(path: str) -> dict[str, str]:
    """Package and marker to version."""
    text = (ROOT / path).read_text()
    pins = re.findall(r"^([a-z0-9-]+)==(\S+)( ; .*?)? \\$", text, re.MULTILINE)
    return {name + marker: version for name, version, marker in pins}


@pytest.mark.parametrize(
    "name", ["requirements", "requirements-build", "requirements-dev", "requirements-fuzz"]
)
def test_everything_asked_for_is_locked_with_hashes(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert _names(f"{name}.in") <= _names(f"{name}.txt")
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-build"])
def test_the_tests_run_with_what_is_shipped(name: str) -> None:
    assert _locked(f"{name}.txt").items() <= _locked("requirements-dev.txt").items()


def test_locks_name_no_place_to_install_from() -> None:
    for name in ("requirements", "requirements-build", "requirements-dev", "requirements-fuzz"):
        text = (ROOT / f"{name}.txt").read_text()
        assert re.findall(r"https?://|--index|--extra-index|--find-links", text) == []


def test_image_label_carries_the_version() -> None:
    project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    label = re.search(r"^ARG VERSION=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert project is not None
    assert label is not None
    assert project[1] == label[1]


def test_no_weakness_is_known_of_what_is_pinned() -> None:
    try:
        assert pins.weaknesses(pins.asked()) == []
    except pins.NoData as error:
        pytest.skip(str(error))


def test_what_is_known_of_a_pin_is_told() -> None:
    weakness = {"id": "PYSEC-2020-96", "fix_versions": ["5.4"], "aliases": [], "description": ""}
    found = {"name": "pyyaml", "version": "5.3", "vulns": [weakness]}
    none = {"name": "click", "version": "8.0", "vulns": []}
    lines = pins.weaknesses({"dependencies": [none, found], "fixes": []})
    assert lines == ["pyyaml 5.3: PYSEC-2020-96 (fixed in 5.4)"]
    skipped = {"name": "click", "skip_reason": "Dependency not found on PyPI"}
    with pytest.raises(pins.NoData, match="click"):
        pins.weaknesses({"dependencies": [skipped, found], "fixes": []})
