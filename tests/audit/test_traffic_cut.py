"""Declared traffic that policies cut, and the entries that are proposed for it."""

from __future__ import annotations

import pytest
import yaml

from tests.support.applications import audited, config, cut, guarded, stream
from tests.support.declarations import CASES, DECLARING, EVERY
from tests.support.validity import violations


@pytest.mark.parametrize("kind, name", EVERY)
def test_a_default_deny_cuts_declared_traffic_and_the_audit_says_so(kind: str, name: str) -> None:
    case = CASES[kind][name]
    found = cut(kind, stream(case.resources), config(egress="dns"))
    receivers = {flow.split(" -> ")[1].split()[0] for flow in case.flows}
    senders = {flow.split(" -> ")[0] for flow in case.flows if kind == "references"}
    assert {one.subject for one in found} == receivers | senders


@pytest.mark.parametrize("kind, name", EVERY)
def test_nothing_is_cut_where_nothing_isolates(kind: str, name: str) -> None:
    _, report = audited(stream(CASES[kind][name].resources), config())
    assert [one for one in report.findings if one.id == "IG007"] == []


@pytest.mark.parametrize("kind, name", DECLARING)
def test_the_proposed_entries_let_declared_traffic_through(kind: str, name: str) -> None:
    data = stream(CASES[kind][name].resources)
    before = cut(kind, data, config(egress="dns"))
    assert before
    for finding in before:
        assert finding.field in ("allow.ingress", "allow.egress", "allow")
        entries = {finding.field[6:]: [finding.proposed]} if "." in finding.field else None
        given = config(egress="dns", allow=entries or finding.proposed)
        after = cut(kind, data, given)
        assert (finding.subject, finding.message) not in [(o.subject, o.message) for o in after]
        written = [
            one
            for one in yaml.safe_load_all(guarded(data, given)[0])
            if one["kind"] == "NetworkPolicy"
        ]
        assert [fault for one in written for fault in violations(one)] == []
