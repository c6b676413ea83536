"""A policy that the API server refuses is none: the audit has to say so, as IG005."""

from __future__ import annotations

from tests.cluster.api import STRICTLY, Resource
from tests.cluster.manifests import namespace, network_policy, pod
from tests.cluster.plane import Plane
from tests.cluster.program import audited
from tests.cluster.record import Record


def egress(*rules: Resource) -> Resource:
    return {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)}


def to(*peers: Resource) -> Resource:
    return egress({"to": list(peers)})


def on(*ports: Resource) -> Resource:
    return egress({"to": [block("8.8.8.8/32")], "ports": list(ports)})


def block(cidr: str, *excepted: str) -> Resource:
    return {"ipBlock": {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}}


def selecting(operator: str, *values: str) -> Resource:
    one = {"key": "app", "operator": operator, **({"values": list(values)} if values else {})}
    return {"podSelector": {"matchExpressions": [one]}, "policyTypes": ["Egress"]}


SPECS: dict[str, Resource] = {
    "a smaller except": to(block("10.0.0.0/8", "10.1.0.0/16")),
    "an except that is the cidr": to(block("10.0.0.0/8", "10.0.0.0/8")),
    "an except outside": to(block("10.0.0.0/8", "192.168.0.0/16")),
    "an except of the other family": to(block("0.0.0.0/0", "fd00:ec2::254/128")),
    "an except that is wider": to(block("10.1.0.0/16", "10.0.0.0/8")),
    "a bare address": to(block("169.254.169.254")),
    "no cidr": to(block("metadata")),
    "host bits": to(block("169.254.169.254/16")),
    "host bits in an except": to(block("0.0.0.0/0", "169.254.169.254/16")),
    "an IPv4-mapped cidr": to(block("::ffff:169.254.169.254/128")),
    "a zero in front": to(block("010.0.0.0/8")),
    "an empty peer": to({}),
    "a peer of two kinds": to({**block("10.0.0.0/8"), "podSelector": {}}),
    "empty lists": egress({"to": [], "ports": []}),
    "port 0": on({"port": 0}),
    "port 65536": on({"port": 65536}),
    "a port by name": on({"port": "http"}),
    "a name with capitals": on({"port": "HTTP"}),
    "a range": on({"port": 80, "endPort": 90}),
    "a range that ends before it begins": on({"port": 80, "endPort": 79}),
    "a range from a name": on({"port": "http", "endPort": 90}),
    "a range from nothing": on({"endPort": 90}),
    "an unknown protocol": on({"port": 80, "protocol": "ICMP"}),
    "an unknown direction": {"podSelector": {}, "policyTypes": ["Outwards"]},
    "one direction twice": {"podSelector": {}, "policyTypes": ["Egress", "Egress"]},
    "In without values": selecting("In"),
    "In with values": selecting("In", "a"),
    "Exists with values": selecting("Exists", "a"),
    "an unknown operator": selecting("Is", "a"),
    "a label that is none": {"podSelector": {"matchLabels": {"app": "a b"}}},
}


def test_what_the_server_refuses(plane: Plane, record: Record) -> None:
    plane.add_namespace("shop")
    refused, called_invalid = set(), set()
    for name, spec in SPECS.items():
        policy = network_policy("shop", "one", spec)
        if not plane.api.apply(policy, STRICTLY).accepted:
            refused.add(name)
        report = audited([namespace("shop"), pod("shop", "web", {"app": "a"}), policy])
        if any(one["id"] == "IG005" for one in report["findings"]):
            called_invalid.add(name)
    record.count("policies that the server refuses, of those tried", len(refused))
    record.count("of them known to IG005", len(called_invalid & refused))
    assert called_invalid - refused == set()
    assert refused - called_invalid == set()
