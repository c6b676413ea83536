"""`until`: the last day of an exception or of what is ignored, in the function and in an audit."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from imds_guard.config import ConfigError, from_pairs, read_config
from imds_guard.wire import Result
from tests.support.applications import audited, config, guarded, stream, workload
from tests.support.program import imds_guard

UNTIL = "2026-06-15"
APP = stream([workload("web"), workload("api")])


def on(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this day today."""
    noon = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=timezone.utc)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(noon.timestamp())))


def excepted(until: Any = UNTIL, **spec: Any) -> Any:
    """A configuration with an exception until this day."""
    entry = {"workload": "shop/web", "reason": "reads its zone", "until": until}
    return config(exceptions=[entry], **spec)


def said(results: list[Result]) -> list[str]:
    return [one.line() for one in results if one.severity != "info"]


ENDS = "remove it, or give it a later day with until"
STAGES = [
    ("2026-05-31", None, None, True),
    ("2026-06-01", "warning", "ends in 14 days, on 2026-06-15", True),
    ("2026-06-14", "warning", "ends tomorrow, on 2026-06-15", True),
    ("2026-06-15", "warning", "ends today, on 2026-06-15", True),
    ("2026-06-16", "warning", "ended on 2026-06-15, and counts until 2026-06-29", True),
    ("2026-06-29", "warning", "ended on 2026-06-15, and counts until 2026-06-29", True),
    ("2026-06-30", "error", "ended on 2026-06-15, and counts no more", False),
]


@pytest.mark.parametrize("today, severity, words, stands", STAGES)
def test_the_function_warns_and_lets_an_exception_stand_for_a_while(
    today: str,
    severity: str | None,
    words: str | None,
    stands: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on(today, monkeypatch)
    written, results = guarded(APP, excepted())
    line = f"{severity} IG006 shop/web: its exception {words} (fix: {ENDS})"
    assert said(results) == ([line] if severity else [])
    assert (b"allow-metadata-web" in written) == stands
    _, report = audited(written, excepted())
    state = {one.subject.name: one.state for one in report.verdicts}["web"]
    assert state == ("excepted" if stands else "blocked")


@pytest.mark.parametrize("today, severity, words, stands", STAGES)
@pytest.mark.parametrize("with_config", [True, False])
def test_an_audit_has_an_error_from_the_day_after_with_the_configuration_and_without(
    with_config: bool,
    today: str,
    severity: str | None,
    words: str | None,
    stands: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was written says until when it counts."""
    on("2026-01-01", monkeypatch)
    written, _ = guarded(APP, excepted())
    on(today, monkeypatch)
    _, report = audited(written, excepted() if with_config else config())
    found = [one for one in report.findings if one.id == "IG006"]
    if severity is None:
        assert found == []
        return
    assert {one.severity for one in found} == {"error" if today > UNTIL else "warning"}
    assert {one.message.partition(" ends ")[0].partition(" ended ")[0] for one in found} <= {
        "its exception",
        "the exception",
    }
    expected = str(words) if with_config else str(words).partition(", and")[0]
    assert found[0].message.endswith(expected)


def test_a_later_day_and_none_are_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    on("2026-01-01", monkeypatch)
    once, _ = guarded(APP, excepted())
    later, _ = guarded(once, excepted("2027-01-01"))
    assert b'imds-guard.dev/until: "2027-01-01"' in later
    without, _ = guarded(later, excepted(None))
    assert b"imds-guard.dev/until" not in without
    assert guarded(without, excepted(None))[0] == without


def test_another_entry_for_the_workload_counts_when_the_first_has_lapsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on("2026-12-01", monkeypatch)
    old = {"workload": "shop/web", "reason": "old", "until": UNTIL}
    new = {"workload": "shop/web", "reason": "new"}
    written, _ = guarded(APP, config(exceptions=[old, new]))
    assert b"imds-guard.dev/reason: new" in written


def test_a_day_in_an_annotation_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    on("2026-01-01", monkeypatch)
    written, _ = guarded(APP, excepted("2026-06-15"))
    broken = written.replace(b'"2026-06-15"', b'"June"')
    _, report = audited(broken, config())
    (found,) = (one for one in report.findings if one.id == "IG006")
    assert found.message == "the last day of the exception is 'June'"


@pytest.mark.parametrize("until", ["2026-06-15", date(2026, 6, 15)])
def test_a_day_may_be_quoted_or_not(until: Any) -> None:
    assert excepted(until).spec.exceptions[0].until == "2026-06-15"


def test_a_day_may_stand_in_flat_pairs() -> None:
    text = "[{workload: web, reason: zone, until: 2026-06-15}]"
    assert from_pairs({"exceptions": text}).spec.exceptions[0].until == "2026-06-15"


@pytest.mark.parametrize(
    "until",
    [
        *("2026-6-15", "20260615", "2026-02-30", "15.06.2026", "tomorrow", "", "2026-W01-1"),
        *("2026-06-15T00:00:00Z", datetime(2026, 6, 15), 20260615, True, "٢٠٢٦-06-15"),
    ],
)
def test_what_is_no_day_is_an_error_with_its_place(until: Any) -> None:
    with pytest.raises(ConfigError) as raised:
        excepted(until)
    assert raised.value.path == "spec.exceptions[0].until"
    assert "write it as 2026-12-31" in raised.value.message


def test_a_clock_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    args = ("--set", "exceptions=[{workload: shop/web, reason: r, until: 2026-06-15}]")
    ended = imds_guard(*args, stdin=APP)
    assert (ended.status, ended.stdout) == (2, b"")
    assert "SOURCE_DATE_EPOCH is 'yesterday'" in ended.stderr
    assert imds_guard(stdin=APP).status == 0  # nothing asks for the day


def test_nothing_asks_for_a_day_where_there_is_none() -> None:
    assert read_config(None).spec.exceptions == ()
