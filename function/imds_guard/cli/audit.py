"""`imds-guard audit`: what stands, checked and shown."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

from imds_guard.cli.options import ConfigOptions, as_one, config_options, output_option
from imds_guard.cli.screen import screen
from imds_guard.report import FormatError, chosen, names, purposes
from imds_guard.stdio import put_text, stdin

if TYPE_CHECKING:
    from imds_guard.config import Config
    from imds_guard.config.model import FailOn
    from imds_guard.report import Format, View
    from imds_guard.report.summary import Summary


@dataclass(frozen=True)
class _Options(ConfigOptions):
    paths: tuple[str, ...]
    form: str
    fail_on: FailOn | Literal["never"] | None
    platform: str | None
    workload: str | None
    traffic: bool
    verbose: bool
    quiet: bool
    output: str | None

    def format(self) -> Format:
        """The view that is asked for, in the format that is. Raises UsageError."""
        views: dict[View, object] = {"explain": self.workload, "traffic": self.traffic}
        try:
            return chosen(self.form, [view for view, is_asked in views.items() if is_asked])
        except FormatError as error:
            raise click.UsageError(str(error)) from None

    def given_config(self) -> Config | None:
        """The configuration, --platform as one of its pairs."""
        return self.config(*([f"platform={self.platform}"] if self.platform else []))


@click.command("audit")
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
    help="Exit with 1 for findings of this severity or worse; default the configuration's failOn, "
    "error.",
)
@click.option("--platform", metavar="NAME", help="Short for --set platform=NAME.")
@config_options
@click.option(
    "--explain", "workload", metavar="WORKLOAD", help="Show what one workload may do, and why."
)
@click.option(
    "--traffic", is_flag=True, help="Show what the manifests declare, and what of it is cut."
)
@click.option("-v", "--verbose", is_flag=True, help="Shorten no list; show the YAML to write.")
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="Show nothing but the answer and errors; with --fail-on warning, warnings too.",
)
@output_option
@as_one(_Options)
def command(options: _Options) -> None:
    """Tell which workloads can reach the metadata service, by which rule, and what to do.

    Reads files, folders, and with - (or no PATH) standard input: rendered manifests, a
    ResourceList, or what a cluster holds:

    \b
        imds-guard audit deploy/
        kustomize build . | imds-guard audit -
        kubectl get deploy,rs,sts,ds,cronjob,job,pod,netpol,ns -A -o yaml | imds-guard audit -

    WORKLOAD is name, namespace/name or kind/namespace/name.
    """
    if not options.paths and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("name files or folders, or pipe manifests in")
    form = options.format()
    summary = _audit(options)
    put_text(form.render(summary), options.output)
    if form.view != "audit":
        return
    if options.output is not None:
        click.echo(f"{summary.headline}; {summary.tally}", err=True)
    sys.exit(summary.exit_code(options.fail_on))


def _audit(options: _Options) -> Summary:
    """Read and audit what the paths name. Raises InputError or ConfigError."""
    from imds_guard.guard.audit_input import STDIN, Intake
    from imds_guard.guard.verify import examine
    from imds_guard.report.progress import Progress
    from imds_guard.report.summary import Summary

    given = options.given_config()
    with Progress() as progress:
        intake = Intake(options.paths or (STDIN,), stdin)
        config = given or intake.config()
        resources = progress.counting(intake.resources(), "auditing")
        context, report = examine(resources, config, intake.notes)
    colour, width = screen(options.output)
    return Summary(
        context,
        report,
        workload=options.workload or "",
        verbose=options.verbose,
        quiet=options.quiet and options.fail_on != "warning",
        width=width,
        colour=colour,
    )
