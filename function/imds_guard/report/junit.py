"""The audit as JUnit XML, for the test reports of build servers.

A workload is a test case of its namespace, which fails where a finding of severity error is about
it. What is about no workload, such as a policy that the API server refuses, is a case of its own.
Warnings are the case's output: they fail nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from imds_guard.report.rule_docs import known_findings
from imds_guard.report.summary import (
    message_of,
    openings_in_words,
    place_of,
    resource_of,
    workload_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit import Verdict
    from imds_guard.report.summary import Summary
    from imds_guard.wire import Result

_CLUSTER = "cluster"


class _Case(NamedTuple):
    """What is reported on: a workload, or another resource with findings."""

    suite: str
    name: str
    findings: list[Result]
    openings: str = ""  # of a workload that can reach metadata, in words
    verdict: tuple[tuple[str, str], ...] = ()  # of a workload: its state, and why

    @property
    def has_error(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)

    @property
    def fails(self) -> bool:
        return self.has_error or bool(self.openings)


def render(summary: Summary) -> str:
    """A suite for each namespace, with its cases."""
    suites: dict[str, list[_Case]] = {}
    for case in _cases(summary):
        suites.setdefault(case.suite, []).append(case)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    every = [case for cases in suites.values() for case in cases]
    lines.append(f'<testsuites name="imds-guard" {_counts(every)}>')
    for name, cases in suites.items():
        lines.append(f"  <testsuite name={_quoted(name)} {_counts(cases)}>")
        lines += [line for case in cases for line in _lines(case)]
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _cases(summary: Summary) -> Iterator[_Case]:
    """The workloads in their order, then what else has findings."""
    by_subject: dict[str, list[Result]] = {}
    for finding in summary.findings:
        by_subject.setdefault(finding.subject, []).append(finding)
    for verdict in summary.verdicts:
        subject = verdict.subject
        found = by_subject.pop(str(subject), [])
        is_open = verdict.state == "open"
        openings = openings_in_words(verdict.openings) if is_open else ""
        yield _Case(
            subject.namespace or _CLUSTER, workload_of(subject), found, openings, _verdict(verdict)
        )
    for name, found in by_subject.items():
        reference = found[0].reference or {}
        suite = reference.get("namespace") or _CLUSTER
        yield _Case(suite, resource_of(found[0]) or name or found[0].id, found)


def _verdict(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    reason = (("reason", verdict.reason),) if verdict.reason else ()
    return ("verdict", verdict.state), *reason


def _counts(cases: list[_Case]) -> str:
    return f'tests="{len(cases)}" failures="{sum(case.fails for case in cases)}"'


def _lines(case: _Case) -> Iterator[str]:
    opening = f"    <testcase classname={_quoted(case.suite)} name={_quoted(case.name)}"
    yield f"{opening}>"
    if case.verdict:
        properties = (
            f'<property name="{key}" value={_quoted(text)}/>' for key, text in case.verdict
        )
        yield f"      <properties>{''.join(properties)}</properties>"
    if case.openings and not case.has_error:
        # A policy for several workloads is a case of its own, and says why.
        yield f"      <failure message={_quoted(f'it can reach {case.openings}')}/>"
    for finding in case.findings:
        if finding.severity == "error":
            message = _quoted(f"{_title(finding)}: {message_of(finding)}")
            yield f'      <failure type="{finding.id}" message={message}>{_text(finding)}</failure>'
    warnings = [finding for finding in case.findings if finding.severity != "error"]
    if warnings:
        said = "\n".join(
            f"{finding.severity} {_title(finding)}: {message_of(finding)}\n{_plain(finding)}"
            for finding in warnings
        )
        yield f"      <system-out>{escape(_printable(said))}</system-out>"
    yield "    </testcase>"


def _title(finding: Result) -> str:
    known = known_findings().get(finding.id)
    return f"{finding.id} {known.name}" if known else finding.id


def _plain(finding: Result) -> str:
    """Where it is, and what mends it."""
    parts = (place_of(finding), finding.field or "", f"fix: {finding.fix}" if finding.fix else "")
    return "\n".join(filter(None, parts))


def _text(finding: Result) -> str:
    return escape(_printable(_plain(finding)))


def _quoted(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold."""
    return "".join(char if char >= " " or char in "\t\n\r" else "\ufffd" for char in text).replace(
        "\uffff", "\ufffd"
    )
