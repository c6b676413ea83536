"""`imds-guard install-plugin`: the legacy exec plugin, where kustomize looks for it."""

from __future__ import annotations

import click


@click.command("install-plugin")
def command() -> None:
    """Install the legacy exec plugin, for kustomize and kubectl kustomize without --enable-exec."""
    from imds_guard.plugin import install

    click.echo(install())
