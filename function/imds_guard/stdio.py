"""Standard input and output, and files that are written whole or not at all."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from imds_guard.wire import MAX_SIZE, InputError, merged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.guard import Outcome


_INTERRUPTED = 128 + 2  # what a shell gives for SIGINT
_NO_READER = 128 + 13  # and for SIGPIPE: whoever read stdout has gone


def stdin() -> bytes:
    """All of standard input, or one byte more than may be read. Raises InputError."""
    if sys.stdin is None:
        raise InputError("standard input is closed; pipe manifests in")
    try:
        return sys.stdin.buffer.read(MAX_SIZE + 1)
    except OSError as error:
        raise InputError(f"cannot read standard input: {_reason(error)}") from None


def write(
    outcome: Outcome, output: str | None = None, *, quiet: bool = False, verbose: bool = False
) -> None:
    """Put the text out, say what there is to say, and leave with the exit status.

    `quiet` is for errors alone, `verbose` for a line of its own for every finding.
    """
    put(outcome.chunks, output)
    said = merged(result for result in outcome.results if result.severity != "info")
    is_failed_by_warnings = outcome.exit_code and not any(
        result.severity == "error" for result in said
    )
    if quiet and not is_failed_by_warnings:
        said = [result for result in said if result.severity == "error"]
    if verbose or not any(result.member for result in said):
        lines = [result.line() for result in said]
    else:
        from imds_guard.report.lines import lines as grouped

        lines = list(grouped(said))
    if is_failed_by_warnings:
        number = "1 warning" if len(said) == 1 else f"{len(said):,} warnings"
        lines.append(f"error: {number}, and failOn is {outcome.fail_on}")
    say(*lines)
    sys.exit(outcome.exit_code)


def say(*lines: str) -> None:
    """Lines for the person, on standard error where there is one."""
    if lines and sys.stderr is not None:
        text = "\n".join((*lines, ""))
        sys.stderr.write(text.encode(errors="backslashreplace").decode())
        sys.stderr.flush()


def put(chunks: Iterable[bytes | memoryview], output: str | None = None) -> None:
    """Write to standard output, or to a file. Raises InputError, and BrokenPipeError as it is."""
    if output is not None:
        _replace_file(output, b"".join(chunks))
        return
    if sys.stdout is None:
        raise InputError("cannot write: standard output is closed")
    try:
        sys.stdout.buffer.writelines(chunks)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_stdout()
        raise InputError(f"cannot write standard output: {_reason(error)}") from None


def put_text(text: str, output: str | None = None) -> None:
    """`put`, as UTF-8 whatever the locale; the name of a file in the text need not be UTF-8."""
    put([text.encode(errors="backslashreplace")], output)


def cut_short(error: KeyboardInterrupt | BrokenPipeError) -> int:
    """The exit status of an end that is no finding and no mistake: not a word then."""
    if isinstance(error, KeyboardInterrupt):
        return _INTERRUPTED
    _drop_stdout()
    return _NO_READER


def _drop_stdout() -> None:
    """What is left in the buffer has nowhere to go when the interpreter flushes it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _replace_file(path: str, data: bytes) -> None:
    """The whole file or none of it: a full disk leaves what was there.

    A file keeps its mode and a link stays one. A device or a pipe is written to, never replaced.
    """
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as file:
                file.write(data)
        else:
            _write_anew(target, data)
    except OSError as error:
        raise InputError(f"cannot write {path}: {_reason(error)}") from None


def _write_anew(target: str, data: bytes) -> None:
    import signal

    folder, name = os.path.split(target)
    new = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    # Whoever ends the process now finds all of the file a moment later, and not two.
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        with open(new, "xb") as file:  # never through what somebody else has put there
            try:
                file.write(data)
                file.close()
                if os.path.exists(target):
                    os.chmod(new, os.stat(target).st_mode & 0o7777)
                os.replace(new, target)
            except BaseException:
                if os.path.exists(new):
                    os.unlink(new)
                raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _reason(error: OSError) -> str:
    return (error.strerror or "it failed").lower()
