"""The commands as a whole: each is a module, and none is loaded for another."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from imds_guard.cli import cli

CONTEXT = click.Context(cli)
HEAVY = {"rich", "imds_guard.report.summary", "imds_guard.report.explain", "jinja2"}


@pytest.mark.parametrize("name", cli.list_commands(CONTEXT))
def test_a_command_has_the_name_of_its_module(name: str) -> None:
    command = cli.get_command(CONTEXT, name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_no_other_module_is_a_command() -> None:
    for name in ("main", "options", "screen", "install_plugin", "nosuch"):
        assert cli.get_command(CONTEXT, name) is None


@pytest.mark.parametrize("line", ["-h", "audit -h", "platforms eks", "generate nosuch", "schema"])
def test_nothing_is_loaded_for_another_command(line: str) -> None:
    script = """
import sys
from imds_guard.__main__ import main
try:
    main()
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *line.split()], capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.splitlines()[-1].split())
    assert "imds_guard.cli.main" in loaded
    assert HEAVY & loaded == set()
