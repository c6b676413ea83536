"""failOn: which results make a run exit with 1, in the function and in an audit alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import imds_guard

# A Service that the default deny cuts: a warning.
CUT = b"""\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: []}
"""


def test_a_warning_fails_the_function_where_the_configuration_says_so() -> None:
    ended = imds_guard("--set", "failOn=warning", stdin=CUT)
    assert ended.status == 1
    assert b"deny-cloud-metadata" in ended.stdout
    warned, last = ended.stderr.splitlines()
    assert warned.startswith("warning IG007 ")
    assert last == "error: 1 warning, and failOn is warning"
    assert imds_guard(stdin=CUT).status == 0


def test_it_fails_generate_alike(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_bytes(CUT)
    assert imds_guard("generate", str(tmp_path), "--set", "failOn=warning").status == 1
    assert imds_guard("generate", str(tmp_path)).status == 0


def test_what_is_clean_does_not_fail() -> None:
    args = ("--set", "failOn=warning", "--set", "allow.infer=services")
    ended = imds_guard(*args, stdin=CUT)
    assert (ended.status, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    "args, status",
    [
        ([], 0),
        (["--set", "failOn=warning"], 1),
        (["--fail-on", "warning"], 1),
        (["--set", "failOn=warning", "--fail-on", "error"], 0),
        (["--set", "failOn=warning", "--fail-on", "never"], 0),
    ],
)
def test_an_audit_goes_by_the_configuration_unless_it_is_told_otherwise(
    args: list[str], status: int
) -> None:
    written = imds_guard(stdin=CUT).stdout
    assert imds_guard("audit", "-", *args, stdin=written).status == status
