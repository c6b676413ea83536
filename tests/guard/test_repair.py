"""Repair takes metadata out of other people's policies, and nothing else."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imds_guard.config import Config, from_pairs
from imds_guard.guard import run
from imds_guard.reach.addresses import network
from imds_guard.reach.network_policies import Reach
from imds_guard.resources import Policy, read_network_policy, resources
from imds_guard.settings import settings_of
from imds_guard.wire import as_text, read
from tests.support.packages import policies as policies_in
from tests.support.policy_sets import ADDRESSES, PORTS, PROTOCOLS, labels, policy_sets
from tests.support.reach import reach_of, to_address
from tests.support.validity import violations
from tests.support.yaml_layouts import Layout

ENDPOINTS = {one.address: one.ports for one in settings_of(Config()).endpoints if one.address != ""}
POD = """apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: {namespace}
  labels: {labels}
spec: {{containers: []}}
"""


@st.composite
def inputs(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
    """A pod and policies of other people, laid out in any way."""
    values, own = draw(policy_sets), draw(labels)
    layout = Layout(draw)
    text = POD.format(namespace="shop", labels=own)
    for at, value in enumerate(values):
        value["metadata"]["name"] = f"policy-{at}"
        text += "---\n" + "\n".join(layout.block(as_text(value), 0)) + "\n"
    return text, values, own


def reach_in(text: bytes, own: dict[str, str]) -> Reach:
    """What the policies in the text let a pod with these labels reach."""
    found = [
        read_network_policy(Policy(one.address, resource=one))
        for one in resources(read(text))
        if one.kind == "NetworkPolicy"
    ]
    return reach_of(found, "shop", own)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inputs())
def test_metadata_goes_and_all_else_stays(
    made: tuple[str, list[dict[str, Any]], dict[str, str]],
) -> None:
    text, _, own = made
    before = run(text.encode(), from_pairs({"reopened": "warn"}))
    after = run(text.encode(), from_pairs({"reopened": "repair"}))
    assert not [one for one in after.results if one.id == "IG001"]
    was, now = (reach_in(b"".join(one.chunks), own) for one in (before, after))
    for address, protocol, port in product(ADDRESSES, PROTOCOLS, PORTS):
        single = network(address)
        is_open = to_address(now, single, protocol, port)
        was_open = to_address(was, single, protocol, port)
        if address not in ENDPOINTS:
            assert is_open == was_open, (address, protocol, port)
        elif protocol == "UDP" or (protocol, port) == ("TCP", 53):
            # DNS and NTP of the same address stay; a port by name means none there.
            grants = [grant for grant, _ in was.grants if grant.holds(single)]
            by_number = any(port in one.ports[protocol] for one in grants)
            assert by_number <= is_open <= was_open
        else:
            assert is_open <= was_open
            assert not is_open or protocol != "TCP" or port not in ENDPOINTS[address]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inputs())
def test_a_second_run_changes_nothing(
    made: tuple[str, list[dict[str, Any]], dict[str, str]],
) -> None:
    config = from_pairs({"reopened": "repair"})
    once = b"".join(run(made[0].encode(), config).chunks)
    assert b"".join(run(once, config).chunks) == once


def test_policies_stay_valid() -> None:
    text = POD.format(namespace="shop", labels="{app: web}")
    text += """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: theirs, namespace: shop}
spec:
  podSelector: {}
  egress:
  - {}
  - ports: [{port: 80, endPort: 90}, {port: http}]
  - to: [{ipBlock: {cidr: 128.0.0.0/1}}, {ipBlock: {cidr: 169.254.169.254/32}}]
"""
    out = b"".join(run(text.encode(), from_pairs({"reopened": "repair"})).chunks)
    assert [fault for one in policies_in(out) for fault in violations(one)] == []


OPEN = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: open, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app: web}}}}
  policyTypes: [Egress]
  egress: [{rule}]
"""


