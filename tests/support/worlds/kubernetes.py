"""Drawing NetworkPolicy, the kinds of SIG Network and those of the AWS VPC CNI."""

from __future__ import annotations

from typing import Any

from tests.support.worlds.parts import (
    DISPUTED,
    Draw,
    Ports,
    block,
    cidrs,
    manifest,
    name,
    namespace,
    namespace_selector,
    pod_selector,
    port_list,
    subject,
)

_DIRECTIONS = (("Egress", "egress", "to"), ("Ingress", "ingress", "from"))
_TYPES = (["Egress"], ["Ingress"], ["Ingress", "Egress"])


def _peer(draw: Draw) -> dict[str, Any]:
    which = draw.one(range(5))
    if which == 0:
        return {"podSelector": pod_selector(draw)}
    if which == 1:
        return {"namespaceSelector": namespace_selector(draw)}
    if which == 2:
        return {
            "namespaceSelector": namespace_selector(draw),
            "podSelector": pod_selector(draw),
        }
    return {"ipBlock": block(draw)}


def _port(one: Ports) -> dict[str, Any]:
    found: dict[str, Any] = {"protocol": one.protocol, "port": one.first}
    return found | ({"endPort": one.last} if one.last else {})


def network_policy(
    draw: Draw,
    api: str = "networking.k8s.io/v1",
    kind: str = "NetworkPolicy",
) -> dict[str, Any]:
    """A NetworkPolicy, or the AWS VPC CNI's kind that is made like it."""
    spec: dict[str, Any] = {"podSelector": subject(draw)}
    types = draw.one((None, *_TYPES))
    if types:
        spec["policyTypes"] = types
    for direction, rules, way in _DIRECTIONS:
        if types and direction not in types:
            continue
        spec[rules] = [
            {
                **({way: [_peer(draw) for _ in draw.at_most(2, 1)]} if not draw.once_in(5) else {}),
                "ports": [_port(one) for one in port_list(draw)],
            }
            for _ in draw.at_most(2)
        ]
    return manifest(api, kind, name(draw), namespace(draw), spec)


def application_policy(draw: Draw) -> dict[str, Any]:
    """A policy of an application, of the AWS VPC CNI."""
    return network_policy(draw, "networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy")


def disputed(draw: Draw) -> dict[str, Any]:
    """A NetworkPolicy with a null label or a CIDR that API servers of some versions refuse."""
    policy: dict[str, Any] = network_policy(draw)
    rule: dict[str, Any] = {"to": [{"ipBlock": {"cidr": draw.one(DISPUTED)}}]}
    if draw.once_in(2):
        policy["spec"]["egress"] = [rule]
        policy["spec"]["policyTypes"] = ["Egress"]
    else:
        labels = draw.one(({"app": None}, {"app": None, "tier": "a"}))
        policy["spec"]["podSelector"] = {"matchLabels": labels}
    return policy


def _who(draw: Draw) -> dict[str, Any]:
    """A subject, or a peer by labels."""
    if draw.once_in(2):
        return {"namespaces": namespace_selector(draw)}
    return {"pods": {"namespaceSelector": namespace_selector(draw), "podSelector": subject(draw)}}


def _old_port(one: Ports) -> dict[str, Any]:
    if isinstance(one.first, str):
        return {"namedPort": one.first}
    if one.last is None:
        return {"portNumber": {"protocol": one.protocol, "port": one.first}}
    return {"portRange": {"protocol": one.protocol, "start": one.first, "end": one.last}}


def _new_port(one: Ports) -> dict[str, Any]:
    if isinstance(one.first, str):
        return {"destinationNamedPort": one.first}
    port: dict[str, Any] = {"number": one.first}
    if one.last is not None:
        port = {"range": {"start": one.first, "end": one.last}}
    return {one.protocol.lower(): {"destinationPort": port}}


def _rule(
    draw: Draw, way: str, allow: str, *, has_protocols: bool, has_pass: bool
) -> dict[str, Any]:
    peers = [
        {"networks": cidrs(draw)} if way == "to" and draw.once_in(2) else _who(draw)
        for _ in draw.at_most(2, 1)
    ]
    actions = (allow, "Deny", "Pass") if has_pass else (allow, "Deny")
    rule: dict[str, Any] = {"action": draw.one(actions), way: peers}
    # A port's name is for pods; the definitions refuse it beside networks.
    is_named = not any("networks" in one for one in peers)
    ports = [one for one in port_list(draw) if is_named or not isinstance(one.first, str)]
    if ports and has_protocols:
        rule["protocols"] = [_new_port(one) for one in ports]
    elif ports:
        rule["ports"] = [_old_port(one) for one in ports]
    return rule


def sig_policy(draw: Draw, group: str = "policy.networking.k8s.io") -> dict[str, Any]:
    """A policy of the admin tier or of the baseline tier."""
    is_of_aws = group != "policy.networking.k8s.io"
    is_new = is_of_aws or draw.once_in(2)
    is_baseline = draw.once_in(3)
    allow = "Accept" if is_new else "Allow"
    has_pass = is_new or not is_baseline
    rules = {
        key: [
            _rule(draw, way, allow, has_protocols=is_new and not is_of_aws, has_pass=has_pass)
            for _ in draw.at_most(2)
        ]
        for _, key, way in _DIRECTIONS
    }
    spec: dict[str, Any] = {"subject": _who(draw), **rules}
    if is_new or not is_baseline:
        spec["priority"] = draw.one(range(4))
    if is_new:
        spec["tier"] = "Baseline" if is_baseline else "Admin"
        version = "v1alpha2" if group.startswith("policy.") else "v1alpha1"
        return manifest(f"{group}/{version}", "ClusterNetworkPolicy", name(draw), None, spec)
    api = f"{group}/v1alpha1"
    if is_baseline:  # there can be only one
        return manifest(api, "BaselineAdminNetworkPolicy", "default", None, spec)
    return manifest(api, "AdminNetworkPolicy", name(draw), None, spec)
