"""The audit's verdicts are what packets do, under a real enforcer of NetworkPolicies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from tests.cluster.differences import Difference, by_address, difference
from tests.cluster.lanes import Lanes
from tests.cluster.plane import Plane
from tests.cluster.probes import reached
from tests.cluster.record import Record
from tests.cluster.sets import Case, Sets
from tests.cluster.shrink import smallest
from tests.cluster.verdicts import PROVIDERS, Audit, Disagreement, Question, probes

# How many random sets are tried, and from which on; 2,000 were tried before a release.
COUNT = int(os.environ.get("IMDS_GUARD_SETS", "320"))
FIRST = int(os.environ.get("IMDS_GUARD_FIRST_SET", "0"))


class Enforced:
    """Tries cases side by side and holds the audit against them."""

    def __init__(self, plane: Plane, lanes: Lanes, record: Record) -> None:
        self._plane, self.lanes, self._record = plane, lanes, record
        self.audit = Audit(PROVIDERS, "kube-router")
        self.sets = Sets(sorted({address for address, _ in self.audit.endpoints}))

    def disagreements(self, cases: Sequence[Case]) -> list[Disagreement]:
        """Where the two differ for reasons unknown; a second look first, for a lost packet."""
        self.lanes.put(cases)
        found, why = self._compared(cases, self._passing(cases))
        if found:
            found, why = self._compared(cases, self._passing(cases, seconds=5))
        for one in why:
            self._record.count(f"answers that differ by a {one}")
        return found

    def shows(self, question: Question, passed: bool, cases: Sequence[Case]) -> list[bool]:
        """Which of the cases still show a disagreement. What is refused shows nothing."""
        found = {
            id(one.case)
            for one in self.disagreements(cases)
            if (one.question, one.passed) == (question, passed)
        }
        return [id(one) in found for one in cases]

    def _passing(self, cases: Sequence[Case], seconds: float = 1.5) -> list[set[Question]]:
        """The questions that packets answer with yes, for each case."""
        plans = [
            {one: probes(lane, one, self._plane.dns) for one in self.audit.questions()}
            for lane, _ in zip(self.lanes.all, cases, strict=False)
        ]
        tried = {one for plan in plans for ways in plan.values() for way in ways for one in way}
        answered = reached(tried, seconds)
        self._record.count("connections tried", len(tried))
        return [
            {one for one, ways in plan.items() if any(answered.issuperset(way) for way in ways)}
            for plan in plans
        ]

    def _compared(
        self, cases: Sequence[Case], passing: Sequence[set[Question]]
    ) -> tuple[list[Disagreement], list[Difference]]:
        """Where packets went otherwise for no reason, and the reasons of the rest."""
        found, explained = [], []
        for case, packets in zip(cases, passing, strict=True):
            said = self.audit.reached(case)
            for question in _decidable(case, said ^ packets):
                passed = question in packets
                why = difference(case, question, passed=passed)
                if why is None:
                    found.append(Disagreement(case, question, passed))
                else:
                    explained.append(why)
        return found, explained


def _decidable(case: Case, questions: set[Question]) -> Iterator[Question]:
    """Those that manifests decide: a pod's address, by which some rules go, is not in them."""
    for question in sorted(questions):
        if question.kind == "endpoint" or not by_address(case):
            yield question


def test_random_sets(plane: Plane, lanes: Lanes, record: Record) -> None:
    enforced = Enforced(plane, lanes, record)
    found: list[Disagreement] = []
    at_once = len(enforced.lanes.all)
    for start in range(FIRST, FIRST + COUNT, at_once):
        numbers = range(start, min(start + at_once, FIRST + COUNT))
        found += enforced.disagreements([enforced.sets.case(one) for one in numbers])
        record.count("random sets", len(numbers))
        if len(found) > 20:
            break
    if found:
        first = found[0]
        least = smallest(
            first.case,
            lambda cases: enforced.shows(first.question, first.passed, cases),
            at_once,
        )
        shown = [Disagreement(least, first.question, first.passed), *found[:5]]
        pytest.fail(
            f"{len(found)} disagreements, the first made small:\n" + "\n".join(map(str, shown))
        )
