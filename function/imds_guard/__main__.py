"""The program: the function where there are no arguments, else the command line."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from imds_guard.config import ConfigError
from imds_guard.guard import run
from imds_guard.stdio import cut_short, say, stdin, write
from imds_guard.wire import InputError

UNUSABLE = 2


def main() -> None:
    """Do what the arguments say, and leave with the exit status.

    Never a traceback for what the input or the configuration holds.
    """
    # One run, and the process ends: looking for garbage would cost a fifth of it.
    gc.disable()
    try:
        if sys.argv[1:] or (sys.stdin is not None and sys.stdin.isatty()):
            from imds_guard.cli import cli

            cli.main(standalone_mode=True)
        # A host calls the function for every build, so that the command line is not loaded for it.
        write(run(stdin()))
    except (InputError, ConfigError) as error:
        say(f"error: {error}")
        sys.exit(UNUSABLE)
    except (KeyboardInterrupt, BrokenPipeError) as error:
        sys.exit(cut_short(error))


def program() -> NoReturn:
    """`main` as a process of its own, which ends at once instead of taking everything apart."""
    status: object = 0
    try:
        main()
    except SystemExit as leave:
        status = leave.code
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):  # what had to be written is out; a reader may have left
                stream.flush()
    os._exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    program()
