"""A policy that is refused counts for nothing, of whatever kind it is."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from imds_guard.audit import AuditReport
from imds_guard.config import Config
from imds_guard.guard.verify import examine
from imds_guard.reach.match import Match
from imds_guard.reach.validity import validity
from imds_guard.resources import resources
from imds_guard.wire import InputError, read
from tests.support.random_kinds import MAKERS
from tests.support.random_policies import damaged
from tests.support.validity import faults_of

_GIVEN = os.environ.get("IMDS_GUARD_EXAMPLES")
EXAMPLES = int(_GIVEN) // 40 if _GIVEN else 25

_NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "x"}},
    "spec": {"containers": []},
}


def network_policy(*egress: Any) -> dict[str, Any]:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(egress)}
    metadata = {"name": "base", "namespace": "shop"}
    api = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return {**api, "metadata": metadata, "spec": spec}


BASES: dict[str, list[dict[str, Any]]] = {
    "no policy": [],
    "a default deny": [network_policy()],
    "an open policy": [network_policy({})],
}


def audited(*policies: dict[str, Any]) -> AuditReport:
    stream = "\n---\n".join(map(json.dumps, (_NAMESPACE, _POD, *policies)))
    return examine(resources(read(stream.encode())), Config())[1]


def said(report: AuditReport) -> tuple[Any, ...]:
    """Verdicts, and the findings but IG005."""
    others = [one for one in report.findings if one.id != "IG005"]
    return [(str(one.subject), one.state, one.openings) for one in report.verdicts], others


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_refused_changes_nothing_and_what_may_be_isolates_nothing(
    kind: str, base: str
) -> None:
    without = audited(*BASES[base])
    before = [one.state for one in without.verdicts]
    tried = 0
    for number in range(EXAMPLES):
        policy = damaged(kind, number)
        stands = validity(faults_of(policy))
        try:
            found = audited(*BASES[base], policy)
        except InputError:
            continue
        if stands is Match.NO:
            assert said(found) == said(without), (number, policy)
            tried += 1
        elif stands is Match.MAYBE:
            after = [one.state for one in found.verdicts]
            assert after == before or "blocked" not in after, (number, policy)
        assert (stands is Match.YES) == all(one.id != "IG005" for one in found.findings)
    assert tried


@pytest.mark.parametrize("is_first", [True, False])
def test_a_copy_that_is_refused_is_no_copy(is_first: bool) -> None:
    """Of an object that stands twice, the copy that is refused never stands."""
    whole = network_policy()
    refused = {**whole, "spec": {**whole["spec"], "policyTypes": ["egress"]}}
    found = audited(*((refused, whole) if is_first else (whole, refused)))
    assert [one.state for one in found.verdicts] == ["blocked"]


def test_a_copy_of_another_kind_that_is_refused_is_no_copy() -> None:
    deny = {"action": "Deny", "to": [{"networks": ["0.0.0.0/0", "::/0"]}]}
    spec = {"priority": 1, "subject": {"namespaces": {}}, "egress": [deny]}
    api = {"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy"}
    whole = {**api, "metadata": {"name": "deny"}, "spec": spec}
    refused = {**whole, "spec": {**spec, "priority": 1001}}
    found = audited(whole, refused)
    assert [one.state for one in found.verdicts] == ["blocked"]


@pytest.mark.parametrize(
    "spec,fix",
    [
        ({"podSelector": {}, "egress": [{"too": []}]}, "correct its name, or remove it"),
        ({"podSelector": {}, "egress": [{"to": [{"ipBlock": {}}]}]}, "add it"),
        ({"podSelector": {}, "policyTypes": ["egress"]}, "correct it"),
    ],
)
def test_what_mends_a_fault_is_said(spec: dict[str, Any], fix: str) -> None:
    found = audited({**network_policy(), "spec": spec})
    assert [one.fix for one in found.findings if one.id == "IG005"] == [fix]
