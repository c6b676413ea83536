"""allow.infer against random applications: it lets through what is declared, and nothing else.

What is declared is worked out here from the model of the application alone, packet by packet.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings

from tests.support.applications import (
    ALL_KINDS,
    audited,
    config,
    guarded,
)
from tests.support.packets import Packet, rule_allows, selects
from tests.support.random_applications import (
    GATEWAYS,
    PORTS,
    PROTOCOLS,
    App,
    Front,
    Pods,
    apps,
)
from tests.support.validity import violations

CONFIG = config(egress="dns", allow={"infer": list(ALL_KINDS), "gatewayNamespaces": [GATEWAYS]})
thorough = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # tried once with 5,000


# What is declared.


def covers(one: Pods, other: Pods) -> bool:
    """Whether the selector of a workload selects another's pods: they cannot be told apart."""
    return one.namespace == other.namespace and one.selector.items() <= other.labels.items()


def is_behind(front: Front, pods: Pods) -> bool:
    """Whether the Service selects the pods."""
    return front.namespace == pods.namespace and front.selector.items() <= pods.labels.items()


def leads_to(
    front: Front, of: int | None, meant: Pods, target: Pods, protocol: str, port: int
) -> bool:
    """Whether the Service's port (None: any) is this port of `target`, where `meant` is meant."""
    for number, at, spoken in front.ports:
        if of not in (None, number) or spoken != protocol:
            continue
        if target.number(protocol, meant.number(protocol, at)) == port:
            return True
    return False


def is_called(
    app: App, client: Pods, target: Pods, protocol: str, port: int, *, itself: bool
) -> bool:
    """Whether the client's settings name a Service of the target; `itself`: or of its own."""
    return any(
        (call.namespace, call.service) == (front.namespace, front.name)
        and is_behind(front, meant)
        and leads_to(front, call.port, meant, target, protocol, port)
        for caller in app.pods
        if covers(caller, client)
        for meant in app.pods
        if covers(meant, target) and (itself or meant is not caller)
        for call in caller.calls
        for front in app.fronts
    )


def is_neighbour(app: App, client: Pods, target: Pods, protocol: str, port: int) -> bool:
    """Whether a Service of the client's own namespace declares that it may call the target."""
    return any(
        covers(meant, target)
        and is_behind(front, meant)
        and client.namespace == front.namespace
        and not front.is_public
        and leads_to(front, None, meant, target, protocol, port)
        for front in app.fronts
        for meant in app.pods
    )


def is_sent(app: App, client: Pods, target: Pods, protocol: str, port: int) -> bool:
    """Whether a Service, or something in front of it, declares that pods like these send."""
    for front in app.fronts:
        for meant in app.pods:
            if not (covers(meant, target) and is_behind(front, meant)):
                continue
            is_here = client.namespace == front.namespace and not front.is_public
            if is_here and leads_to(front, None, meant, target, protocol, port):
                return True
            for one in app.pointers:
                if (
                    (one.namespace, one.service) == (front.namespace, front.name)
                    and one.senders == client.namespace
                    and leads_to(front, one.port, meant, target, protocol, port)
                ):
                    return True
    return False


# What the policies let through.


def inferred(out: bytes) -> list[dict[str, Any]]:
    """The policies that allow.infer has written."""
    stems = tuple(f"allow-{kind}" for kind in ALL_KINDS)
    found = [one for one in yaml.safe_load_all(out) if one["kind"] == "NetworkPolicy"]
    assert [fault for one in found for fault in violations(one)] == []
    return [one for one in found if one["metadata"]["name"].startswith(stems)]


def packet(other: Pods, target: Pods, protocol: str, port: int) -> Packet:
    """To a port of `target`, with `other` as the peer."""
    named = (("TCP", "http", target.http),) if target.http else ()
    in_namespace = {"kubernetes.io/metadata.name": other.namespace}
    return Packet(protocol, port, pod=(other.namespace, in_namespace, other.labels), named=named)


def lets(
    policies: list[dict[str, Any]], direction: str, of: Pods, other: Pods, sent: Packet
) -> bool:
    """Whether any policy of these pods lets the packet from or to the others through."""
    key = "from" if direction == "ingress" else "to"
    return any(
        rule_allows({"to": rule[key], "ports": rule["ports"]}, of.namespace, sent)
        for policy in policies
        if policy["metadata"]["namespace"] == of.namespace
        and selects(policy["spec"]["podSelector"], of.labels)
        for rule in policy["spec"].get(direction, [])
    )


@thorough
@given(apps())
def test_the_rules_let_through_what_is_declared_and_nothing_else(app: App) -> None:
    policies = inferred(guarded(app.data(), CONFIG)[0])
    for client, target in product(app.pods, app.pods):
        for protocol, port in product(PROTOCOLS, PORTS):
            what = client.name, target.name, protocol, port
            calls = is_called(app, client, target, protocol, port, itself=False)
            perhaps = is_called(app, client, target, protocol, port, itself=True)
            sends = is_sent(app, client, target, protocol, port)

            sent = packet(client, target, protocol, port)
            let_in = lets(policies, "ingress", target, client, sent)
            assert let_in <= (sends or perhaps), f"let in, and not declared: {what}"
            assert let_in >= (sends or calls), f"declared, and not let in: {what}"

            sent = packet(target, target, protocol, port)
            let_out = lets(policies, "egress", client, target, sent)
            near = is_neighbour(app, client, target, protocol, port)
            assert let_out <= (perhaps or near), f"let out, and not declared: {what}"
            assert let_out >= (calls or near), f"declared, and not let out: {what}"


@thorough
@given(apps())
def test_nothing_is_cut_and_a_second_run_changes_nothing(app: App) -> None:
    data = app.data()
    out, results = guarded(data, CONFIG)
    assert [one for one in results if one.severity != "info"] == []
    assert guarded(data, CONFIG) == (out, results)
    assert guarded(out, CONFIG)[0] == out
    _, report = audited(out, CONFIG)
    assert [one for one in report.findings if one.severity != "info"] == []
