"""`imds-guard plugin`: what the legacy exec plugin runs."""

from __future__ import annotations

import os

import click

from imds_guard.guard import config_in, generate, read_bytes, run
from imds_guard.stdio import stdin, write


@click.command("plugin", hidden=True)
@click.argument("config_file")
def command(config_file: str) -> None:
    """What the legacy plugin runs: a configuration's path, resources or nothing on stdin."""
    config = config_in(read_bytes(config_file), os.path.basename(config_file))
    data = stdin()
    write(run(data, config) if data.strip() else generate(config))
