"""Addresses of metadata services that only the configuration knows: `spec.endpoints`."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.support.program import Ended, imds_guard

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web}]}
"""
# The virtual router of a CloudStack network, an address in the middle of those that pods may have.
ROUTER = "[{address: 10.1.1.1, ports: [80, 8080]}]"
LINK_LOCAL = "[{address: 169.254.99.1, ports: [8775]}]"


def policy(*peers: str, ports: str = "") -> str:
    """Somebody's NetworkPolicy for every pod, with one egress rule."""
    rule = {"to": [yaml.safe_load(peer) for peer in peers]}
    if ports:
        rule["ports"] = yaml.safe_load(ports)
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}
    metadata = {"name": "theirs", "namespace": "shop"}
    return yaml.safe_dump(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata,
            "spec": spec,
        }
    )


def run(*documents: str, command: tuple[str, ...] = (), **pairs: str) -> Ended:
    """The program with these fields of the configuration."""
    args = [word for key, text in pairs.items() for word in ("--set", f"{key}={text}")]
    return imds_guard(*command, *args, stdin="---\n".join(documents).encode())


def audit(*documents: str, **pairs: str) -> Ended:
    """The audit, as JSON."""
    return run(*documents, command=("audit", "-", "--format", "json"), **pairs)


def excepted(ended: Ended) -> set[str]:
    """What the policy that blocks metadata leaves out."""
    found: list[Any] = list(yaml.safe_load_all(ended.stdout))
    (deny,) = [one for one in found if one["metadata"]["name"] == "deny-cloud-metadata"]
    peers = [peer for rule in deny["spec"]["egress"] for peer in rule["to"]]
    return {one for peer in peers for one in peer.get("ipBlock", {}).get("except", [])}


@pytest.mark.parametrize("block", ["link-local", "endpoints"])
def test_they_are_left_out_in_both_families_and_behind_nat64(block: str) -> None:
    ended = run(WEB, endpoints="10.1.1.1, fd00:9::1", block=block)
    assert (ended.status, ended.stderr) == (0, "")
    assert {"10.1.1.1/32", "64:ff9b::a01:101/128", "fd00:9::1/128"} <= excepted(ended)
    assert "fd00:9::1/128" not in excepted(run(WEB, endpoints="fd00:9::1", ipFamilies="IPv4"))


def test_an_opening_is_found_on_each_of_their_ports() -> None:
    opened = policy("{ipBlock: {cidr: 10.0.0.0/8}}", ports="[{port: 443}, {port: 8080}]")
    ended = run(WEB, opened, endpoints=ROUTER)
    assert ended.status == 1
    assert "reaches 10.1.1.1:8080 " in ended.stderr
    # Where no ports are given, 80 and 443 are meant.
    assert "reaches 10.1.1.1:443 " in run(WEB, opened, endpoints="10.1.1.1").stderr
    sarif = run(WEB, opened, command=("audit", "-", "--format", "sarif"), endpoints=ROUTER)
    (found,) = [
        one
        for one in json.loads(sarif.stdout)["runs"][0]["results"]
        if one["ruleId"] == "IG001" and "10.1.1.1:8080" in one["message"]["text"]
    ]
    assert found["level"] == "error"


def test_an_open_translated_address_is_found() -> None:
    ended = audit(WEB, policy('{ipBlock: {cidr: "64:ff9b::/96"}}'), endpoints=ROUTER)
    found = [one for one in json.loads(ended.stdout)["findings"] if one["id"] == "IG014"]
    assert any("64:ff9b::a01:101" in one["message"] for one in found)


def test_an_exception_reaches_them_on_their_ports() -> None:
    exception = "[{workload: shop/web, reason: reads its zone}]"
    ended = run(WEB, endpoints=ROUTER, exceptions=exception)
    assert (ended.status, ended.stderr) == (0, "")
    found: list[Any] = list(yaml.safe_load_all(ended.stdout))
    (allow,) = [one for one in found if one["metadata"]["name"] == "allow-metadata-web"]
    rules = {
        peer["ipBlock"]["cidr"]: [port["port"] for port in rule["ports"]]
        for rule in allow["spec"]["egress"]
        for peer in rule["to"]
    }
    assert rules["10.1.1.1/32"] == [80, 8080]


def test_no_pod_has_their_address() -> None:
    """All addresses but theirs are all that pods may have, so names resolve for certain."""
    web = policy("{ipBlock: {cidr: 0.0.0.0/0, except: [10.1.1.1/32, 169.254.0.0/16]}}")
    ended = audit(WEB, web, endpoints=ROUTER, ipFamilies="IPv4")
    assert [one["id"] for one in json.loads(ended.stdout)["findings"]] == []


def test_cilium_takes_a_link_local_one_for_no_node() -> None:
    """A CIDR matches it, as those of the services that are known."""
    opened = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: theirs, namespace: shop}
spec:
  endpointSelector: {}
  egress: [{toCIDR: [169.254.99.1/32]}]
"""
    ended = run(WEB, opened, endpoints=LINK_LOCAL, cni="cilium")
    assert ended.status == 1
    assert "reaches 169.254.99.1:8775" in ended.stderr
