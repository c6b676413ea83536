"""Options that commands have in common, and how a command gets all of its options as one."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from imds_guard.config import from_pairs
from imds_guard.guard import config_in, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.config import Config

_F = TypeVar("_F", bound="Callable[..., Any]")


def as_one(options: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command its options as one object, whose fields have the names of the options.

    click passes each as an argument of its own.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def gathering(*args: Any, **given: Any) -> None:
            command(*args, options(**given))

        return gathering

    return decorate


@dataclass(frozen=True)
class ConfigOptions:
    """What `config_options` gives: the configuration as the command line has it."""

    config_file: str | None
    pairs: tuple[str, ...]

    def config(self, *more: str) -> Config | None:
        """The file's configuration with the pairs on top, `more` before those of --set.

        None where nothing is given. Raises InputError, ConfigError or UsageError.
        """
        file = self.config_file
        base = config_in(read_bytes(file), file) if file else None
        pairs = (*more, *self.pairs)
        if not pairs:
            return base
        fields = {}
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals:
                raise click.UsageError(f"--set takes KEY=VALUE, not {pair!r}")
            fields[key] = value
        return from_pairs(fields, at=("--set",), base=base)


def config_options(command: _F) -> _F:
    """--config and --set, for a command whose options are ConfigOptions."""
    command = click.option(
        "--set",
        "pairs",
        metavar="KEY=VALUE",
        multiple=True,
        help="One field of the configuration, such as egress=any or dns.to=anywhere; repeatable.",
    )(command)
    return click.option(
        "--config", "config_file", metavar="FILE", help="A file with the functionConfig."
    )(command)


def words_options(command: _F) -> _F:
    """--quiet and --verbose, for a command that says on standard error what it found."""
    command = click.option(
        "-v", "--verbose", is_flag=True, help="Say each finding about what is cut on its own."
    )(command)
    return click.option("-q", "--quiet", is_flag=True, help="Say errors alone.")(command)


output_option = click.option(
    "-o", "--output", metavar="FILE", help="Write to FILE instead of stdout."
)
