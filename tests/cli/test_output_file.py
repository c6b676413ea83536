"""The file that the program writes: whole or not at all, and with what it had before."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.packages import base_set, names, policies
from tests.support.process import PROGRAM, ended, hears


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_a_file_is_written_leaves_it_whole(
    number: signal.Signals, app: Path
) -> None:
    out = app.with_name("out.yaml")
    out.write_text("# what was there\n")
    script = f"""
import os, sys
from imds_guard.__main__ import main
replace = os.replace
def cut_short(*paths):
    os.kill(os.getpid(), {int(number)})
    replace(*paths)
os.replace = cut_short
sys.argv[1:] = ["generate", {str(app)!r}, "-o", {str(out)!r}]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        preexec_fn=lambda: hears(number),
        check=False,
    )
    assert (done.returncode, done.stderr) == (-number, b"")
    whole = ended("generate", app, stdout=subprocess.PIPE).stdout
    assert out.read_bytes() == whole
    assert sorted(path.name for path in app.parent.iterdir()) == ["app.yaml", "out.yaml"]


def test_a_full_disk_leaves_the_old_file(app: Path) -> None:
    """A file size limit stands in for the disk: the write fails half-way with an error."""
    out = app.with_name("out.yaml")
    out.write_text("# what was there\n")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

    done = subprocess.run(
        [PROGRAM, "generate", app, "-o", out], capture_output=True, preexec_fn=limit, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == f"error: cannot write {out}: file too large\n".encode()
    assert out.read_text() == "# what was there\n"
    assert sorted(path.name for path in app.parent.iterdir()) == ["app.yaml", "out.yaml"]


@pytest.mark.parametrize(
    "output, reason",
    [
        ("missing/out.yaml", "no such file or directory"),
        ("app.yaml/out.yaml", "not a directory"),
        (".", "is a directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_told(output: str, reason: str, app: Path) -> None:
    done = ended("generate", app, "-o", output, stdout=subprocess.PIPE, cwd=app.parent)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == f"error: cannot write {output}: {reason}\n".encode()
    assert [path.name for path in app.parent.iterdir()] == ["app.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_told(app: Path) -> None:
    folder = app.parent / "read-only"
    folder.mkdir(mode=0o555)
    done = ended("generate", app, "-o", folder / "out.yaml", stdout=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.endswith(b"out.yaml: permission denied\n")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_file_keeps_its_mode(mode: int, app: Path) -> None:
    out = app.with_name("out.yaml")
    out.touch()
    out.chmod(mode)
    assert ended("generate", app, "-o", out).returncode == 0
    assert stat.S_IMODE(out.stat().st_mode) == mode
    assert names(policies(out.read_bytes())) == base_set()


def test_a_link_is_written_through(app: Path) -> None:
    real = app.with_name("real.yaml")
    real.touch()
    link = app.with_name("link.yaml")
    link.symlink_to("real.yaml")
    assert ended("generate", app, "-o", link).returncode == 0
    assert link.is_symlink()
    assert names(policies(real.read_bytes())) == base_set()


def test_a_pipe_stays_one(app: Path) -> None:
    pipe = app.with_name("pipe")
    os.mkfifo(pipe)
    with subprocess.Popen([PROGRAM, "generate", app, "-o", pipe]) as process:
        assert names(policies(pipe.read_bytes())) == base_set()
    assert process.returncode == 0
    assert pipe.is_fifo()
