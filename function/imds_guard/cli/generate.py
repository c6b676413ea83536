"""`imds-guard generate`: only the policies."""

from __future__ import annotations

from dataclasses import dataclass

import click

from imds_guard.cli.options import ConfigOptions, as_one, config_options, output_option
from imds_guard.config import Config
from imds_guard.guard import generate
from imds_guard.stdio import write


@dataclass(frozen=True)
class _Options(ConfigOptions):
    paths: tuple[str, ...]
    output: str | None


@click.command("generate")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@config_options
@output_option
@as_one(_Options)
def command(options: _Options) -> None:
    """Write only the policies that the resources in files and folders need."""
    write(generate(options.config() or Config(), options.paths), options.output)
