"""Each rule about a NetworkPolicy, with what it lets pass and what it refuses.

Seen on API servers of 1.36, beside what tests/cluster/test_validity.py finds at random.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from imds_guard.reach.match import Match
from imds_guard.reach.validity import validity
from imds_guard.reach.validity.fault import SINCE_1_36, TWICE, UNKNOWN_FIELD
from tests.support.validity import faults_of

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
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "a"}
LEFT_OUT = object()

# Field, a value it may have, a value it may not; where below the field, and why.
CASES: list[tuple[str, Any, Any, str, str]] = [
    ("apiVersion", "networking.k8s.io/v1", "networking.k8s.io/v1beta1", "", "is not"),
    # metadata
    ("metadata", {"generateName": "a-"}, {"name": ""}, ".name", "is required"),
    ("metadata", {"name": "a", "creationTimestamp": None}, {"name": 7}, ".name", "a text is"),
    ("metadata/name", "a-1.b", "a_1", "", "is no name"),
    ("metadata/name", "a", "A", "", "is no name"),
    ("metadata/name", "a.b", "a..b", "", "is no name"),
    ("metadata/name", "a", "a\n", "", "is no name"),
    ("metadata/name", "a" * 253, "a" * 254, "", "at most 253"),
    ("metadata/generateName", "ab--", "a_", "", "is no name"),
    ("metadata/generateName", "a-", "-", "", "is no name"),
    ("metadata/namespace", "", "a.b", "", "is no name"),
    ("metadata/namespace", LEFT_OUT, "a-", "", "is no name"),
    ("metadata/namespace", "a" * 63, "a" * 64, "", "at most 63"),
    ("metadata/creationTimestamp", "2026-02-28T12:00:00Z", "2026-02-30T12:00:00Z", "", "no time"),
    ("metadata/creationTimestamp", "2026-02-28T12:00:00.5+01:00", "2026-02-28", "", "no time"),
    ("metadata/generation", 1, "1", "", "whole number is wanted"),
    ("metadata/finalizers", ["kubernetes", "a.b/c"], ["a b"], "[0]", "is no name"),
    ("metadata/finalizers", ["orphan"], ["a"], "", "no domain"),
    ("metadata/finalizers", [], ["orphan", "foregroundDeletion"], "", "has both"),
    ("metadata/ownerReferences", [OWNER], [{**OWNER, "uid": ""}], "[0].uid", "is required"),
    ("metadata/ownerReferences", [], [{**OWNER, "kind": "Event"}], "[0]", "owns nothing"),
    ("metadata/ownerReferences", [], [{**OWNER, "apiVersion": "a/"}], "[0].apiVersion", "no vers"),
    (
        *("metadata/ownerReferences", [{**OWNER, "controller": True}, {**OWNER, "uid": "b"}]),
        [{**OWNER, "controller": True}, {**OWNER, "uid": "b", "controller": True}],
        *("", "two owners"),
    ),
    # labels and annotations
    (LABELS, {"A_b.c": ""}, {"-a": ""}, "", "is no label key"),
    (LABELS, {"a" * 63: ""}, {"a" * 64: ""}, "", "is no label key"),
    (LABELS, {"a.b/C": ""}, {"A.b/C": ""}, "", "its prefix is no domain"),
    (LABELS, {"b": ""}, {"/b": ""}, "", "its prefix is no domain"),
    (LABELS, {"a/b": ""}, {"a/b/c": ""}, "", "its prefix is no domain"),
    (LABELS, {"a/b": ""}, {"a/": ""}, "", "is no label key"),
    (LABELS, {}, {"": ""}, "", "is no label key"),
    (LABELS, None, ["app"], "", "a mapping is wanted"),
    (LABELS, {"a": "A_b.c-1"}, {"a": "b c"}, ".a", "is no label value"),
    (LABELS, {"a": ""}, {"a": "b-"}, ".a", "is no label value"),
    (LABELS, {"a": "b" * 63}, {"a": "b" * 64}, ".a", "is no label value"),
    (LABELS, {"a": "1"}, {"a": 1}, ".a", "is a number (1); a text is wanted"),
    (LABELS, {"a": "true"}, {"a": True}, ".a", "is a boolean (true); a text is wanted"),
    (LABELS, {"a": None}, {"a": {}}, ".a", "is a mapping; a text is wanted"),
    (NOTES, {"A.b/C": ""}, {"a b": ""}, "", "is no annotation key"),
    (NOTES, {"a": "b c\n- {d}"}, {"a": 1}, ".a", "a text is wanted"),
    (NOTES, {"a": "é" * 131071 + "b"}, {"a": "é" * 131072}, "", "262145 bytes"),
    (NOTES, {"config.kubernetes.io/index": 0}, {"index": 0}, ".index", "a text is wanted"),
    # spec
    ("spec", None, "", "", "a mapping is wanted"),
    ("spec", {"egress": None}, [], "", "a mapping is wanted"),
    ("spec/podSelector", None, [], "", "a mapping is wanted"),
    ("spec/policyTypes", ["Ingress"], "Egress", "", "a list is wanted"),
    ("spec/policyTypes", LEFT_OUT, ["ingress"], "[0]", "is not Ingress or Egress"),
    ("spec/policyTypes", ["Egress", "Egress"], [None], "[0]", "is not Ingress or Egress"),
    ("spec/policyTypes", None, ["Egress"] * 3, "", "has 3 entries"),
    ("spec/egress", [], {}, "", "a list is wanted"),
    ("spec/egress", [None], [1], "[0]", "a mapping is wanted"),
    ("spec/egress/0/to", [], {}, "", "a list is wanted"),
    ("spec/egress/0/to", None, [None], "[0]", "names no pods"),
    # selectors
    ("spec/podSelector/matchLabels", {"a": "b"}, {"a": "/"}, ".a", "is no label value"),
    ("spec/podSelector/matchExpressions", [], {}, "", "a list is wanted"),
    (f"{REQUIREMENT}/key", "a/b", LEFT_OUT, ".key", "is no label key"),
    (f"{REQUIREMENT}/operator", "NotIn", "in", "", "is not In, NotIn, Exists or DoesNotExist"),
    (f"{REQUIREMENT}/operator", "In", LEFT_OUT, ".operator", "is not In, NotIn"),
    (f"{REQUIREMENT}/values", ["a", ""], ["a", "b c"], "[1]", "is no label value"),
    (f"{REQUIREMENT}/values", ["1"], [1], "[0]", "a text is wanted"),
    (f"{REQUIREMENT}/values", [None], [], "", "In needs values"),
    (
        *(REQUIREMENT, {"key": "a", "operator": "NotIn", "values": ["b"]}),
        *({"key": "a", "operator": "NotIn"}, ".values", "NotIn needs values"),
    ),
    (
        *(REQUIREMENT, {"key": "a", "operator": "Exists"}),
        {"key": "a", "operator": "Exists", "values": ["b"]},
        *(".values", "Exists takes no values"),
    ),
    (
        *(REQUIREMENT, {"key": "a", "operator": "DoesNotExist", "values": []}),
        {"key": "a", "operator": "DoesNotExist", "values": ["b"]},
        *(".values", "DoesNotExist takes no values"),
    ),
    # ports
    (PORT, {}, 80, "", "a mapping is wanted"),
    (PORT, None, [], "", "a mapping is wanted"),
    (f"{PORT}/protocol", "UDP", "udp", "", "is not TCP, UDP or SCTP"),
    (f"{PORT}/protocol", None, "", "", "is not TCP, UDP or SCTP"),
    (f"{PORT}/protocol", LEFT_OUT, 6, "", "a text is wanted"),
    (PORT, {"port": 1}, {"port": 0}, ".port", "from 1 to 65535"),
    (PORT, {"port": 65535}, {"port": 65536}, ".port", "from 1 to 65535"),
    (PORT, {"port": 80.0}, {"port": 80.5}, ".port", "a whole number is wanted"),
    (PORT, {"port": 1}, {"port": True}, ".port", "a number or a text is wanted"),
    (PORT, {"port": "8a"}, {"port": "80"}, ".port", "stands without quotes"),
    (PORT, {"port": "web-1"}, {"port": "Web"}, ".port", "no port's name"),
    (PORT, {"port": "a-b"}, {"port": "a--b"}, ".port", "no port's name"),
    (PORT, {"port": "a"}, {"port": "a-"}, ".port", "no port's name"),
    (PORT, {"port": None}, {"port": ""}, ".port", "no port's name"),
    (PORT, {"port": "a" * 15}, {"port": "a" * 16}, ".port", "no port's name"),
    (f"{PORT}/endPort", 443, 442, "", "is not from 443 to 65535"),
    (f"{PORT}/endPort", 65535, 65536, "", "is not from 1 to 65535"),
    (f"{PORT}/endPort", None, "444", "", "a whole number is wanted"),
    (PORT, {"port": 1, "endPort": 2}, {"endPort": 2}, ".endPort", "needs a port with a number"),
    (PORT, {"port": "a"}, {"port": "a", "endPort": 2}, ".endPort", "needs a port with a number"),
    # peers
    (PEER, {"podSelector": {}}, {}, "", "names no pods"),
    (PEER, {"namespaceSelector": {}}, {"podSelector": None}, "", "names no pods"),
    (PEER, {"podSelector": {}, "ipBlock": None}, {"ipBlock": None}, "", "names no pods"),
    (
        *(PEER, {"podSelector": {}, "namespaceSelector": {}}),
        *({"podSelector": {}, "ipBlock": {"cidr": "::/0"}}, "", "ipBlock excludes podSelector"),
    ),
    (
        *(PEER, {"ipBlock": {"cidr": "::/0"}}),
        *({"namespaceSelector": {}, "ipBlock": {"cidr": "::/0"}}, "", "ipBlock excludes"),
    ),
    (BLOCK, {"cidr": "10.0.0.0/8", "except": None}, {"cidr": 10}, ".cidr", "a text is wanted"),
    (BLOCK, {"cidr": "2001:db8::/64"}, {"except": ["::/64"]}, ".cidr", "is required"),
    (f"{BLOCK}/except", [], "10.0.0.0/8", "", "a list is wanted"),
    (f"{BLOCK}/except", ["10.0.0.0/8"], [None], "[0]", "is no CIDR"),
    (f"{BLOCK}/except", ["0.0.0.0/1"], ["0.0.0.0/0"], "[0]", "no strict subset"),
    (f"{BLOCK}/except", ["10.0.0.0/8"], ["10.0.0.0/8", "::/1"], "[1]", "is IPv6, and its cidr"),
    (
        *(BLOCK, {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}),
        {"cidr": "10.0.0.0/8", "except": ["11.1.0.0/16"]},
        *(".except[0]", "no strict subset"),
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
    assert faults_of(POLICY) == ()


@pytest.mark.parametrize("field,good,bad,below,why", CASES)
def test_a_rule_lets_the_good_pass_and_refuses_the_bad(
    field: str, good: Any, bad: Any, below: str, why: str
) -> None:
    assert faults_of(changed(field, good)) == ()
    [fault] = faults_of(changed(field, bad))
    where = dotted(field)
    if bad is LEFT_OUT:
        where = where.rpartition(".")[0]
    assert fault.field == where + below
    assert why in fault.why
    assert validity([fault]) is Match.NO


@pytest.mark.parametrize(
    "parent",
    [
        *("", "metadata", "spec", "spec/podSelector", REQUIREMENT),
        *("spec/ingress/0", "spec/egress/0", PEER, BLOCK, PORT),
    ],
)
def test_an_unknown_field_is_refused_by_some_clients_and_dropped_by_others(parent: str) -> None:
    field = f"{parent}/status".lstrip("/")
    values: tuple[Any, ...] = ({}, None)
    for value in values:
        [fault] = faults_of(changed(field, value))
        assert (fault.field, fault.doubt) == (dotted(field), UNKNOWN_FIELD)
        assert validity([fault]) is Match.MAYBE


def test_fields_are_told_apart_by_case_and_direction() -> None:
    for name in ("from", "TO"):
        [fault] = faults_of(changed("spec/egress", [{name: []}]))
        assert fault.field == f"spec.egress[0].{name}"


def test_a_finalizer_that_stands_twice_is_refused_by_server_side_apply_alone() -> None:
    [fault] = faults_of(changed("metadata/finalizers", ["a.b/c", "a.b/c"]))
    assert fault.doubt == TWICE


def test_not_every_fault_of_many_is_looked_for() -> None:
    """A list of faults that nobody reads to its end costs nothing either."""
    many = range(1000)
    for field, value in (
        ("spec/egress/0/to", [{"ipBlock": {"cidr": "x"}} for _ in many]),
        (f"{BLOCK}/except", ["x" for _ in many]),
        ("spec", {f"x{at}": None for at in many}),
        (LABELS, {f"x{at}": "b c" for at in many}),
    ):
        assert 50 <= len(faults_of(changed(field, value))) < 60


@pytest.mark.parametrize(
    "cidr",
    [
        *("0.0.0.0/0", "10.0.0.0/8", "169.254.169.254/32", "::/0", "fe80::/10"),
        *("fd00:ec2::254/128", "FE80::/10", "fe80:0:0::/10", "::1.2.3.4/128", "::fffe:0:0/95"),
        "00fe::/16",
    ],
)
def test_a_cidr_that_every_server_takes(cidr: str) -> None:
    assert faults_of(changed(BLOCK, {"cidr": cidr})) == ()


@pytest.mark.parametrize(
    "cidr,why",
    [
        ("10.0.0.1/8", "has bits set behind"),
        ("fd00:ec2::254/64", "has bits set behind"),
        ("10.0.0.0/08", "10.0.0.0/8 is meant"),
        ("010.0.0.0/8", "10.0.0.0/8 is meant"),
        ("000fe::/16", "fe::/16 is meant"),
        ("::/000", "::/0 is meant"),
        ("::ffff:169.254.169.254/128", "is an IPv4-mapped address"),
        ("::ffff:010.0.0.0/104", "is an IPv4-mapped address"),
        ("::ffff:0:0/96", "is an IPv4-mapped address"),
        ("::ffff:0:0/95", "is an IPv4-mapped address"),
    ],
)
def test_a_cidr_that_servers_take_before_1_36(cidr: str, why: str) -> None:
    [fault] = faults_of(changed(BLOCK, {"cidr": cidr}))
    assert fault.doubt == SINCE_1_36
    assert why in fault.why


@pytest.mark.parametrize(
    "cidr",
    [
        *("10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/255.0.0.0"),
        *("10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/8\n", "10.0.0.0/\u0668", "::/129", "fe80::%1/64"),
        *("256.0.0.0/8", "10.0.0.0/+8", "1::2::3/64", ""),
    ],
)
def test_a_cidr_that_no_server_takes(cidr: str) -> None:
    [fault] = faults_of(changed(BLOCK, {"cidr": cidr}))
    assert fault.field == f"{dotted(BLOCK)}.cidr"
    assert fault.doubt is None


@pytest.mark.parametrize(
    "cidr,excepted,is_taken_before_1_36",
    [
        # Go compares IPv4-mapped addresses as IPv4 ones, and the lengths as they stand.
        ("10.0.0.0/8", "::ffff:10.1.0.0/112", True),
        ("::ffff:10.0.0.0/104", "10.1.0.0/16", False),
        ("::ffff:10.0.0.0/104", "::ffff:10.1.0.0/112", True),
        ("::/0", "::ffff:169.254.169.254/128", False),
        ("10.0.0.0/08", "10.1.0.1/16", True),
    ],
)
def test_an_except_by_servers_before_1_36(
    cidr: str, excepted: str, is_taken_before_1_36: bool
) -> None:
    faults = faults_of(changed(BLOCK, {"cidr": cidr, "except": [excepted]}))
    assert all(fault.doubt == SINCE_1_36 for fault in faults) == is_taken_before_1_36
    assert validity(faults) is (Match.MAYBE if is_taken_before_1_36 else Match.NO)
