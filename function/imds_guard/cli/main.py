"""The program with its commands, and the function itself where no command is named."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from imds_guard import __version__
from imds_guard.cli.options import ConfigOptions, as_one, config_options, words_options
from imds_guard.guard import run
from imds_guard.stdio import cut_short, stdin, write

_COMMANDS = ("generate", "audit", "explain", "schema", "platforms", "install-plugin", "plugin")
"""Each is the `command` of the module of its name, loaded only when it is asked for."""

_HELP = """Keep pods away from the cloud metadata service.

Reads Kubernetes resources, adds the NetworkPolicies that their namespaces need (a default deny,
DNS, and the world without the metadata service), and writes everything back, untouched.

\b
As a function (kustomize, kpt): a ResourceList on stdin, the same list on stdout.
    kpt fn eval DIR --image IMAGE -- egress=any
As a pipe: manifests on stdin, manifests with their policies on stdout.
    kustomize build . | imds-guard | kubectl apply -f -
Only the policies, from files:
    imds-guard generate deploy/
What stands, checked: who can reach metadata, by which rule, and what to do:
    kustomize build . | imds-guard audit -

\b
Configuration: a functionConfig of kind ImdsGuard (imds-guard.dev/v1alpha1) or a ConfigMap.
    spec.platform   generic (default), eks, gke, aks, ...: `imds-guard platforms` lists them
    spec.egress     dns: names only; web: and TCP 80, 443 (default); any: every port
    spec.scope      namespace (default): one set per namespace; workload: one per workload
`imds-guard schema` prints all of it.

Exit status: 0 all is well, 1 findings that are errors, 2 unusable input or configuration.
"""


class _Program(click.Group):
    """The commands: each is known by its name alone until its module is needed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(commands=[click.Command(name) for name in _COMMANDS], **settings)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands:
            return None
        module = import_module(f"imds_guard.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """click has words of its own for runs that are cut short; ours end without any."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, BrokenPipeError) as error:
            sys.exit(cut_short(error))


@dataclass(frozen=True)
class _Options(ConfigOptions):
    quiet: bool
    verbose: bool


@click.group(
    cls=_Program,
    help=_HELP,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@config_options
@words_options
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
@click.pass_context
@as_one(_Options)
def cli(context: click.Context, options: _Options) -> None:
    """The function itself, where no command is named."""
    if context.invoked_subcommand is not None:
        if options.config_file or options.pairs:
            raise click.UsageError("--config and --set go behind the command")
        if options.quiet or options.verbose:
            raise click.UsageError("--quiet and --verbose go behind the command")
        return
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo(context.get_help())
        return
    config = options.config()
    write(run(stdin(), config), quiet=options.quiet, verbose=options.verbose)
