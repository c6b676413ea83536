"""The audit for a person at a terminal: the answer, what to do, and who is in which state."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from imds_guard.report.audited import (
    STATES,
    message_of,
    openings_in_words,
    place_of,
    resource_of,
    workload_of,
)
from imds_guard.report.rule_docs import known_findings
from imds_guard.report.terminal import SEVERITY_STYLES, STATE_STYLES, Page
from imds_guard.wire.emit import block_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.audit import State, Verdict
    from imds_guard.report.audited import Audited
    from imds_guard.report.terminal import Part
    from imds_guard.wire import Result

_T = TypeVar("_T")
_FEW = 12  # a list of so many entries is shown as it is
_LONGEST = 10  # of a longer one, without --verbose
_MORE = "--verbose lists all"


def render(audited: Audited) -> str:
    """Everything, in the order in which it is wanted."""
    page = Page(audited.width, audited.colour)
    _summary(page, audited)
    for id, found in audited.by_id.items():
        page.blank()
        _group(page, audited, id, found)
    _notes(page, audited)
    _verdicts(page, audited)
    return page.text


def _summary(page: Page, audited: Audited) -> None:
    worst = next((state for state, number in audited.states.items() if number), None)
    page.line((f"{audited.headline}.", f"bold {STATE_STYLES[worst] if worst else 'yellow'}"))
    page.blank()
    width = max(len(f"{number:,}") for number in audited.states.values())
    rows: list[list[Part]] = [
        [f"{number:{width},}", (state, STATE_STYLES[state]), STATES[state]]
        for state, number in audited.states.items()
        if number
    ]
    if rows:
        page.columns(rows, indent=2)
        page.blank()
    style = next((SEVERITY_STYLES[one.severity] for one in audited.findings), "green")
    page.line((f"{audited.tally}.", style))


def _group(page: Page, audited: Audited, id: str, found: Sequence[Result]) -> None:
    """All findings of one id: those about a field by their resource, others by what they say."""
    known = known_findings().get(id)
    title = f" {known.name}: {known.title}" if known else ""
    page.line((f"{id}{title}", "bold"))
    by_resource: dict[tuple[str, str | None], list[Result]] = {}
    by_message: dict[tuple[str, str], list[Result]] = {}
    for one in found:
        if one.field:
            by_resource.setdefault((resource_of(one), one.path), []).append(one)
        else:
            by_message.setdefault((one.message, one.fix), []).append(one)
    shown, more = _some(audited, list(by_resource.values()))
    for group in shown:
        _of_resource(page, audited, group)
    _and_more(page, more, indent=2)
    for group in by_message.values():
        _of_message(page, audited, group)


def _of_resource(page: Page, audited: Audited, found: Sequence[Result]) -> None:
    """What is wrong in one resource, rule by rule."""
    page.line(resource_of(found[0]) or found[0].subject, indent=2)
    for one in found:
        _said(page, one, message_of(one), indent=4)
        if place := place_of(one):
            page.verbatim(_label("at"), (place, "dim"), indent=4)
        _fix(page, one, indent=4)
        if audited.verbose and one.proposed:
            page.line(f"{one.field} becomes", indent=12)
            for line in block_lines(one.proposed):
                page.verbatim("", (line, "green"), indent=14)


def _of_message(page: Page, audited: Audited, found: Sequence[Result]) -> None:
    """One thing that is wrong with several resources."""
    _said(page, found[0], found[0].message, indent=2)
    _fix(page, found[0], indent=2)
    shown, more = _some(audited, found)
    names = [resource_of(one) or one.subject for one in shown]
    places = [place_of(one) for one in shown]
    widest = max(map(len, names))
    if 4 + widest + 2 + max(map(len, places)) <= page.width:
        for name, place in zip(names, places, strict=True):
            page.verbatim(name.ljust(widest + 1), (place, "dim"), indent=4)
    else:
        for name, place in zip(names, places, strict=True):
            page.verbatim("", name, indent=4)
            page.verbatim("", (place, "dim"), indent=6)
    _and_more(page, more, indent=4)


def _said(page: Page, result: Result, message: str, indent: int) -> None:
    label = _label(result.severity), SEVERITY_STYLES[result.severity]
    page.labelled(label, message, indent=indent)


def _fix(page: Page, result: Result, indent: int) -> None:
    if result.fix:
        page.labelled(_label("fix"), result.fix, indent=indent)


def _label(text: str) -> str:
    return text.ljust(len("warning"))


def _notes(page: Page, audited: Audited) -> None:
    """What was left out; with --verbose also what there is to know about the platform."""
    left_out = [one for one in audited.notes if one.id == "excluded"]
    if left_out:
        page.blank()
        page.line(("Left out", "bold"))
        rows: list[list[Part]] = [
            [one.subject, one.message.removeprefix("left out: ")] for one in left_out
        ]
        shown, more = _some(audited, rows)
        page.columns(shown, indent=2)
        _and_more(page, more, indent=2)
    others = [one for one in audited.notes if one.id != "excluded"]
    if others and audited.verbose:
        page.blank()
        page.line(("Good to know", "bold"))
        page.columns([[one.subject, one.message] for one in others], indent=2)


def _verdicts(page: Page, audited: Audited) -> None:
    """Every workload where they are few, or else those that are not blocked."""
    verdicts = audited.verdicts
    if not audited.verbose and len(verdicts) > _FEW:
        verdicts = [one for one in verdicts if one.state != "blocked"]
    if not verdicts:
        return
    page.blank()
    page.line(("Workloads", "bold"))
    if len(verdicts) <= _FEW:
        page.columns([_row(audited, one) for one in verdicts], indent=2)
    else:
        _alike(page, audited, verdicts)
    if hidden := len(audited.verdicts) - len(verdicts):
        page.line((f"and {hidden:,} blocked ({_MORE})", "dim"), indent=2)


def _row(audited: Audited, verdict: Verdict) -> list[Part]:
    state = verdict.state
    return [(state, STATE_STYLES[state]), workload_of(verdict.subject), _why(audited, verdict)]


def _alike(page: Page, audited: Audited, verdicts: Sequence[Verdict]) -> None:
    """Workloads with the same verdict for the same reason together."""
    groups: dict[tuple[State, str], list[Verdict]] = {}
    for one in verdicts:
        groups.setdefault((one.state, _why(audited, one)), []).append(one)
    for (state, why), found in groups.items():
        shown, more = _some(audited, found)
        names = ", ".join(str(one.subject) for one in shown)
        names += f" and {more:,} more" if more else ""
        page.line((state, STATE_STYLES[state]), f"  {why}" if why else "", indent=2)
        page.line((names, "dim"), indent=4)


def _why(audited: Audited, verdict: Verdict) -> str:
    return verdict.reason or openings_in_words(
        verdict.openings, longest=None if audited.verbose else 1
    )


def _some(audited: Audited, entries: Sequence[_T]) -> tuple[Sequence[_T], int]:
    """As many entries as are shown, and how many more there are."""
    limit = len(entries) if audited.verbose or len(entries) <= _FEW else _LONGEST
    return entries[:limit], len(entries) - limit


def _and_more(page: Page, more: int, indent: int) -> None:
    if more:
        page.line((f"and {more:,} more ({_MORE})", "dim"), indent=indent)
