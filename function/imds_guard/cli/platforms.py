"""`imds-guard platforms`: what is known of each platform."""

from __future__ import annotations

import click

from imds_guard.stdio import put_text


@click.command("platforms")
@click.argument("name", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def command(name: str | None, form: str) -> None:
    """Show the platforms, or one: endpoints, DNS, pod identity, caveats, sources."""
    from imds_guard.report.platforms import as_json, table

    put_text((table if form == "table" else as_json)(name))
