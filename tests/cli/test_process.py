"""The program as a process among others: what its streams, signals and disks may do to it."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from benchmarks import generate
from imds_guard import stdio
from imds_guard.wire import encoding
from tests.support import program
from tests.support.packages import APP, base_set, imds_guard, names, policies

PROGRAM = str(imds_guard().path)
HOST_NETWORK = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: été, namespace: größe}\n"
    "spec: {hostNetwork: true}\n"
)


def ended(
    *args: str | Path, env: Mapping[str, str] | None = None, **streams: Any
) -> subprocess.CompletedProcess[bytes]:
    """A run with these streams; stderr is always ours to read."""
    return subprocess.run(
        [PROGRAM, *args],
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        timeout=60,
        check=False,
        **streams,
    )


def shell(command: str) -> subprocess.CompletedProcess[bytes]:
    """A run by a shell, which can close streams."""
    return subprocess.run(
        ["sh", "-c", command, PROGRAM], input=APP.encode(), capture_output=True, check=False
    )


@pytest.fixture
def app(tmp_path: Path) -> Path:
    path = tmp_path / "app.yaml"
    path.write_text(APP)
    return path


@pytest.mark.parametrize("command", ["", "audit -", "audit", "plugin config.yaml"])
def test_closed_stdin(command: str, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("apiVersion: imds-guard.dev/v1alpha1\nkind: ImdsGuard\n")
    done = shell(f'"$0" {command.replace("config.yaml", str(config))} <&-')
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"error: standard input is closed; pipe manifests in\n"


def test_empty_stdin() -> None:
    done = ended(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: the input is empty")


def test_stdin_that_is_a_folder(tmp_path: Path) -> None:
    """Python itself refuses it, before any line of ours."""
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        done = ended(stdin=folder, stdout=subprocess.PIPE)
    finally:
        os.close(folder)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"is a directory" in done.stderr


def test_slow_stdin() -> None:
    """Nothing comes out before everything is in, and then all of it."""
    process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    third = len(APP) // 3
    for part in (APP[:third], APP[third : 2 * third], APP[2 * third :]):
        process.stdin.write(part.encode())
        process.stdin.flush()
        time.sleep(0.1)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert names(policies(stdout)) == base_set()


@pytest.mark.parametrize("command", ["", "audit -", "schema", "platforms"])
def test_closed_stdout(command: str) -> None:
    done = shell(f'"$0" {command} >&-')
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write: standard output is closed\n"


@pytest.mark.parametrize("command", ["", "audit -", "schema", "platforms"])
@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full")
def test_stdout_on_a_full_disk(command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = ended(*command.split(), input=APP.encode(), stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write standard output: no space left on device\n"


@pytest.mark.parametrize("command", ["", "audit -", "schema", "platforms", "generate ."])
def test_nobody_reads_stdout(command: str, app: Path) -> None:
    """As behind `| head`: not a word, and the status that a shell gives for SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = ended(*command.split(), input=APP.encode(), stdout=writer, cwd=app.parent)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def hears(number: signal.Signals) -> None:
    """Take back that what runs the tests ignores the signal, as a shell's background jobs do."""
    signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize(
    "number, status", [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)]
)
def test_signal_while_reading(number: signal.Signals, status: int) -> None:
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [PROGRAM],
        stdin=reader,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: hears(number),  # noqa: PLW1509 - this process has one thread
    )
    os.write(writer, b"kind: ")
    _wait_until_read(reader)
    os.close(reader)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    os.close(writer)
    assert (process.returncode, stdout, stderr) == (status, b"", b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_while_a_file_is_written(number: signal.Signals, app: Path) -> None:
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


def _wait_until_read(pipe: int) -> None:
    """Until the other process has taken what is in the pipe, and so waits for more."""
    import fcntl
    import termios

    deadline = time.monotonic() + 30
    while int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.05)


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
def test_output_that_cannot_be_written(output: str, reason: str, app: Path) -> None:
    done = ended("generate", app, "-o", output, stdout=subprocess.PIPE, cwd=app.parent)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == f"error: cannot write {output}: {reason}\n".encode()
    assert [path.name for path in app.parent.iterdir()] == ["app.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_in_a_folder_that_is_read_only(app: Path) -> None:
    folder = app.parent / "read-only"
    folder.mkdir(mode=0o555)
    done = ended("generate", app, "-o", folder / "out.yaml", stdout=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.endswith(b"out.yaml: permission denied\n")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_output_keeps_its_mode(mode: int, app: Path) -> None:
    out = app.with_name("out.yaml")
    out.touch()
    out.chmod(mode)
    assert ended("generate", app, "-o", out).returncode == 0
    assert stat.S_IMODE(out.stat().st_mode) == mode
    assert names(policies(out.read_bytes())) == base_set()


def test_output_through_a_link(app: Path) -> None:
    real = app.with_name("real.yaml")
    real.touch()
    link = app.with_name("link.yaml")
    link.symlink_to("real.yaml")
    assert ended("generate", app, "-o", link).returncode == 0
    assert link.is_symlink()
    assert names(policies(real.read_bytes())) == base_set()


def test_output_into_a_pipe_leaves_it_one(app: Path) -> None:
    pipe = app.with_name("pipe")
    os.mkfifo(pipe)
    with subprocess.Popen([PROGRAM, "generate", app, "-o", pipe]) as process:
        assert names(policies(pipe.read_bytes())) == base_set()
    assert process.returncode == 0
    assert pipe.is_fifo()


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
@pytest.mark.parametrize("utf8", ["0", "1"])
def test_names_in_any_locale(locale: str, utf8: str) -> None:
    env = {"LC_ALL": locale, "PYTHONUTF8": utf8, "PYTHONCOERCECLOCALE": utf8}
    data = HOST_NETWORK.encode()
    done = ended(input=data, stdout=subprocess.PIPE, env=env)
    assert done.returncode == 0
    assert done.stdout.startswith(data)
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"warning IG003 ")
    audit = ended("audit", "-", "--format", "json", input=data, stdout=subprocess.PIPE, env=env)
    assert "größe/été".encode() in audit.stdout or b"gr\\u00f6\\u00dfe" in audit.stdout


@pytest.mark.parametrize("form", ["table", "json", "sarif", "markdown"])
def test_a_file_whose_name_is_not_utf8(form: str, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.yaml")).write_text(APP)
    done = ended("audit", ".", "--format", form, stdout=subprocess.PIPE, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode()


@pytest.mark.parametrize("command", ["", "audit - --fail-on never", "schema", "platforms"])
def test_no_warning_of_python(command: str) -> None:
    env = {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"}
    done = ended(*command.split(), input=APP.encode(), stdout=subprocess.PIPE, env=env)
    assert (done.returncode, b"Warning" in done.stderr, b"Traceback" in done.stderr) == (0, 0, 0)


def test_a_plain_list_needs_no_parser_and_no_command_line() -> None:
    """A host starts the function for every build: what it does not need, it does not load."""
    script = """
import sys
from imds_guard.__main__ import main
try:
    main()
except SystemExit as leave:
    assert not leave.code
print("loaded", *({"click", "yaml"} & set(sys.modules)), file=sys.stderr)
"""
    data = "".join(generate.resource_list(20)).encode()
    done = subprocess.run(
        [sys.executable, "-c", script], input=data, capture_output=True, check=True
    )
    assert done.stdout.startswith(data)
    *_, loaded = done.stderr.decode().splitlines()
    assert "click" not in loaded
    assert "yaml" not in loaded


def test_more_input_than_is_read() -> None:
    with (
        mock.patch.object(encoding, "MAX_SIZE", len(APP) - 1),
        mock.patch.object(stdio, "MAX_SIZE", len(APP) - 1),
    ):
        done = program.imds_guard(stdin=APP.encode())
    assert (done.status, done.stdout) == (2, b"")
    assert done.stderr == "error: the input is larger than 0 MiB; guard it in parts\n"
