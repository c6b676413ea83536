"""`imds-guard generate`: only the policies."""

from __future__ import annotations

from dataclasses import dataclass

import click

from imds_guard.cli.options import (
    ConfigOptions,
    as_one,
    config_options,
    output_option,
    words_options,
)
from imds_guard.config import Config
from imds_guard.guard import generate
from imds_guard.stdio import write


@dataclass(frozen=True)
class _Options(ConfigOptions):
    paths: tuple[str, ...]
    output: str | None
    quiet: bool
    verbose: bool


@click.command("generate")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@config_options
@words_options
@output_option
@as_one(_Options)
def command(options: _Options) -> None:
    """Write only the policies that the resources in files and folders need."""
    outcome = generate(options.config() or Config(), options.paths)
    write(outcome, options.output, quiet=options.quiet, verbose=options.verbose)
