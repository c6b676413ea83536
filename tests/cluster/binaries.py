"""The programs of the plane that no package brings: built once from pinned Go modules.

Each folder of go/ is a module whose go.mod and go.sum name all that its programs are built of.
What is built stands in the cache under a name that holds a digest of that and of the flags.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.corrections import corrected
from tests.cluster.missing import Missing

MODULES = Path(__file__).resolve().parent / "go"
KUBERNETES, KUBE_ROUTER_VERSION = "v1.36.3", "v2.1.0"
# Kubernetes 1.36 is made for this one: newer compilers refuse what it links to.
_GO = "go1.26"
_VERSION = "k8s.io/component-base/version"
# Feature gates and kubectl look at the version, which only the linker knows.
_KUBERNETES_FLAGS = (
    f"-X {_VERSION}.gitVersion={KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36"
)


@dataclass(frozen=True)
class Program:
    """A program: the module that pins it, and its package there."""

    name: str
    module: str
    package: str
    flags: str = ""

    def digest(self) -> str:
        """Changes with all that the program is built of."""
        found = hashlib.sha256(f"{self.package} {self.flags} {_go_version()}".encode())
        for path in sorted((MODULES / self.module).iterdir()):
            found.update(path.name.encode() + b"\0" + path.read_bytes())
        return found.hexdigest()[:12]


KUBE_APISERVER = Program(
    "kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", _KUBERNETES_FLAGS
)
KUBE_CONTROLLER_MANAGER = Program(
    "kube-controller-manager",
    "kubernetes",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
    _KUBERNETES_FLAGS,
)
KUBE_ROUTER = Program(
    "kube-router", "kube-router", "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"
)
CYCLONUS = Program("cyclonus-verdicts", "cyclonus", ".")
CILIUM = Program("cilium-verdicts", "cilium", ".")
PROGRAMS = (KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, KUBE_ROUTER, CYCLONUS, CILIUM)


def cache() -> Path:
    """The folder that .ci/run keeps between runs, where what is built stands."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("IMDS_GUARD_CACHE") or f"{home}/imds-guard") / "cluster"


def built(program: Program) -> Path:
    """The program's path, after it was built where it was not yet."""
    path = cache() / f"{program.name}-{program.digest()}"
    if not path.exists():
        with _lock(cache()):
            if not path.exists():
                _build(program, path)
    return path


def _build(program: Program, path: Path) -> None:
    partial = path.with_name(f".{path.name}.partial")
    module = MODULES / program.module
    with tempfile.TemporaryDirectory() as scratch:
        command = ["go", "build", "-v", "-p", "2", "-trimpath", "-buildvcs=false", "-mod=readonly"]
        command += corrected(module, Path(scratch))
        command += ["-ldflags", f"-s -w {program.flags}", "-o", str(partial), program.package]
        with subprocess.Popen(
            ["nice", *command], cwd=module, stderr=subprocess.PIPE, text=True
        ) as building:
            try:
                said = _progress(program.name, building)
            except BaseException:
                building.terminate()
                raise
    if building.returncode != 0:
        raise Missing(f"{program.name} cannot be built:\n{said[-2000:]}")
    partial.rename(path)
    for older in path.parent.glob(f"{program.name}-[0-9a-f]*"):
        if older != path and re.fullmatch(rf"{program.name}-[0-9a-f]{{12}}", older.name):
            older.unlink()


def _progress(name: str, building: subprocess.Popen[str]) -> str:
    """Shows how far the build is, and returns what the compiler said besides names of packages."""
    started, count, said = time.monotonic(), 0, ""
    finished = threading.Event()

    def show() -> None:
        every = 1 if sys.stderr.isatty() else 30
        while not finished.wait(every):
            line = f"building {name}: {count} packages, {time.monotonic() - started:.0f} s"
            print(line, end="\r" if every == 1 else "\n", file=sys.stderr, flush=True)

    shower = threading.Thread(target=show, daemon=True)
    shower.start()
    assert building.stderr is not None
    for line in building.stderr:
        if re.fullmatch(r"[\w./~-]+\n", line):
            count += 1
        elif not line.startswith("go: downloading"):
            said += line
    building.wait()
    finished.set()
    shower.join()
    print(f"built {name} in {time.monotonic() - started:.0f} s    ", file=sys.stderr, flush=True)
    return said


@functools.cache
def _go_version() -> str:
    if shutil.which("go") is None:
        raise Missing("go is not on PATH")
    found = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    version = found.split()[2]
    if version != _GO and not version.startswith(f"{_GO}."):
        raise Missing(f"Kubernetes {KUBERNETES} is built with {_GO}, and this is {version}")
    return version


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Lets one run build at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
