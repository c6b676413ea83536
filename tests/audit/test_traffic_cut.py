"""Declared traffic that policies cut, and the entries that are proposed for it."""

from __future__ import annotations

import pytest
import yaml

from imds_guard.config.setting import Setting, applied
from tests.support.applications import (
    audited,
    config,
    cut,
    guarded,
    resource,
    service,
    stream,
    warnings,
    workload,
)
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
        infer, entries = finding.remedies
        assert infer == (Setting("allow.infer", [kind]),)
        assert {one.path for one in entries} <= {"allow.ingress", "allow.egress"}
        given = config(**applied({"egress": "dns"}, entries))
        after = cut(kind, data, given)
        assert (finding.subject, finding.message) not in [(o.subject, o.message) for o in after]
        written = [
            one
            for one in yaml.safe_load_all(guarded(data, given)[0])
            if one["kind"] == "NetworkPolicy"
        ]
        assert [fault for one in written for fault in violations(one)] == []


DENIED = resource(
    "policy.networking.k8s.io/v1alpha2",
    "ClusterNetworkPolicy",
    "closed",
    None,
    spec={
        "tier": "Admin",
        "priority": 1,
        "subject": {"namespaces": {}},
        "ingress": [
            {
                "action": "Deny",
                "from": [{"namespaces": {}}],
                "protocols": [{"tcp": {"destinationPort": {"number": 80}}}],
            }
        ],
    },
)


def test_no_allowance_is_proposed_for_what_a_policy_denies() -> None:
    front = service("web", 80, 81)
    _, found = guarded(stream([workload("web"), front, DENIED]), config(egress="dns"))
    denied, cut_off = warnings(found)
    assert "port 80/TCP" in denied.message
    assert denied.remedies == ()
    assert denied.fix == "change ClusterNetworkPolicy closed ingress[0], which denies it"
    assert "port 81/TCP" in cut_off.message
    assert cut_off.remedies[0] == (Setting("allow.infer", ["services"]),)


def test_no_allowance_is_proposed_for_pods_that_no_label_selects() -> None:
    env = [{"name": "CALL", "value": "http://web:80"}]
    made = workload("web")
    pod = resource("v1", "Pod", "job", "shop", spec={"containers": [{"name": "a", "env": env}]})
    _, found = guarded(stream([made, service("web", 80), pod]), config(egress="dns"))
    (out,) = [one for one in found if one.subject == "shop/job" and one.id == "IG007"]
    assert out.remedies == ()
    assert out.fix == "give its pod template a label, so that a policy can select its pods"


def test_entries_name_the_workload_by_where_it_will_be() -> None:
    documents = [workload("web"), service("web", 80)]
    for one in documents:
        del one["metadata"]["namespace"]
    (found,) = warnings(guarded(stream(documents), config(egress="dns"))[1])
    assert found.proposed["workload"] == "Deployment/default/web"
    given = config(**applied({"egress": "dns"}, found.remedies[1]))
    assert warnings(guarded(stream(documents), given)[1]) == []


def test_a_fix_for_ingress_that_the_default_deny_leaves_alone_names_the_policies() -> None:
    """An entry of `allow.ingress` would write nothing there."""
    web = [workload("web"), service("web", 80)]
    closed = {"podSelector": {}, "policyTypes": ["Ingress"]}
    policy = resource("networking.k8s.io/v1", "NetworkPolicy", "closed", "shop", spec=closed)
    given = config(defaultDeny=["Egress"])
    (found,) = (
        one for one in audited(stream([*web, policy]), given)[1].findings if one.id == "IG007"
    )
    assert found.proposed is None
    assert "policies that isolate it" in found.fix
    assert guarded(stream(web), given)[1] == []
