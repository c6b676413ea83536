"""Each rule of tests/support/kubernetes_rules.py, with what it lets pass and what it refuses."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
import yaml

from tests.support.kubernetes_rules import violations

POLICY = yaml.safe_load("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: prod, labels: {app: web}, annotations: {why: Because it must.}}
spec:
  podSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{namespaceSelector: {matchLabels: {team: a}}, podSelector: {}}]
  egress:
  - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]
    ports: [{protocol: TCP, port: 443, endPort: 444}]
""")
LABELS, NOTES = "metadata/labels", "metadata/annotations"
REQUIREMENT = "spec/podSelector/matchExpressions/0"
PEER, PORT = "spec/egress/0/to/0", "spec/egress/0/ports/0"
BLOCK = f"{PEER}/ipBlock"
LEFT_OUT = object()

# Field, a value it may have, a value it may not; where below the field, and why.
CASES: list[tuple[str, Any, Any, str, str]] = [
    ("apiVersion", "networking.k8s.io/v1", "extensions/v1beta1", "", "networking.k8s.io/v1"),
    ("apiVersion", "networking.k8s.io/v1", LEFT_OUT, "", "must be networking.k8s.io/v1"),
    ("kind", "NetworkPolicy", "Networkpolicy", "", "must be NetworkPolicy"),
    # metadata
    ("metadata", {"generateName": "a-"}, {"name": ""}, ".name", "required, or else"),
    ("metadata", {"name": "a", "creationTimestamp": None}, {"name": 7}, ".name", "not int"),
    ("metadata/name", "a-1.b", "a_1", "", "DNS-1123 subdomain"),
    ("metadata/name", "a", "A", "", "DNS-1123 subdomain"),
    ("metadata/name", "a.b", "a..b", "", "DNS-1123 subdomain"),
    ("metadata/name", "a", "a\n", "", "DNS-1123 subdomain"),
    ("metadata/name", "a" * 253, "a" * 254, "", "at most 253"),
    ("metadata/generateName", "ab--", "a_", "", "DNS-1123 subdomain"),
    ("metadata/generateName", "a-", "-", "", "DNS-1123 subdomain"),
    ("metadata/namespace", "", "a.b", "", "DNS-1123 label"),
    ("metadata/namespace", LEFT_OUT, "a-", "", "DNS-1123 label"),
    ("metadata/namespace", "a" * 63, "a" * 64, "", "at most 63"),
    # labels and annotations
    (LABELS, {"A_b.c": ""}, {"-a": ""}, "[-a]", "qualified name"),
    (LABELS, {"a" * 63: ""}, {"a" * 64: ""}, f"[{'a' * 64}]", "at most 63"),
    (LABELS, {"a.b/C": ""}, {"A.b/C": ""}, "[A.b/C]", "prefix must be a DNS-1123 subdomain"),
    (LABELS, {"b": ""}, {"/b": ""}, "[/b]", "prefix must be a DNS-1123 subdomain"),
    (LABELS, {"a/b": ""}, {"a/b/c": ""}, "[a/b/c]", "prefix must be a DNS-1123 subdomain"),
    (LABELS, {"a/b": ""}, {"a/": ""}, "[a/]", "qualified name"),
    (LABELS, {}, {"": ""}, "[]", "qualified name"),
    (LABELS, {"80": ""}, {80: ""}, "[80]", "must be a string as key, not int"),
    (LABELS, None, ["app"], "", "must be a mapping, not list"),
    (LABELS, {"a": "A_b.c-1"}, {"a": "b c"}, "[a]", "label value"),
    (LABELS, {"a": ""}, {"a": "b-"}, "[a]", "label value"),
    (LABELS, {"a": "b" * 63}, {"a": "b" * 64}, "[a]", "at most 63"),
    (LABELS, {"a": "1"}, {"a": 1}, "[a]", "must be a string, not int"),
    (LABELS, {"a": "true"}, {"a": True}, "[a]", "must be a string, not bool"),
    (LABELS, {"a": "2026-01-02"}, {"a": date(2026, 1, 2)}, "[a]", "must be a string, not date"),
    (LABELS, {"a": ""}, {"a": None}, "[a]", "must be a string, not null"),
    (NOTES, {"A.b/C": ""}, {"a b": ""}, "[a b]", "qualified name"),
    (NOTES, {"a": "b c\n- {d}"}, {"a": 1}, "[a]", "must be a string, not int"),
    (NOTES, {"a": "é" * 131071 + "b"}, {"a": "é" * 131072}, "", "262145 bytes"),
    # spec
    ("spec", {"podSelector": {}}, {"policyTypes": ["Egress"]}, ".podSelector", "required"),
    ("spec/podSelector", {}, None, "", "required"),
    ("spec/policyTypes", ["Ingress"], "Egress", "", "must be a list, not str"),
    ("spec/policyTypes", LEFT_OUT, ["ingress"], "[0]", "must be one of Ingress, Egress"),
    ("spec/policyTypes", ["Egress"], ["Egress", "Egress"], "[1]", "duplicate"),
    ("spec/egress", [], {}, "", "must be a list, not dict"),
    ("spec/egress", [{}], [None], "[0]", "must be a mapping, not null"),
    ("spec/egress/0/to", [], {}, "", "must be a list, not dict"),
    # selectors
    ("spec/podSelector/matchLabels", {"a": "b"}, {"a": "/"}, "[a]", "label value"),
    ("spec/podSelector/matchExpressions", [], {}, "", "must be a list, not dict"),
    (f"{REQUIREMENT}/key", "a/b", LEFT_OUT, "", "qualified name"),
    (f"{REQUIREMENT}/operator", "NotIn", "in", "", "one of In, NotIn, Exists, DoesNotExist"),
    (f"{REQUIREMENT}/operator", "In", LEFT_OUT, "", "one of In, NotIn, Exists, DoesNotExist"),
    (f"{REQUIREMENT}/values", ["a", ""], ["a", "b c"], "[1]", "label value"),
    (f"{REQUIREMENT}/values", ["1"], [1], "[0]", "must be a string, not int"),
    (f"{REQUIREMENT}/values", ["a"], [], "", "required with In"),
    (
        *(REQUIREMENT, {"key": "a", "operator": "NotIn", "values": ["b"]}),
        *({"key": "a", "operator": "NotIn"}, ".values", "required with NotIn"),
    ),
    (
        *(REQUIREMENT, {"key": "a", "operator": "Exists"}),
        {"key": "a", "operator": "Exists", "values": ["b"]},
        *(".values", "not allowed with Exists"),
    ),
    (
        *(REQUIREMENT, {"key": "a", "operator": "DoesNotExist", "values": []}),
        {"key": "a", "operator": "DoesNotExist", "values": ["b"]},
        *(".values", "not allowed with DoesNotExist"),
    ),
    # ports
    (PORT, {}, 80, "", "must be a mapping, not int"),
    (f"{PORT}/protocol", "UDP", "udp", "", "must be one of TCP, UDP, SCTP"),
    (f"{PORT}/protocol", "SCTP", "ICMP", "", "must be one of TCP, UDP, SCTP"),
    (f"{PORT}/protocol", LEFT_OUT, "", "", "must be one of TCP, UDP, SCTP"),
    (PORT, {"port": 1}, {"port": 0}, ".port", "from 1 to 65535"),
    (PORT, {"port": 65535}, {"port": 65536}, ".port", "from 1 to 65535"),
    (PORT, {"port": 80}, {"port": 80.0}, ".port", "must be an integer, not float"),
    (PORT, {"port": 1}, {"port": True}, ".port", "must be an integer, not bool"),
    (PORT, {"port": "8a"}, {"port": "80"}, ".port", "port name"),
    (PORT, {"port": "web-1"}, {"port": "Web"}, ".port", "port name"),
    (PORT, {"port": "a-b"}, {"port": "a--b"}, ".port", "port name"),
    (PORT, {"port": "a"}, {"port": "a-"}, ".port", "port name"),
    (PORT, {"protocol": "TCP"}, {"port": ""}, ".port", "port name"),
    (PORT, {"port": "a" * 15}, {"port": "a" * 16}, ".port", "at most 15"),
    (f"{PORT}/endPort", 443, 442, "", "less than port"),
    (f"{PORT}/endPort", 65535, 65536, "", "from 1 to 65535"),
    (f"{PORT}/endPort", None, "444", "", "must be an integer, not str"),
    (PORT, {"port": 1, "endPort": 2}, {"endPort": 2}, ".endPort", "needs a numeric port"),
    (PORT, {"port": "a"}, {"port": "a", "endPort": 2}, ".endPort", "needs a numeric port"),
    # peers
    (PEER, {"podSelector": {}}, {}, "", "must specify a peer"),
    (PEER, {"namespaceSelector": {}}, {"podSelector": None}, "", "must specify a peer"),
    (
        *(PEER, {"podSelector": {}, "namespaceSelector": {}}),
        *({"podSelector": {}, "ipBlock": {"cidr": "::/0"}}, "", "ipBlock excludes selectors"),
    ),
    (
        *(PEER, {"ipBlock": {"cidr": "::/0"}}),
        *({"namespaceSelector": {}, "ipBlock": {"cidr": "::/0"}}, "", "ipBlock excludes selectors"),
    ),
    (BLOCK, {"cidr": "10.0.0.0/8", "except": []}, {"cidr": 10}, ".cidr", "not int"),
    (BLOCK, {"cidr": "2001:db8::/64"}, {"except": ["::/64"]}, ".cidr", "required"),
    (f"{BLOCK}/except", [], "10.0.0.0/8", "", "must be a list, not str"),
    (f"{BLOCK}/except", ["10.0.0.0/8"], [None], "[0]", "must be a string, not null"),
    (f"{BLOCK}/except", ["0.0.0.0/1"], ["0.0.0.0/0"], "[0]", "not a strict subset"),
    (f"{BLOCK}/except", ["10.0.0.0/8"], ["10.0.0.0/8", "::/1"], "[1]", "address family"),
    (
        *(BLOCK, {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}),
        {"cidr": "10.0.0.0/8", "except": ["11.1.0.0/16"]},
        *(".except[0]", "not a strict subset"),
    ),
]


