"""`imds-guard schema`: what a functionConfig may hold."""

from __future__ import annotations

import click

from imds_guard.stdio import put_text


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the functionConfig."""
    import json

    from imds_guard.config.schema import json_schema

    put_text(json.dumps(json_schema(), indent=2) + "\n")
