"""The command line: everything but the function itself, which needs none."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from imds_guard import __version__
from imds_guard.config import Config, from_pairs
from imds_guard.guard import config_in, generate, read_bytes, run
from imds_guard.report import FormatError, chosen, names, purposes
from imds_guard.stdio import cut_short, put, stdin, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.report import View

_WIDTH = 100  # of a table, where the terminal does not say or is wider
_NARROWEST = 60

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
    """The commands. click has words of its own for runs that are cut short; they have none."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, BrokenPipeError) as error:
            sys.exit(cut_short(error))


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
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


@click.group(
    cls=_Program,
    help=_HELP,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@_options
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, config_file: str | None, pairs: tuple[str, ...]) -> None:
    """The function itself, where no command is named."""
    if context.invoked_subcommand is not None:
        if config_file or pairs:
            raise click.UsageError("--config and --set go behind the command")
        return
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo(context.get_help())
        return
    config = _config(config_file, pairs)
    write(run(stdin(), config))


@cli.command("generate")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@_options
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of stdout.")
def generate_command(
    paths: tuple[str, ...], config_file: str | None, pairs: tuple[str, ...], output: str | None
) -> None:
    """Write only the policies that the resources in files and folders need."""
    write(generate(_config(config_file, pairs) or Config(), paths), output)


@cli.command("audit")
@click.argument("paths", nargs=-1, metavar="[PATH...|-]")
@click.option(
    "--format",
    "form",
    type=click.Choice(names()),
    default=names()[0],
    help=f"{purposes()}; default {names()[0]}.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    help="Exit with 1 for findings of this severity or worse; default error.",
)
@click.option("--platform", metavar="NAME", help="Short for --set platform=NAME.")
@_options
@click.option(
    "--explain", "workload", metavar="WORKLOAD", help="Show what one workload may do, and why."
)
@click.option(
    "--traffic", is_flag=True, help="Show what the manifests declare, and what of it is cut."
)
@click.option("-v", "--verbose", is_flag=True, help="Shorten no list; show the YAML to write.")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of stdout.")
def audit_command(
    paths: tuple[str, ...],
    form: str,
    fail_on: str,
    platform: str | None,
    config_file: str | None,
    pairs: tuple[str, ...],
    workload: str | None,
    traffic: bool,
    verbose: bool,
    output: str | None,
) -> None:
    """Tell which workloads can reach the metadata service, by which rule, and what to do.

    Reads files, folders, and with - (or no PATH) standard input: rendered manifests, a
    ResourceList, or what a cluster holds:

    \b
        imds-guard audit deploy/
        kustomize build . | imds-guard audit -
        kubectl get deploy,sts,ds,cronjob,job,pod,netpol,ns -A -o yaml | imds-guard audit -

    WORKLOAD is name, namespace/name or kind/namespace/name.
    """
    from imds_guard.guard.examine import examine
    from imds_guard.guard.intake import STDIN, Intake
    from imds_guard.report.progress import Progress
    from imds_guard.report.summary import Summary

    if not paths and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("name files or folders, or pipe manifests in")
    asked: dict[View, object] = {"explain": workload, "traffic": traffic}
    try:
        shown = chosen(form, [view for view, is_asked in asked.items() if is_asked])
    except FormatError as error:
        raise click.UsageError(str(error)) from None
    if platform:
        pairs = (f"platform={platform}", *pairs)
    given = _config(config_file, pairs)
    with Progress() as progress:
        intake = Intake(paths or (STDIN,), stdin)
        config = given or intake.config() or Config()
        resources = progress.counting(intake.resources(), "auditing")
        context, report = examine(resources, config)
    colour, width = _screen(output)
    summary = Summary(context, report, workload or "", verbose, width, colour)
    put([_utf8(shown.render(summary))], output)
    if shown.view != "audit":
        return
    if output is not None:
        click.echo(f"{summary.headline}; {summary.tally}", err=True)
    sys.exit(summary.exit_code(fail_on))


@cli.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of the functionConfig."""
    import json

    from imds_guard.config.schema import json_schema

    put([_utf8(json.dumps(json_schema(), indent=2) + "\n")], None)


@cli.command("platforms")
@click.argument("name", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def platforms_command(name: str | None, form: str) -> None:
    """Show the platforms, or one: endpoints, DNS, pod identity, caveats, sources."""
    from imds_guard.report.platforms import as_json, table

    put([_utf8((table if form == "table" else as_json)(name))], None)


@cli.command("install-plugin")
def install_plugin_command() -> None:
    """Install the legacy exec plugin, for kustomize and kubectl kustomize without --enable-exec."""
    from imds_guard.plugin import install

    click.echo(install())


@cli.command("plugin", hidden=True)
@click.argument("config_file")
def plugin_command(config_file: str) -> None:
    """What the legacy plugin runs: a configuration's path, resources or nothing on stdin."""
    config = config_in(read_bytes(config_file), os.path.basename(config_file))
    data = stdin()
    write(run(data, config) if data.strip() else generate(config))


def _config(file: str | None, pairs: tuple[str, ...]) -> Config | None:
    config = config_in(read_bytes(file), file) if file else None
    if not pairs:
        return config
    given = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--set takes KEY=VALUE, not {pair!r}")
        given[key] = value
    return from_pairs(given, at=("--set",), base=config)


def _utf8(text: str) -> bytes:
    """The text, whatever the locale; a file's name need not be UTF-8."""
    return text.encode(errors="backslashreplace")


def _screen(output: str | None) -> tuple[bool, int]:
    """Whether there is colour where the text goes, and how wide a line may be."""
    terminal = (
        output is None
        and sys.stdout is not None
        and sys.stdout.isatty()
        and os.environ.get("TERM") != "dumb"
    )
    columns = shutil.get_terminal_size((_WIDTH, 24)).columns
    colour = terminal or bool(os.environ.get("FORCE_COLOR"))
    return colour, min(max(columns, _NARROWEST), _WIDTH)
