"""The command line: everything but the function itself, which needs none. A module per command."""

from imds_guard.cli.main import cli

__all__ = ["cli"]
