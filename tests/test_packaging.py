"""The lists of what imds-guard is made of say the same."""

from __future__ import annotations

import re

import pytest

from tests import clients

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
