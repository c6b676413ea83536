"""The audit for a person at a terminal: the answer, what to do, and who is in which state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from imds_guard.config.setting import applied
from imds_guard.report.groups import closing, grouped
from imds_guard.report.rule_docs import known_findings
from imds_guard.report.summary import (
    STATES,
    message_of,
    openings_in_words,
    place_of,
    resource_of,
    workload_of,
)
from imds_guard.report.terminal import SEVERITY_STYLES, STATE_STYLES, Page
from imds_guard.wire.emit import block_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.audit import State, Verdict
    from imds_guard.report.groups import Group
    from imds_guard.report.summary import Summary
    from imds_guard.report.terminal import Part
    from imds_guard.wire import Result

_T = TypeVar("_T")
_FEW = 12  # a list of so many entries is shown as it is
_LONGEST = 10  # of a longer one, without --verbose
_MORE = "--verbose lists all"


def render(summary: Summary) -> str:
    """The answer, the findings, what was left out, and the workloads."""
    page = Page(summary.width, summary.colour)
    _answer(page, summary)
    for id, findings in summary.by_id.items():
        page.blank()
        _group(page, summary, id, findings)
    _notes(page, summary)
    if not summary.quiet:
        _verdicts(page, summary)
    return page.text


def _answer(page: Page, summary: Summary) -> None:
    """The answer in a sentence, and the counts behind it."""
    worst = next((state for state, number in summary.states.items() if number), None)
    style = STATE_STYLES[worst] if worst and worst != "blocked" else STATE_STYLES["uncertain"]
    if worst == "blocked" and not summary.has_doubts:
        style = STATE_STYLES[worst]
    page.line((f"{summary.headline}.", f"bold {style}"))
    if summary.measure:
        page.line((summary.measure, "dim"))
    page.blank()
    width = max(len(f"{number:,}") for number in summary.states.values())
    rows: list[list[Part]] = [
        [f"{number:{width},}", (state, STATE_STYLES[state]), STATES[state]]
        for state, number in summary.states.items()
        if number
    ]
    if rows:
        page.columns(rows, indent=2)
        page.blank()
    style = next((SEVERITY_STYLES[finding.severity] for finding in summary.findings), "green")
    page.line((f"{summary.tally}.", style))


def _group(page: Page, summary: Summary, id: str, findings: Sequence[Result]) -> None:
    """All findings of one id: those about a field by their resource, others by what they say.

    Those about what is cut have a line for each namespace, unless all are to be listed.
    """
    known = known_findings().get(id)
    title = f" {known.name}: {known.title}" if known else ""
    page.line((f"{id}{title}", "bold"))
    groups: list[Group] = []
    if not summary.verbose:
        findings, groups = grouped(findings)
    by_resource: dict[tuple[str, str | None], list[Result]] = {}
    by_message: dict[tuple[str, str], list[Result]] = {}
    for finding in findings:
        if finding.field:
            key = resource_of(finding), finding.path
            by_resource.setdefault(key, []).append(finding)
        else:
            by_message.setdefault((finding.message, finding.fix), []).append(finding)
    shown, more = _some(summary, list(by_resource.values()))
    for group in shown:
        _of_resource(page, summary, group)
    _and_more(page, more, indent=2)
    for same in by_message.values():
        _of_message(page, summary, same)
    if groups:
        _by_namespace(page, groups)


def _by_namespace(page: Page, groups: Sequence[Group]) -> None:
    """A line for each namespace, and what mends it; or once what mends them all."""
    most = closing(groups)
    for group in groups:
        where = f"{group.subject}: " if group.subject else ""
        label = _label(group.severity), SEVERITY_STYLES[group.severity]
        page.labelled(label, f"{where}{group.message}", indent=2)
        if most.left:
            page.labelled(_label("fix"), group.fix, indent=2)
    if most.settings:
        page.labelled(_label("fix"), most.words, indent=2)
    page.line((_MORE, "dim"), indent=2)


def _of_resource(page: Page, summary: Summary, findings: Sequence[Result]) -> None:
    """What is wrong in one resource, rule by rule."""
    page.line(resource_of(findings[0]) or findings[0].subject, indent=2)
    for finding in findings:
        _message(page, finding, message_of(finding), indent=4)
        if place := place_of(finding):
            page.verbatim(_label("at"), (place, "dim"), indent=4)
        _fix(page, finding, indent=4)
        if not summary.verbose:
            continue
        if finding.remedies:
            _settings(page, finding, indent=12)
        elif finding.proposed:
            page.line(f"{finding.field} becomes", indent=12)
            _yaml(page, finding.proposed, indent=14)


def _of_message(page: Page, summary: Summary, findings: Sequence[Result]) -> None:
    """One thing that is wrong with several resources."""
    _message(page, findings[0], findings[0].message, indent=2)
    _fix(page, findings[0], indent=2)
    if summary.verbose:
        _settings(page, findings[0], indent=10)
    shown, more = _some(summary, findings)
    names = [resource_of(finding) or finding.subject for finding in shown]
    places = [place_of(finding) for finding in shown]
    widest = max(map(len, names))
    if 4 + widest + 2 + max(map(len, places)) <= page.width:
        for name, place in zip(names, places, strict=True):
            page.verbatim(name.ljust(widest + 1), (place, "dim"), indent=4)
    else:
        for name, place in zip(names, places, strict=True):
            page.verbatim("", name, indent=4)
            page.verbatim("", (place, "dim"), indent=6)
    _and_more(page, more, indent=4)


def _message(page: Page, finding: Result, message: str, indent: int) -> None:
    label = _label(finding.severity), SEVERITY_STYLES[finding.severity]
    page.labelled(label, message, indent=indent)


def _fix(page: Page, finding: Result, indent: int) -> None:
    if finding.fix:
        page.labelled(_label("fix"), finding.fix, indent=indent)


def _settings(page: Page, finding: Result, indent: int) -> None:
    """The entries that the configuration gets; other settings the fix says in full."""
    for remedy in finding.remedies:
        if any(setting.has_entries for setting in remedy):
            page.line("the configuration gets", indent=indent)
            _yaml(page, {"spec": applied({}, remedy)}, indent + 2)


def _yaml(page: Page, value: Any, indent: int) -> None:
    for line in block_lines(value):
        page.verbatim("", (line, "green"), indent=indent)


def _label(text: str) -> str:
    """Labels of one width, so that what they label is aligned."""
    return text.ljust(len("warning"))


def _notes(page: Page, summary: Summary) -> None:
    """What was left out; with --verbose also what there is to know about the platform."""
    left_out = [note for note in summary.notes if note.id == "excluded"]
    if left_out:
        page.blank()
        page.line(("Left out", "bold"))
        rows: list[list[Part]] = [
            [note.subject, note.message.removeprefix("left out: ")] for note in left_out
        ]
        shown, more = _some(summary, rows)
        page.columns(shown, indent=2)
        _and_more(page, more, indent=2)
    if summary.ignored and summary.verbose:
        page.blank()
        page.line(("Ignored by the configuration", "bold"))
        for finding, reason in summary.ignored:
            page.line(f"{finding.id} {resource_of(finding) or finding.subject}", indent=2)
            page.line(message_of(finding), indent=4)
            page.labelled("because", reason, indent=4)
    others = [note for note in summary.notes if note.id != "excluded"]
    if others and summary.verbose:
        page.blank()
        page.line(("Good to know", "bold"))
        page.columns([[note.subject, note.message] for note in others], indent=2)


def _verdicts(page: Page, summary: Summary) -> None:
    """Every workload where they are few, or else those that are not blocked."""
    verdicts = summary.verdicts
    if not summary.verbose and len(verdicts) > _FEW:
        verdicts = [verdict for verdict in verdicts if verdict.state != "blocked"]
    if not verdicts:
        return
    page.blank()
    page.line(("Workloads", "bold"))
    if len(verdicts) <= _FEW:
        page.columns([_row(summary, verdict) for verdict in verdicts], indent=2)
    else:
        _alike(page, summary, verdicts)
    if hidden := len(summary.verdicts) - len(verdicts):
        page.line((f"and {hidden:,} blocked ({_MORE})", "dim"), indent=2)


def _row(summary: Summary, verdict: Verdict) -> list[Part]:
    state = verdict.state
    return [(state, STATE_STYLES[state]), workload_of(verdict.subject), _why(summary, verdict)]


def _alike(page: Page, summary: Summary, verdicts: Sequence[Verdict]) -> None:
    """Workloads with the same verdict for the same reason together."""
    groups: dict[tuple[State, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.state, _why(summary, verdict)), []).append(verdict)
    for (state, why), group in groups.items():
        shown, more = _some(summary, group)
        names = ", ".join(str(verdict.subject) for verdict in shown)
        names += f" and {more:,} more" if more else ""
        page.line((state, STATE_STYLES[state]), f"  {why}" if why else "", indent=2)
        page.line((names, "dim"), indent=4)


def _why(summary: Summary, verdict: Verdict) -> str:
    return verdict.reason or openings_in_words(
        verdict.openings, longest=None if summary.verbose else 1
    )


def _some(summary: Summary, entries: Sequence[_T]) -> tuple[Sequence[_T], int]:
    """As many entries as are shown, and how many more there are."""
    limit = len(entries) if summary.verbose or len(entries) <= _FEW else _LONGEST
    return entries[:limit], len(entries) - limit


def _and_more(page: Page, more: int, indent: int) -> None:
    if more:
        page.line((f"and {more:,} more ({_MORE})", "dim"), indent=indent)
