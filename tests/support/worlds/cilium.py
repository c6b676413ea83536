"""Drawing Cilium's policies."""

from __future__ import annotations

from typing import Any

from tests.support.worlds.parts import (
    Draw,
    Ports,
    block,
    cidrs,
    manifest,
    name,
    namespace,
    pod_selector,
    port_list,
    subject,
)

_RULES = ("egress", "egressDeny", "ingress", "ingressDeny")
_NAMESPACE = "k8s:io.kubernetes.pod.namespace"
_TEAM = "io.cilium.k8s.namespace.labels.team"
_ENTITIES = ("world", "all", "cluster", "host", "kube-apiserver")


def _prefixed(selector: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The same selector with the source of every label."""
    found = dict(selector)
    if "matchLabels" in found:
        found["matchLabels"] = {prefix + key: one for key, one in found["matchLabels"].items()}
    if "matchExpressions" in found:
        listed_ones = found["matchExpressions"]
        found["matchExpressions"] = [{**one, "key": prefix + one["key"]} for one in listed_ones]
    return found


_ELSEWHERE: list[dict[str, Any]] = [
    {"matchLabels": {_NAMESPACE: "shop"}},
    {"matchLabels": {_NAMESPACE: "stock", "k8s:app": "a"}},
    {"matchLabels": {"k8s:" + _TEAM: "a"}},
    {"matchExpressions": [{"key": _TEAM, "operator": "DoesNotExist"}]},
    {"matchExpressions": [{"key": _NAMESPACE, "operator": "Exists"}]},
    {"matchExpressions": [{"key": _NAMESPACE, "operator": "NotIn", "values": ["shop"]}]},
]


def _port(one: Ports, is_any: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"port": str(one.first)}
    if one == Ports("TCP", 1, 65535):
        found["port"] = "0"
    elif one.last is not None:
        found["endPort"] = one.last
    return found if is_any else {**found, "protocol": one.protocol}


def _endpoints(draw: Draw) -> dict[str, Any]:
    if draw.once_in(3):
        return draw.one(_ELSEWHERE)
    return _prefixed(pod_selector(draw), draw.one(("", "k8s:", "any:")))


def _rule(draw: Draw, way: str, *, is_denial: bool) -> dict[str, Any]:
    """A rule. Cilium refuses one that names its peers in several ways."""
    which = draw.one(range(6))
    rule: dict[str, Any] = {}
    if which == 0:
        rule[f"{way}CIDR"] = cidrs(draw)
    elif which == 1:
        rule[f"{way}CIDRSet"] = [block(draw) for _ in draw.at_most(2, 1)]
    elif which == 2:
        rule[f"{way}Entities"] = [draw.one(_ENTITIES) for _ in draw.at_most(2, 1)]
    elif which in (3, 4):
        rule[f"{way}Endpoints"] = [_endpoints(draw) for _ in draw.at_most(2)]
    ports = port_list(draw)
    if is_denial and not rule and not ports:
        ports = [Ports("TCP", 80)]
    if ports:
        is_any = draw.once_in(2)
        rule["toPorts"] = [{"ports": [_port(one, is_any) for one in ports]}]
    return rule


def policy(draw: Draw) -> dict[str, Any]:
    """A policy of a namespace or of the cluster."""
    is_wide = draw.once_in(2)
    selector = _prefixed(subject(draw), draw.one(("", "k8s:", "any:")))
    if is_wide and draw.once_in(2):
        selector = draw.one(_ELSEWHERE)
    spec: dict[str, Any] = {"endpointSelector": selector}
    for rules, way in (("egress", "to"), ("ingress", "from")):
        if draw.once_in(2):
            spec[rules] = [_rule(draw, way, is_denial=False) for _ in draw.at_most(2)]
        if draw.once_in(3):
            spec[f"{rules}Deny"] = [_rule(draw, way, is_denial=True) for _ in draw.at_most(2)]
    if len(spec) == 1 or not any(spec.get(name) for name in _RULES):
        spec["egress"] = [_rule(draw, "to", is_denial=False)]
    default = draw.one((None, None, None, {"egress": False}, {"egress": True}))
    if default is not None:
        spec["enableDefaultDeny"] = default
    kind = "CiliumClusterwideNetworkPolicy" if is_wide else "CiliumNetworkPolicy"
    where = None if is_wide else namespace(draw)
    found = manifest("cilium.io/v2", kind, name(draw), where, spec)
    if draw.once_in(5):
        found["specs"] = [found.pop("spec")]
    return found