def repaired(rule: str, **more: str) -> tuple[bytes, bytes]:
    """What a repair makes of a policy with one rule on these settings, and of that once more."""
    pairs = {"reopened": "repair", **more}
    text = POD.format(namespace="shop", labels="{app: web}") + OPEN.format(rule=rule)
    once = b"".join(run(text.encode(), from_pairs(pairs)).chunks)
    return once, b"".join(run(once, from_pairs(pairs)).chunks)


def entities_in(data: bytes) -> list[dict[str, Any]]:
    """The egress of the policy beside the repaired one, one entry for each of its rules."""
    return [
        rule
        for one in resources(read(data))
        if one.address.name == "allow-nodes-open"
        for rule in one.item.value()["spec"]["egress"]
    ]


def test_on_cilium_a_repaired_policy_lets_out_to_nodes_and_the_api_server_still() -> None:
    once, twice = repaired("{}", cni="cilium")
    assert entities_in(once) == [{"toEntities": ["host", "remote-node", "kube-apiserver"]}]
    assert once == twice


def test_on_cilium_the_ports_of_a_repaired_rule_stay() -> None:
    rule = "{ports: [{port: 80}, {port: 6000, endPort: 7000}, {protocol: UDP}]}"
    once, twice = repaired(rule, cni="cilium")
    (allowed,) = entities_in(once)
    assert allowed["toPorts"] == [
        {
            "ports": [
                {"port": "80", "protocol": "TCP"},
                {"port": "6000", "protocol": "TCP", "endPort": "7000"},
                {"port": "0", "protocol": "UDP"},
            ]
        }
    ]
    assert once == twice


def test_on_cilium_a_rule_that_named_addresses_never_reached_nodes() -> None:
    once, _ = repaired("{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}", cni="cilium")
    assert not entities_in(once)


def test_elsewhere_the_addresses_of_nodes_are_addresses_like_others() -> None:
    once, _ = repaired("{}", cni="calico")
    assert not entities_in(once)


def test_what_stood_beside_a_policy_goes_with_it() -> None:
    once, _ = repaired("{}", cni="cilium")
    head, _, rest = once.partition(b"---\n")
    without = head + b"---\n" + rest.partition(b"---\n")[2]
    assert b"name: open" not in without
    again = run(without, from_pairs({"reopened": "repair", "cni": "cilium"}))
    assert b"allow-nodes-open" not in b"".join(again.chunks)


def test_what_is_opened_again_is_let_out_beside_once() -> None:
    once, _ = repaired("{}", cni="cilium")
    head, _, rest = once.partition(b"---\n")
    opened = OPEN.format(rule="{ports: [{port: 80}]}").encode().removeprefix(b"---\n")
    again = head + b"---\n" + opened + b"---\n" + rest.partition(b"---\n")[2]
    pairs = {"reopened": "repair", "cni": "cilium"}
    data = b"".join(run(again, from_pairs(pairs)).chunks)
    names = [one.address.name for one in resources(read(data))]
    assert names.count("allow-nodes-open") == 1
    # What was let out for the rules that the earlier repair mended stays.
    everything, port = entities_in(data)
    assert "toPorts" not in everything
    assert port["toPorts"] == [{"ports": [{"port": "80", "protocol": "TCP"}]}]
    assert b"".join(run(data, from_pairs(pairs)).chunks) == data


def test_where_somebody_elses_policy_has_the_name_nothing_is_repaired() -> None:
    theirs = """---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: allow-nodes-open, namespace: shop}
spec: {endpointSelector: {}, egress: [{toEntities: [cluster]}]}
"""
    text = POD.format(namespace="shop", labels="{app: web}") + OPEN.format(rule="{}") + theirs
    result = run(text.encode(), from_pairs({"reopened": "repair", "cni": "cilium"}))
    assert not [one for one in result.results if one.id == "repaired"]
    assert [one for one in result.results if one.id == "IG001" and one.severity == "error"]