def changed(field: str, value: Any) -> Any:
    """The policy with one field set, or left out."""
    policy = copy.deepcopy(POLICY)
    *parents, last = (int(key) if key.isdigit() else key for key in field.split("/"))
    node = policy
    for key in parents:
        node = node[key]
    if value is LEFT_OUT:
        node.pop(last, None)
    else:
        node[last] = value
    return policy


def dotted(field: str) -> str:
    """`a/0/b` as `a[0].b`."""
    return "".join(f"[{k}]" if k.isdigit() else f".{k}" for k in field.split("/")).lstrip(".")


def test_the_policy_that_the_cases_change_is_accepted() -> None:
    assert violations(POLICY) == []


@pytest.mark.parametrize("field,good,bad,below,why", CASES)
def test_a_rule_lets_the_good_pass_and_refuses_the_bad(
    field: str, good: Any, bad: Any, below: str, why: str
) -> None:
    assert violations(changed(field, good)) == []
    [violation] = violations(changed(field, bad))
    where, _, message = violation.partition(": ")
    assert where == dotted(field) + below
    assert why in message


@pytest.mark.parametrize(
    "parent",
    [
        *("", "metadata", "spec", "spec/podSelector", REQUIREMENT),
        *("spec/ingress/0", "spec/egress/0", PEER, BLOCK, PORT),
    ],
)
def test_unknown_fields_are_refused_everywhere(parent: str) -> None:
    field = f"{parent}/status".lstrip("/")
    assert violations(changed(field, {})) == [f"{dotted(field)}: unknown field"]


