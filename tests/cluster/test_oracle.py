"""The audit against cyclonus' matcher: thousands of sets, as no packets have to be sent."""

from __future__ import annotations

import os

import pytest

from tests.cluster import oracle
from tests.cluster.differences import by_address, difference
from tests.cluster.record import Record
from tests.cluster.sets import Sets
from tests.cluster.verdicts import PROVIDERS, Audit, Disagreement

COUNT = int(os.environ.get("IMDS_GUARD_ORACLE_SETS", "2000"))
FIRST = int(os.environ.get("IMDS_GUARD_FIRST_ORACLE_SET", "100000"))
_AT_ONCE = 200


@pytest.mark.usefixtures("machine")
def test_random_sets(record: Record) -> None:
    audit = Audit(PROVIDERS)
    sets = Sets(sorted({address for address, _ in audit.endpoints}))
    questions = list(audit.questions())
    found: list[str] = []
    for start in range(FIRST, FIRST + COUNT, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, FIRST + COUNT))
        cases = [one for one in map(sets.case, numbers) if not oracle.errs(one)]
        for case, allowed in zip(cases, oracle.allowed(cases, questions), strict=True):
            for question in sorted(audit.reached(case) ^ allowed):
                if question.kind != "endpoint" and by_address(case):
                    continue
                passed = question in allowed
                if difference(case, question, passed=passed, of_the_audit=True) is None:
                    found.append(str(Disagreement(case, question, passed)))
        record.count("random sets decided by cyclonus too", len(cases))
    assert not found, "\n".join(found[:5])
