"""The audit against engines that decide without packets, so that thousands of sets can be tried."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.cluster import binaries, cilium_sets, oracle
from tests.cluster.binaries import Program
from tests.cluster.differences import by_address, difference
from tests.cluster.manifests import namespace
from tests.cluster.program import configured, guarded, read
from tests.cluster.record import Record
from tests.cluster.sets import Case, Sets
from tests.cluster.verdicts import PROVIDERS, Audit, Disagreement, Question

COUNT = int(os.environ.get("IMDS_GUARD_ORACLE_SETS", "1500"))
FIRST = int(os.environ.get("IMDS_GUARD_FIRST_ORACLE_SET", "100000"))
_AT_ONCE = 200
pytestmark = pytest.mark.usefixtures("machine")


def test_cyclonus(record: Record) -> None:
    audit = Audit(PROVIDERS)
    sets = Sets(sorted({address for address, _ in audit.endpoints}))
    found, tried = [], 0
    for cases in batches(sets.case, but=oracle.cyclonus_errs):
        tried += len(cases)
        for one in disagreements(binaries.CYCLONUS, audit, cases, list(audit.questions())):
            # It goes by the text, so that only a way of the audit can explain a difference.
            decidable = one.question.kind == "endpoint" or not by_address(one.case)
            if decidable and not difference(
                one.case, one.question, passed=one.passed, of_the_audit=True
            ):
                found.append(str(one))
    record.count("random sets decided by cyclonus too", tried)
    assert not found, "\n".join(found[:5])


def test_cilium(record: Record) -> None:
    """CiliumNetworkPolicies beside NetworkPolicies, under Cilium's own engine.

    Known fault: IG004 does not ask CiliumNetworkPolicies, so that cluster DNS is left out here.
    """
    audit = Audit(PROVIDERS, "cilium")
    addresses = sorted({address for address, _ in audit.endpoints})
    sets = Sets(addresses)
    questions = [one for one in audit.questions() if one.kind == "endpoint"]
    found, tried = [], 0
    for cases in batches(
        lambda number: cilium_sets.case(number, sets, addresses), but=cilium_sets.otherwise
    ):
        tried += len(cases)
        found += [str(one) for one in disagreements(binaries.CILIUM, audit, cases, questions)]
    record.count("random sets of Cilium's kinds decided by its engine too", tried)
    assert not found, "\n".join(found[:5])


def test_cilium_denies_for_good(record: Record) -> None:
    """Under the object that denies, Cilium's engine lets nothing through to any endpoint.

    What the sets allow besides is decided as without it: it isolates nothing.
    """
    audit = Audit(PROVIDERS, "cilium")
    addresses = sorted({address for address, _ in audit.endpoints})
    sets = Sets(addresses)
    denied = [one for one in audit.questions() if one.kind == "endpoint"]
    others = [one for one in audit.questions() if one.kind == "pod"]
    spec = {"scope": "cluster", "deny": "cilium", "cni": "cilium", "providers": list(PROVIDERS)}
    written = guarded([namespace("shop")], *configured(spec))
    denials = tuple(one for one in read(written.stdout) if one["kind"] != "Namespace")
    assert denials
    tried = 0
    for cases in batches(
        lambda number: cilium_sets.case(number, sets, addresses),
        but=cilium_sets.otherwise,
        count=COUNT // 3,
    ):
        under = [replace(one, policies=(*one.policies, *denials)) for one in cases]
        before = oracle.allowed(binaries.CILIUM, cases, others)
        assert oracle.allowed(binaries.CILIUM, under, denied) == [set() for _ in cases]
        assert oracle.allowed(binaries.CILIUM, under, others) == before
        tried += len(cases)
    record.count("random sets under the object that denies, decided by Cilium's engine", tried)


def batches(
    made: Callable[[int], Case], but: Callable[[Case], bool], count: int = COUNT
) -> Iterator[list[Case]]:
    """The cases to try, without those on which the engine is known to differ."""
    for start in range(FIRST, FIRST + count, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, FIRST + count))
        yield [one for one in map(made, numbers) if not but(one)]


def disagreements(
    program: Program, audit: Audit, cases: list[Case], questions: list[Question]
) -> Iterator[Disagreement]:
    asked = set(questions)
    answers = oracle.allowed(program, cases, questions)
    for case, allowed in zip(cases, answers, strict=True):
        for question in sorted((audit.reached(case) & asked) ^ allowed):
            yield Disagreement(case, question, question in allowed)
