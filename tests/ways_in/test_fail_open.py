"""Where kustomize leaves the function out and says nothing: known, written down, watched.

No function can prevent it. What can is a check of what was built: `imds-guard audit`.
Should one of these tests fail, then a client has become safer, and the documentation can say so.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import clients
from tests.support.packages import (
    ENV,
    base_set,
    imds_guard_config,
    kustomization,
    kustomize,
    names,
    policies,
)

MODES = pytest.mark.parametrize("mode", ["transformers", "generators"])


@pytest.fixture
def folder(mode: str, tmp_path: Path) -> Path:
    """A kustomization with the function as a program."""
    files = {"imds-guard.yaml": imds_guard_config()}
    return kustomization(tmp_path, files, **{mode: ["imds-guard.yaml"]})


@MODES
def test_kustomize_without_enable_exec_leaves_the_function_out(folder: Path) -> None:
    built = kustomize(folder, "--enable-alpha-plugins").ok()
    assert (policies(built.stdout), built.stderr) == ([], "")
    assert names(policies(kustomize(folder).ok().stdout)) == base_set()


@MODES
def test_kubectl_leaves_the_function_out(folder: Path) -> None:
    built = clients.kubectl().run("kustomize", "--enable-alpha-plugins", folder, env=ENV).ok()
    assert (policies(built.stdout), built.stderr) == ([], "")


@MODES
def test_without_any_flag_the_build_fails(folder: Path) -> None:
    built = clients.kustomize().run("build", folder, env=ENV)
    assert (built.returncode, built.stdout) == (1, b"")
    assert "external plugins disabled" in built.stderr


@MODES
def test_a_program_that_is_not_there_fails_the_build(folder: Path, tmp_path: Path) -> None:
    flags = ("--enable-alpha-plugins", "--enable-exec")
    empty = {"PATH": str(tmp_path / "nothing")}
    built = clients.kustomize().run("build", *flags, folder, env=empty)
    assert (built.returncode, built.stdout) == (1, b"")
    assert "imds-guard" in built.stderr