def test_fields_are_told_apart_by_case_and_direction() -> None:
    assert violations(changed("spec/egress", [{"from": []}])) == [
        "spec.egress[0].from: unknown field"
    ]
    assert violations(changed("spec/egress", [{"TO": []}])) == ["spec.egress[0].TO: unknown field"]


def test_more_than_two_policy_types_are_refused() -> None:
    found = violations(changed("spec/policyTypes", ["Ingress", "Egress", "Egress"]))
    assert found == ["spec.policyTypes[2]: duplicate", "spec.policyTypes: more than two"]


def test_every_violation_is_reported() -> None:
    assert [found.partition(":")[0] for found in violations({"kind": "Pod", "spec": {}})] == [
        *("apiVersion", "kind", "metadata.name", "spec.podSelector")
    ]


@pytest.mark.parametrize("policy", [None, [], "kind: NetworkPolicy", 1])
def test_what_is_no_mapping_is_refused(policy: object) -> None:
    assert violations(policy)[0].startswith("(root): must be a mapping, not ")


@pytest.mark.parametrize(
    "cidr",
    ["0.0.0.0/0", "10.0.0.0/8", "169.254.169.254/32", "::/0", "fe80::/10", "fd00:ec2::254/128"],
)
def test_a_canonical_cidr_is_accepted(cidr: str) -> None:
    assert violations(changed(BLOCK, {"cidr": cidr})) == []


@pytest.mark.parametrize(
    "cidr,why",
    [
        ("10.0.0.1/8", "not canonical: bits set beyond the prefix"),
        ("fd00:ec2::254/64", "not canonical: bits set beyond the prefix"),
        ("10.0.0.0/08", "not canonical: write 10.0.0.0/8"),
        ("FE80::/10", "not canonical: write fe80::/10"),
        ("fe80:0:0::/10", "not canonical: write fe80::/10"),
        ("::ffff:169.254.169.254/128", "not canonical: an IPv4-mapped address"),
        ("::ffff:0:0/96", "not canonical: an IPv4-mapped address"),
        ("10.0.0.0", "not a valid CIDR"),
        ("10.0.0.0/", "not a valid CIDR"),
        ("10.0.0.0/33", "not a valid CIDR"),
        ("10.0.0.0/-1", "not a valid CIDR"),
        ("10.0.0.0/255.0.0.0", "not a valid CIDR"),
        ("010.0.0.0/8", "not a valid CIDR"),
        ("10.0.0/8", "not a valid CIDR"),
        ("10.0.0.0/8/8", "not a valid CIDR"),
        ("10.0.0.0/8\n", "not a valid CIDR"),
        ("10.0.0.0/٨", "not a valid CIDR"),
        ("::/129", "not a valid CIDR"),
        ("fe80::%1/64", "not a valid CIDR"),
        ("", "required"),
    ],
)
def test_another_cidr_is_refused(cidr: str, why: str) -> None:
    assert violations(changed(BLOCK, {"cidr": cidr})) == [f"{dotted(BLOCK)}.cidr: {why}"]
