"""What every format of a report gets: the audit, its counts and order, and its places in words.

The context comes along, so that a format can show why a verdict is as it is, and what is cut.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

from imds_guard.audit import State
from imds_guard.report.headline import has_doubts, headline
from imds_guard.wire import SEVERITIES, is_at_least

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.audit import AuditReport, Context, Ignored, Opening, Subject, Verdict
    from imds_guard.config.model import FailOn
    from imds_guard.wire import Result, Severity

STATES: dict[State, str] = {
    "open": "let through by a policy, or kept back by none",
    "unenforced": "kept back by policies that are not enforced for it",
    "uncertain": "up to a policy of another kind, which cannot be told from here",
    "ungoverned": "on the host's network, where no NetworkPolicy applies",
    "excepted": "let through, and the reason is written down",
    "blocked": "let through by no policy, or denied by one",
}
"""Every verdict's state in words, the worst first."""
assert set(STATES) == set(get_args(State))


@dataclass(frozen=True)
class Summary:
    """An audit, what it was made of, and how it is to be shown.

    `workload` is the one to explain, as name, namespace/name or kind/namespace/name. With `quiet`
    only errors are shown; they and all else count. `width` and `colour` are for terminals.
    """

    context: Context
    report: AuditReport
    workload: str = ""
    verbose: bool = False
    quiet: bool = False
    width: int = 100
    colour: bool = False

    @cached_property
    def states(self) -> dict[State, int]:
        """How many workloads are in each state."""
        counts = Counter(verdict.state for verdict in self.report.verdicts)
        return {state: counts[state] for state in STATES}

    @cached_property
    def severities(self) -> dict[Severity, int]:
        """How many findings there are of each severity."""
        counts = Counter(finding.severity for finding in self.report.findings)
        return {severity: counts[severity] for severity in SEVERITIES}

    @cached_property
    def by_id(self) -> dict[str, list[Result]]:
        """Errors and warnings per id: the audit's own ids first, then those with errors."""
        by_id: dict[str, list[Result]] = {}
        for finding in self.findings:
            by_id.setdefault(finding.id, []).append(finding)

        def rank(id: str) -> tuple[bool, int, str]:
            worst = min(SEVERITIES.index(finding.severity) for finding in by_id[id])
            return (not id.startswith("IG"), worst, id)

        return {id: by_id[id] for id in sorted(by_id, key=rank)}

    @cached_property
    def findings(self) -> list[Result]:
        """The errors, then the warnings."""
        shown = SEVERITIES[:1] if self.quiet else SEVERITIES[:2]
        findings = [finding for finding in self.report.findings if finding.severity in shown]
        return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))

    @cached_property
    def notes(self) -> list[Result]:
        """What is no finding and still to be known, such as what was left out."""
        if self.quiet:
            return []
        return [finding for finding in self.report.findings if finding.severity == "info"]

    @property
    def measure(self) -> str:
        """What the audit measures by, in a sentence, where the policies themselves say it."""
        said = [finding.message for finding in self.notes if finding.id == "platform"]
        return "".join(f"{message[:1].upper()}{message[1:]}." for message in said)

    @property
    def ignored(self) -> list[Ignored]:
        """The findings that the configuration ignores."""
        return self.report.ignored

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdicts, the worst first."""
        order = list(STATES)
        return sorted(self.report.verdicts, key=lambda verdict: order.index(verdict.state))

    @property
    def headline(self) -> str:
        """The answer in one sentence, without a full stop."""
        return headline(self.report)

    @property
    def has_doubts(self) -> bool:
        """Whether it is not known of everything that it is kept from metadata."""
        return has_doubts(self.report)

    @property
    def tally(self) -> str:
        """3 errors, 1 warning; 2 warnings ignored by the configuration"""
        severities: tuple[Severity, ...] = ("error", "warning")
        parts = [
            counted(self.severities[severity], severity)
            for severity in severities
            if self.severities[severity]
        ]
        found = ", ".join(parts) or "No errors, no warnings"
        if number := len(self.ignored):
            found += f"; {counted(number, 'warning')} ignored by the configuration"
        return found

    def exit_code(self, fail_on: FailOn | Literal["never"] | None = None) -> int:
        """1 where there is a finding of the severity `fail_on` or worse; `never` is none.

        Where nothing is asked for, the configuration's failOn counts.
        """
        least = fail_on or self.context.settings.config.spec.fail_on
        if least == "never":
            return 0
        return int(any(is_at_least(finding.severity, least) for finding in self.report.findings))


def counted(number: int, what: str, several: str = "") -> str:
    """1 error; 2 errors; with a plural that is not regular, `several`"""
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def resource_of(result: Result) -> str:
    """The resource that a result is about, as NetworkPolicy prod/web; empty where it is none."""
    if not result.reference:
        return ""
    name = "/".join(filter(None, (result.reference.get("namespace"), result.reference["name"])))
    return f"{result.reference['kind']} {name}"


def message_of(result: Result) -> str:
    """The message, with the workloads that it speaks of where that is not the resource itself."""
    about_itself = not result.subject or resource_of(result).endswith(f" {result.subject}")
    return result.message if about_itself else f"{result.subject}: {result.message}"


def place_of(result: Result) -> str:
    """file.yaml:12:3, as editors take it; empty where no file is known.

    Behind it, how many places of copies there are.
    """
    numbers = (result.line_number, result.column)
    text = ":".join([result.path or "", *(str(number) for number in numbers if number is not None)])
    return f"{text} (and {counted(len(result.also), 'copy', 'copies')})" if result.also else text


def workload_of(subject: Subject) -> str:
    """Deployment prod/web"""
    return f"{subject.kind} {subject}".strip()


def openings_in_words(openings: Sequence[Opening], *, longest: int | None = None) -> str:
    """The addresses with their ports; with `longest`, so many of them and how many more."""
    shown = ", ".join(map(str, openings[:longest]))
    more = 0 if longest is None else len(openings) - longest
    return f"{shown} and {more} more" if more > 0 else shown
