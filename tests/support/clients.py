"""The real programs that imds-guard works under, as the tests call them.

Each function returns a `Client`, or ends the test: skipped, with the reason, on a machine that
does not have the program; failed when IMDS_GUARD_REQUIRE_CLIENTS=1, as in CI, where a missing
program would otherwise pass for a tested one.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

_BASE_ARGUMENT = "ARG BASE="


@dataclass(frozen=True)
class Client:
    """A program that was found and answers."""

    name: str
    path: Path
    version: str

    def run(
        self,
        *args: str | Path,
        stdin: str | bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> Completed:
        """Runs it with `env` added to the environment; a status other than 0 raises nothing."""
        done = subprocess.run(
            [self.path, *args],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            timeout=timeout,
            check=False,
        )
        return Completed(self.name, done.returncode, done.stdout, done.stderr.decode())


@dataclass(frozen=True)
class Completed:
    """How a run ended. `stdout` stays bytes, for comparisons to the byte."""

    name: str
    returncode: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode()

    def ok(self) -> Completed:
        """Itself, or a failed test that shows what the program said."""
        __tracebackhide__ = True
        if self.returncode != 0:
            said = "\n".join((self.stderr, self.text))
            pytest.fail(f"{self.name} ended with status {self.returncode}:\n{said}")
        return self


def kustomize() -> Client:
    """The program `kustomize`."""
    return _client("kustomize", "version")


def kubectl() -> Client:
    """The program `kubectl`."""
    return _client("kubectl", "version", "--client")


def kpt() -> Client:
    """The program `kpt`."""
    return _client("kpt", "version")


def engine() -> Client:
    """The program `docker` with an engine behind it: kustomize and kubectl know no other."""
    return _client("docker", "version", "--format", "{{.Server.Version}}")


def built_by_go(source: Path, program: Path) -> Client:
    """A program of ours in Go, built from the modules that its go.sum names."""
    go = _client("go", "version")
    fetched = go.run("mod", "download", cwd=source, timeout=900)
    if fetched.returncode != 0:
        _missing(f"the modules of {source.name} cannot be fetched: {fetched.stderr.strip()}")
    go.run("build", "-buildvcs=false", "-o", program, ".", cwd=source, timeout=900).ok()
    return Client(program.name, program, go.version)


def build_image(docker: Client) -> str:
    """Builds the Dockerfile and returns the image's name.

    The name holds a registry, since kpt puts its own in front of one that has none, and the
    checkout's path, so that two checkouts on one engine do not share it. IMDS_GUARD_BASE_IMAGE
    replaces the Dockerfile's base, IMDS_GUARD_BUILD_FLAGS is added to the command.
    """
    base = os.environ.get("IMDS_GUARD_BASE_IMAGE", "") or _default_base()
    if docker.run("image", "inspect", base).returncode != 0:
        pulled = docker.run("pull", "--quiet", base, timeout=900)
        if pulled.returncode != 0:
            _missing(f"the base image {base} cannot be pulled: {pulled.stderr.strip()}")
    tag = f"localhost/imds-guard:test-{hashlib.sha256(bytes(ROOT)).hexdigest()[:8]}"
    flags = shlex.split(os.environ.get("IMDS_GUARD_BUILD_FLAGS", ""))
    command = ["build", "--quiet", "--build-arg", f"BASE={base}", *flags, "--tag", tag, str(ROOT)]
    docker.run(*command, timeout=900).ok()
    return tag


def _client(name: str, *version: str) -> Client:
    """The client, or the end of the test."""
    found = _find(name, version)
    if isinstance(found, str):
        _missing(found)
    return found


@functools.cache
def _find(name: str, version: tuple[str, ...]) -> Client | str:
    """The client, or why there is none; a program that is there may still have no engine."""
    path = shutil.which(name)
    if path is None:
        return f"{name} is not on PATH"
    try:
        done = subprocess.run(
            [path, *version],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} does not run: {error}"
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        return f"{name} does not work: {said}"
    return Client(name, Path(path), done.stdout.strip())


def _missing(reason: str) -> NoReturn:
    """Ends the test."""
    if os.environ.get("IMDS_GUARD_REQUIRE_CLIENTS") == "1":
        pytest.fail(f"{reason} (IMDS_GUARD_REQUIRE_CLIENTS=1)", pytrace=False)
    pytest.skip(reason)


def _default_base() -> str:
    """The base image that the Dockerfile names."""
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith(_BASE_ARGUMENT):
            return line.removeprefix(_BASE_ARGUMENT)
    raise AssertionError(f"the Dockerfile has no line {_BASE_ARGUMENT}...")
