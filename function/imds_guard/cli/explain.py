"""`imds-guard explain`: what a finding means."""

from __future__ import annotations

import textwrap

import click

from imds_guard.cli.screen import screen
from imds_guard.stdio import put_text


@click.command("explain")
@click.argument("id", required=False, metavar="[ID]")
def command(id: str | None) -> None:
    """Tell what a finding means, such as IG001, with manifests that have it and that do not.

    Without an ID it lists all findings. What one workload may do, and why, is
    `imds-guard audit --explain WORKLOAD`.
    """
    from imds_guard.report.rule_docs import known_findings

    known = known_findings()
    if id is None:
        width = max(len(finding.name) for finding in known.values())
        lines = (f"{one.id}  {one.name:{width}}  {one.title}" for one in known.values())
        put_text("\n".join(lines) + "\n")
        return
    finding = known.get(id.upper())
    if finding is None:
        raise click.UsageError(
            f"{id} is no finding; they are {', '.join(known)}. For a workload there is "
            f"`imds-guard audit PATH --explain {id}`"
        )
    _, width = screen(None)
    paragraphs = (f"{finding.id} {finding.name}", *finding.text.split("\n\n"))
    put_text("\n\n".join(_wrapped(one, width) for one in paragraphs) + "\n")


def _wrapped(paragraph: str, width: int) -> str:
    """A paragraph on lines that fit; what is indented or has lines of its own stays."""
    is_text = "\n" not in paragraph and not paragraph.startswith(" ")
    return textwrap.fill(paragraph, width, break_on_hyphens=False) if is_text else paragraph
