"""Network namespaces: made, entered by a thread and deleted, by names that tell their owner."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.missing import Broken

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_FOLDER = Path("/run/netns")
_OURS = re.compile(r"imds-guard-(\d+)-")
# Whose plane this process looks at: its own, but where one is tried from another shell.
owner = os.getpid()


def name_of(part: str) -> str:
    """The namespace of a part of the plane."""
    return f"imds-guard-{owner}-{part}"


def add(part: str) -> None:
    """Makes a namespace whose loopback is up."""
    run("ip", "netns", "add", name_of(part))
    configure(part, ["link set lo up"])


def configure(part: str, lines: list[str]) -> None:
    """Runs lines of `ip` in a namespace."""
    run("ip", "-n", name_of(part), "-force", "-batch", "-", stdin="\n".join(lines))


def run_in(part: str, *command: str, stdin: str = "") -> None:
    """Runs a program in a namespace."""
    run("ip", "netns", "exec", name_of(part), *command, stdin=stdin)


def run(*command: str, stdin: str = "") -> None:
    """Runs a program; what it says is raised where it fails."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Broken(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


@contextmanager
def inside(part: str) -> Iterator[None]:
    """Puts the calling thread into a namespace: the sockets it makes there stay there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        away = os.open(_FOLDER / name_of(part), os.O_RDONLY)
        try:
            _enter(away)
        finally:
            os.close(away)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)


def delete_ours() -> None:
    """Deletes the namespaces of this process, and those of processes that are no more."""
    for name, pid in found():
        if pid == os.getpid() or not Path(f"/proc/{pid}").exists():
            run("ip", "netns", "delete", name)


def found() -> list[tuple[str, int]]:
    """The namespaces of all planes on this machine, each with the process that it belongs to."""
    if not _FOLDER.is_dir():
        return []
    matches = [(name, _OURS.match(name)) for name in sorted(os.listdir(_FOLDER))]
    return [(name, int(match[1])) for name, match in matches if match]


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
