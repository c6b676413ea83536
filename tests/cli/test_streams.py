"""The program's streams, its signals and its locale: what they may do to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest

from benchmarks import generate
from imds_guard import stdio
from imds_guard.wire import encoding
from tests.support import program
from tests.support.packages import APP, base_set, names, policies
from tests.support.process import PROGRAM, ended, hears, shell

HOST_NETWORK = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: été, namespace: shop}\nspec: {hostNetwork: true}\n"
)


@pytest.mark.parametrize("command", ["", "audit -", "audit", "plugin config.yaml"])
def test_a_closed_stdin_is_told(command: str, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("apiVersion: imds-guard.dev/v1alpha1\nkind: ImdsGuard\n")
    done = shell(f'"$0" {command.replace("config.yaml", str(config))} <&-')
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"error: standard input is closed; pipe manifests in\n"


def test_an_empty_stdin_is_told() -> None:
    done = ended(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: the input is empty")


def test_a_folder_as_stdin_is_refused(tmp_path: Path) -> None:
    """Python itself refuses it, before any line of ours."""
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        done = ended(stdin=folder, stdout=subprocess.PIPE)
    finally:
        os.close(folder)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"is a directory" in done.stderr


def test_a_slow_stdin_is_waited_for() -> None:
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
def test_a_closed_stdout_is_told(command: str) -> None:
    done = shell(f'"$0" {command} >&-')
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write: standard output is closed\n"


@pytest.mark.parametrize("command", ["", "audit -", "schema", "platforms"])
@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full")
def test_a_full_disk_behind_stdout_is_told(command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = ended(*command.split(), input=APP.encode(), stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write standard output: no space left on device\n"


@pytest.mark.parametrize("command", ["", "audit -", "schema", "platforms", "generate ."])
def test_a_stdout_that_nobody_reads_ends_it_silently(command: str, app: Path) -> None:
    """As behind `| head`: not a word, and the status that a shell gives for SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = ended(*command.split(), input=APP.encode(), stdout=writer, cwd=app.parent)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    "number, status", [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)]
)
def test_a_signal_while_reading_ends_it_silently(number: signal.Signals, status: int) -> None:
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


def _wait_until_read(pipe: int) -> None:
    """Until the other process has taken what is in the pipe, and so waits for more."""
    import fcntl
    import termios

    deadline = time.monotonic() + 30
    while int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.05)


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
@pytest.mark.parametrize("utf8", ["0", "1"])
def test_names_come_through_in_any_locale(locale: str, utf8: str) -> None:
    env = {"LC_ALL": locale, "PYTHONUTF8": utf8, "PYTHONCOERCECLOCALE": utf8}
    data = HOST_NETWORK.encode()
    done = ended(input=data, stdout=subprocess.PIPE, env=env)
    assert done.returncode == 0
    assert done.stdout.startswith(data)
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"warning IG003 ")
    audit = ended("audit", "-", "--format", "json", input=data, stdout=subprocess.PIPE, env=env)
    assert "shop/été".encode() in audit.stdout or b"shop/\\u00e9t\\u00e9" in audit.stdout


@pytest.mark.parametrize("form", ["table", "json", "sarif", "markdown"])
def test_a_file_whose_name_is_not_utf8_is_audited(form: str, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.yaml")).write_text(APP)
    done = ended("audit", ".", "--format", form, stdout=subprocess.PIPE, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode()


@pytest.mark.parametrize("command", ["", "audit - --fail-on never", "schema", "platforms"])
def test_python_has_nothing_to_warn_of(command: str) -> None:
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


def test_more_input_than_is_read_is_told() -> None:
    with (
        mock.patch.object(encoding, "MAX_SIZE", len(APP) - 1),
        mock.patch.object(stdio, "MAX_SIZE", len(APP) - 1),
    ):
        done = program.imds_guard(stdin=APP.encode())
    assert (done.status, done.stdout) == (2, b"")
    assert done.stderr == "error: the input is larger than 0 MiB; guard it in parts\n"
