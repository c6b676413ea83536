"""Which view has which formats: one table, and everything else follows from it."""

from __future__ import annotations

from typing import get_args

import pytest

from imds_guard.audit import AuditReport
from imds_guard.config import Config
from imds_guard.guard.verify import examine
from imds_guard.report import FORMATS, Format, FormatError, View, chosen, names, purposes
from imds_guard.report.summary import Summary
from imds_guard.resources import resources
from imds_guard.wire import read

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
"""
VIEWS: tuple[View, ...] = get_args(View)


def asked_for(view: View) -> list[View]:
    """What the command line asks for to have a view: nothing where it is the audit itself."""
    return [] if view == "audit" else [view]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: f"{form.view}-{form.name}")
def test_every_format_shows_its_view(form: Format) -> None:
    context, report = examine(resources(read(WEB.encode())), Config())
    assert chosen(form.name, asked_for(form.view)) is form
    text = form.render(Summary(context, report, "web"))
    assert text.endswith("\n")
    assert text.strip()


def test_no_format_is_registered_twice() -> None:
    pairs = [(form.view, form.name) for form in FORMATS]
    assert len(set(pairs)) == len(pairs)
    assert {form.view for form in FORMATS} == set(VIEWS)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", names())
def test_a_view_has_no_other_format(view: View, name: str) -> None:
    if name in names(view):
        assert chosen(name, asked_for(view)).view == view
        return
    with pytest.raises(FormatError) as caught:
        chosen(name, asked_for(view))
    assert name in str(caught.value)


@pytest.mark.parametrize(
    "name, views, message",
    [
        ("mermaid", [], "mermaid is a format of --traffic alone"),
        ("sarif", ["explain"], "--explain has no format sarif; it has table and json"),
        ("sarif", ["traffic"], "--traffic has no format sarif; it has table, json, mermaid, dot"),
        ("table", ["explain", "traffic"], "--explain and --traffic are two things to show; take"),
    ],
)
def test_what_does_not_go_together(name: str, views: list[View], message: str) -> None:
    with pytest.raises(FormatError, match=f"^{message}"):
        chosen(name, views)


def test_the_help_says_what_each_is_for() -> None:
    sentence = purposes()
    own = [form.purpose for form in FORMATS if form.view == "audit"]
    assert sentence.lower().startswith(", ".join(own).lower())
    assert sentence.endswith(", and the last two, of --traffic, for those who would rather look")
    assert names()[-2:] == ("mermaid", "dot")


def test_the_context_is_at_hand() -> None:
    """A format that shows more than the audit finds there what it takes."""
    context, _ = examine(resources(read(WEB.encode())), Config())
    summary = Summary(context, AuditReport())
    assert [str(workload) for workload in summary.context.subjects] == ["shop/web"]
