"""What is refused of the policies of other kinds, and what is made of them.

tests/cluster/test_validity.py holds those whose definitions are to be had against an API server.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imds_guard.reach.match import Match
from imds_guard.reach.validity import validity
from imds_guard.reach.validity.fault import DROPPED, ENGINE, LIST, NULL, UNKNOWN_VERSION
from tests.support.random_kinds import MAKERS
from tests.support.random_policies import valid
from tests.support.validity import faults_of

SIG = "policy.networking.k8s.io"
ANP = (f"{SIG}/v1alpha1", "AdminNetworkPolicy")
BANP = (f"{SIG}/v1alpha1", "BaselineAdminNetworkPolicy")
CNP = (f"{SIG}/v1alpha2", "ClusterNetworkPolicy")
AWS_CNP = ("networking.k8s.aws/v1alpha1", "ClusterNetworkPolicy")
APPLICATION = ("networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy")
CILIUM = ("cilium.io/v2", "CiliumNetworkPolicy")
CALICO = ("projectcalico.org/v3", "GlobalNetworkPolicy")
TIER = ("projectcalico.org/v3", "Tier")
ANTREA = ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy")
ANTREA_TIER = ("crd.antrea.io/v1beta1", "Tier")
FQDN = ("networking.gke.io/v1alpha1", "FQDNNetworkPolicy")

_ALL = "subject: {namespaces: {}}"
_DENY = "{action: Deny, to: [{networks: [0.0.0.0/0]}]"
_CNP = f"tier: Admin, priority: 1, {_ALL}"
_ANTREA = "priority: 5, appliedTo: [{podSelector: {}}]"
_BLOCK = "ipBlock: {cidr: 10.0.0.0/8"

# A kind, a spec, and where it is at fault; None where every API server refuses it.
CASES: list[tuple[tuple[str, str], str, str, Any]] = [
    (ANP, f"{{{_ALL}}}", "spec.priority", None),
    (ANP, f"{{priority: 1001, {_ALL}}}", "spec.priority", None),
    (ANP, f"{{priority: '1', {_ALL}}}", "spec.priority", None),
    (ANP, "{priority: 1, subject: {}}", "spec.subject", None),
    (ANP, "{priority: 1, subject: {namespaces: {}, pods: null}}", "spec.subject.pods", NULL),
    (
        *(ANP, "{priority: 1, subject: {pods: {podSelector: {}}}}"),
        *("spec.subject.pods.namespaceSelector", None),
    ),
    (
        ANP,
        f"{{priority: 1, {_ALL}, egress: [{_DENY}, name: {'a' * 101}}}]}}",
        "spec.egress[0].name",
        None,
    ),
    (ANP, f"{{priority: 1, {_ALL}, egress: [{_DENY}, ports: []}}]}}", "spec.egress[0].ports", None),
    (
        *(ANP, f"{{priority: 1, {_ALL}, egress: [{_DENY}, ports: [{{namedPort: a}}]}}]}}"),
        *("spec.egress[0]", None),
    ),
    (
        ANP,
        f"{{priority: 1, {_ALL}, egress: [{_DENY}, "
        "ports: [{portRange: {start: 9, end: 1}}]}]}",
        *("spec.egress[0].ports[0].portRange", ENGINE),
    ),
    (
        *(
            ANP,
            f"{{priority: 1, {_ALL}, egress: [{{action: Deny, to: [{{networks: [10.0.0.1]}}]}}]}}",
        ),
        *("spec.egress[0].to[0].networks[0]", None),
    ),
    (
        ANP,
        f"{{priority: 1, {_ALL}, "
        "egress: [{action: Deny, to: [{networks: ['::/0', '::/0']}]}]}",
        *("spec.egress[0].to[0].networks", None),
    ),
    (
        *(ANP, "{priority: 1, subject: {namespaces: {matchLabels: {a: b c}}}}"),
        *("spec.subject.namespaces.matchLabels.a", ENGINE),
    ),
    (
        ANP,
        "{priority: 1, subject: {namespaces: {matchExpressions: [{key: a, operator: In}]}}}",
        *("spec.subject.namespaces.matchExpressions[0].values", ENGINE),
    ),
    (BANP, f"{{{_ALL}}}", "metadata.name", None),
    (CNP, f"{{priority: 1, {_ALL}}}", "spec.tier", None),
    (CNP, f"{{tier: admin, priority: 1, {_ALL}}}", "spec.tier", None),
    (
        CNP,
        f"{{{_CNP}, egress: [{_DENY}, protocols: [{{tcp: {{}}}}]}}]}}",
        "spec.egress[0].protocols[0].tcp",
        None,
    ),
    (
        CNP,
        f"{{{_CNP}, egress: [{_DENY}, protocols: [{{tcp: {{destinationPort: {{range: "
        "{start: 5, end: 5}}}}]}]}",
        *("spec.egress[0].protocols[0].tcp.destinationPort.range", None),
    ),
    (
        AWS_CNP,
        f"{{{_CNP}, egress: [{{action: Deny, to: [{{domainNames: [a.com]}}]}}]}}",
        *("spec.egress[0]", None),
    ),
    (APPLICATION, "{}", "spec.podSelector", None),
    (
        *(
            APPLICATION,
            f"{{podSelector: {{}}, egress: [{{to: [{{{_BLOCK}, except: ['::/0']}}}}]}}]}}",
        ),
        *("spec.egress[0].to[0].ipBlock.except[0]", ENGINE),
    ),
    (
        *(
            APPLICATION,
            "{podSelector: {}, egress: [{to: [{podSelector: {}, domainNames: [a.b]}]}]}",
        ),
        *("spec.egress[0].to[0]", None),
    ),
    (CILIUM, "{egress: [{}]}", "spec", None),
    (CILIUM, "{endpointSelector: {}}", "spec", None),
    (CILIUM, "{endpointSelector: {}, egress: []}", "spec", ENGINE),
    (
        *(CILIUM, "{endpointSelector: {}, egress: [{toEntities: [world-ipv4]}]}"),
        *("spec.egress[0].toEntities[0]", None),
    ),
    (
        *(CILIUM, "{endpointSelector: {}, egress: [{toCIDR: [10.0.0.1]}]}"),
        *("spec.egress[0].toCIDR[0]", None),
    ),
    (
        *(CILIUM, "{endpointSelector: {}, egress: [{toCIDR: [[10.0.0.0/8]]}]}"),
        *("spec.egress[0].toCIDR[0]", LIST),
    ),
    (
        CILIUM,
        "{endpointSelector: {}, egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/8]}]}]}",
        *("spec.egress[0].toCIDRSet[0].except[0]", ENGINE),
    ),
    (
        *(CILIUM, "{endpointSelector: {}, egress: [{toCIDR: ['::/0'], toEntities: [world]}]}"),
        *("spec.egress[0]", ENGINE),
    ),
    (
        *(CILIUM, "{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: 80}]}]}]}"),
        *("spec.egress[0].toPorts[0].ports[0].port", None),
    ),
    (
        *(CILIUM, "{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: '99999'}]}]}]}"),
        *("spec.egress[0].toPorts[0].ports[0].port", ENGINE),
    ),
    (CALICO, "{egress: [{}]}", "spec.egress[0].action", None),
    (CALICO, "{types: []}", "spec.types", None),
    (CALICO, "{doNotTrack: true}", "spec", None),
    (
        CALICO,
        "{egress: [{action: Deny, destination: {nets: [x]}}]}",
        "spec.egress[0].destination.nets[0]",
        ENGINE,
    ),
    (
        *(CALICO, "{egress: [{action: Deny, destination: {ports: [80]}}]}"),
        *("spec.egress[0]", ENGINE),
    ),
    (TIER, "{defaultAction: Allow}", "spec.defaultAction", None),
    (ANTREA, "{appliedTo: [{podSelector: {}}]}", "spec.priority", None),
    (ANTREA, "{priority: 5}", "spec", ENGINE),
    (ANTREA, f"{{{_ANTREA}, egress: [{{action: Deny}}]}}", "spec.egress[0].action", None),
    (ANTREA, f"{{{_ANTREA}, tier: baseline, egress: [{{action: Pass}}]}}", "spec", ENGINE),
    (ANTREA_TIER, "{priority: 256}", "spec.priority", None),
    (FQDN, "{podSelector: {}, egress: [{matches: [{}]}]}", "spec.egress[0].matches[0]", None),
]


def custom(kind: tuple[str, str], spec: str) -> dict[str, Any]:
    version, name = kind
    metadata = {"name": "x"}
    return {"apiVersion": version, "kind": name, "metadata": metadata, "spec": yaml.safe_load(spec)}


@pytest.mark.parametrize("kind,spec,field,doubt", CASES)
def test_what_is_refused(kind: tuple[str, str], spec: str, field: str, doubt: Any) -> None:
    [fault] = faults_of(custom(kind, spec))
    at_fault = fault.field if fault.holder == fault.field else f"{fault.holder}"
    assert field in (fault.field, at_fault)
    assert fault.doubt == doubt
    assert validity([fault]) is (Match.NO if doubt is None else Match.MAYBE)


@pytest.mark.parametrize("kind", MAKERS)
def test_a_valid_policy_is_refused_by_nobody(kind: str) -> None:
    for number in range(100):
        assert faults_of(valid(kind, number)) == ()


def test_a_version_that_is_not_known_may_be_served() -> None:
    [fault] = faults_of(custom((f"{SIG}/v1", "ClusterNetworkPolicy"), f"{{{_CNP}}}"))
    assert (fault.field, fault.doubt) == ("apiVersion", UNKNOWN_VERSION)


def test_clients_of_which_none_takes_a_policy() -> None:
    """Server-side apply drops a time that is none and refuses a null; for others it is reversed."""
    policy = custom(CNP, f"{{{_CNP}, egress: null}}")
    policy["metadata"]["creationTimestamp"] = "yesterday"
    faults = faults_of(policy)
    assert {fault.doubt for fault in faults} == {NULL, DROPPED}
    assert all(validity([fault]) is Match.MAYBE for fault in faults)
    assert validity(faults) is Match.NO


@pytest.mark.parametrize("hostile", ["a" * 200_000, "-a" * 100_000, "a." * 100_000 + "!"])
def test_a_long_text_costs_no_more_than_its_length(hostile: str) -> None:
    """Some patterns of Cilium's definitions take exponential time in other engines than Go's."""
    policy = custom(CILIUM, "{endpointSelector: {}}")
    ports = [{"ports": [{"port": f"{hostile}!"}]}]
    policy["spec"]["egress"] = [{"toPorts": ports, "toFQDNs": [{"matchName": hostile}]}]
    assert len(faults_of(policy)) >= 1
