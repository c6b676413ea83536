"""Each difference between the API's text and the engine, at its smallest, still is one.

A new version of the engine that goes by the text turns this red: its difference can then go.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.cluster.api import Resource
from tests.cluster.differences import DIFFERENCES, difference
from tests.cluster.lanes import Lanes
from tests.cluster.manifests import network_policy
from tests.cluster.plane import Plane
from tests.cluster.probes import reached
from tests.cluster.sets import Case, Key
from tests.cluster.verdicts import Audit, Question, probes

WEB: Key = ("shop", "web")
IMDS = Question(WEB, "endpoint", "169.254.169.254", "TCP", 80)
IMDS_IPV6 = Question(WEB, "endpoint", "fd00:ec2::254", "TCP", 80)
API = Question(WEB, "pod", "shop/api", "TCP", 80)
DNS = Question(WEB, "dns", "cluster")
DB = Question(WEB, "pod", "stock/db", "TCP", 8080)


@dataclass(frozen=True)
class Example:
    """A set of one policy, and what the audit and the packets say of it."""

    name: str
    spec: Resource
    question: Question


def egress(*rules: Resource) -> Resource:
    return {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)}


def block(cidr: str, *excepted: str) -> Resource:
    return {"ipBlock": {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}}


EXAMPLES = (
    Example(
        "excepts of one rule",
        egress({"to": [block("0.0.0.0/0"), block("169.254.0.0/16", "169.254.169.254/32")]}),
        IMDS,
    ),
    Example(
        "named port at an address",
        egress({"to": [block("169.254.169.254/32")], "ports": [{"port": "http"}]}),
        IMDS,
    ),
    Example(
        "one chain for both directions",
        {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [{}]},
        API,
    ),
    Example("a short except of ::/0", egress({"to": [block("::/0", "fc00::/7")]}), IMDS_IPV6),
    Example(
        "a named port of cluster DNS",
        egress(
            {
                "to": [{"namespaceSelector": {}, "podSelector": {}}],
                "ports": [{"protocol": "UDP", "port": "dns"}, {"protocol": "TCP"}],
            }
        ),
        DNS,
    ),
    Example(
        "a named port that nobody has",
        egress({"to": [{"namespaceSelector": {}}], "ports": [{"port": "nobody"}]}),
        DB,
    ),
)


def test_each_difference_is_one(plane: Plane, lanes: Lanes) -> None:
    assert [one.name for one in EXAMPLES] == [one.name for one in DIFFERENCES]
    audit = Audit(["aws"])
    cases = [
        Case(number, ({}, {}, {}), (network_policy("shop", "p", one.spec),))
        for number, one in enumerate(EXAMPLES)
    ]
    lanes.put(cases)
    for example, case, lane in zip(EXAMPLES, cases, lanes.all, strict=False):
        said = example.question in audit.reached(case)
        ways = probes(lane, example.question, plane.dns)
        passed = any(reached(way) == set(way) for way in ways)
        assert said != passed, f"{example.name}: the audit and the packets agree"
        found = difference(case, example.question, passed=passed)
        assert found is not None
        assert found.name == example.name
