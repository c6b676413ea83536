"""The answer of an audit in one sentence: how many workloads can reach metadata, by which way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from imds_guard.audit import UNSEEN

if TYPE_CHECKING:
    from imds_guard.audit import AuditReport, Verdict

_SERVICE = "the cloud metadata service"
_WAYS = {
    "IG001": "through policies",
    "IG002": "with no policy in the way",
    "IG003": "on the host's network",
    "IG010": "where policies are not enforced",
}
"""By the id of its finding, how a workload can reach metadata."""
_FINDINGS = {"open": "IG001", "ungoverned": "IG003", "unenforced": "IG010"}
"""By state, where it tells."""


def headline(report: AuditReport) -> str:
    """The answer, without a full stop.

    Whatever is open or in doubt is in it, so that it sounds well only where all is well.
    """
    verdicts = report.verdicts
    excepted = [one for one in verdicts if _is_excepted(one)]
    may = [one for one in verdicts if one.state == "uncertain"]
    blocked = [one for one in verdicts if one.state == "blocked"]
    settled = {id(one) for one in (*excepted, *may, *blocked)}
    can = [one for one in verdicts if id(one) not in settled]
    unseen = _unseen(report, _SERVICE if not verdicts else "it")
    first = _first(len(verdicts), can, may, blocked)
    if unseen and not (can or may):
        first += f", but {unseen.pop(0)}"
    elif not verdicts:
        first += ", so there is nothing that could reach metadata"
    parts = [first]
    if can and may:
        parts.append(f"{len(may):,} more may be able to (IG015)")
    parts += unseen
    if excepted and len(excepted) < len(verdicts):
        verb = "is" if len(excepted) == 1 else "are"
        parts.append(f"{len(excepted):,} {verb} let through, with the reason written down")
    if any(one.id == "IG014" for one in report.findings):
        parts.append("a NAT64 translator would open it (IG014)")
    if any(one.id == "not-read" for one in report.findings):
        parts.append("not all of the input was read")
    if any(one.id == "not-built" for one in report.findings):
        parts.append("kustomize may build something else")
    return "; ".join(parts)


def has_doubts(report: AuditReport) -> bool:
    """Whether some of it is not known, though no workload is open for certain."""
    doubtful = ("IG009", "IG014", "IG015", "not-read", "not-built")
    return any(one.id in doubtful for one in report.findings)


def _first(total: int, can: list[Verdict], may: list[Verdict], blocked: list[Verdict]) -> str:
    """What comes first: those that can reach it, or else may, or else are kept from it."""
    if can:
        return f"{_of(len(can), total)} can reach {_SERVICE}{_by_way(can)}"
    if may:
        return f"{_of(len(may), total)} may be able to reach {_SERVICE} (IG015)"
    if blocked:
        verb = "is kept" if len(blocked) == 1 else "are kept"
        return f"{_of(len(blocked), total)} {verb} from {_SERVICE}"
    if total:
        verb = "is let through" if total == 1 else "are let through"
        return f"{_of(total, total)} {verb} to {_SERVICE}, with the reason written down"
    return "No workload was found"


def _by_way(can: list[Verdict]) -> str:
    """, through policies (IG001); or with several ways, how many by each."""
    ways = Counter(one.finding or _FINDINGS[one.state] for one in can)
    texts = {way: f"{_WAYS[way]} ({way})" for way in sorted(ways)}
    if len(texts) == 1:
        return f", {next(iter(texts.values()))}"
    return ": " + ", ".join(f"{ways[way]:,} {text}" for way, text in texts.items())


def _is_excepted(verdict: Verdict) -> bool:
    """Whether a reason is written down for it, on the host's network too."""
    return verdict.state == "excepted" or (verdict.state == "ungoverned" and bool(verdict.reason))


def _unseen(report: AuditReport, service: str) -> list[str]:
    """What is to be said of pods that no manifest shows."""
    found = []
    if report.is_of_unseen("IG001"):
        found.append(f"{UNSEEN} can reach {service} (IG001)")
    if report.is_of_unseen("IG010"):
        found.append(f"policies are not enforced for {UNSEEN} (IG010)")
    if report.is_of_unseen("IG015"):
        found.append(f"{UNSEEN} may be able to reach {service} (IG015)")
    if makers := sum(1 for one in report.findings if one.id == "IG009"):
        verb = "resource makes" if makers == 1 else "resources make"
        found.append(f"{makers:,} {verb} {UNSEEN} (IG009)")
    return found


def _of(number: int, total: int) -> str:
    if number == total:
        return {1: "The workload", 2: "Both workloads"}.get(total, f"All {total:,} workloads")
    return f"{number:,} of {total:,} workloads"
