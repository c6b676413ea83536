"""Random CiliumNetworkPolicies beside NetworkPolicies, around the metadata addresses."""

from __future__ import annotations

import dataclasses
import ipaddress
import random
from collections.abc import Sequence

from tests.cluster.api import Resource
from tests.cluster.manifests import named
from tests.cluster.sets import Case, Sets

_ENTITIES = ("world", "cluster", "host", "all")
_PORTS = ("80", "443", "8080", "53", "0")


def case(number: int, sets: Sets, addresses: Sequence[str]) -> Case:
    """Some policies of either kind."""
    dice = random.Random(number)
    plain = [one for one in sets.case(number).policies if dice.random() < 0.6]
    own = [_policy(dice, f"c{one}", addresses) for one in range(dice.choice((0, 1, 1, 2)))]
    return dataclasses.replace(sets.case(number), policies=(*plain, *own))


def otherwise(case: Case) -> bool:
    """Whether the engine alone cannot decide: it looks ports by name up in the running agent."""
    return any(isinstance(one, str) for policy in case.policies for one in _numbers(policy))


def _numbers(policy: Resource) -> list[int | str]:
    if policy["kind"] != "NetworkPolicy":
        return []
    rules = [*policy["spec"].get("egress", ()), *policy["spec"].get("ingress", ())]
    return [port["port"] for rule in rules for port in rule.get("ports") or () if "port" in port]


def _policy(dice: random.Random, name: str, addresses: Sequence[str]) -> Resource:
    labels = {"app": dice.choice(("a", "b"))} if dice.random() < 0.5 else {}
    spec: Resource = {"endpointSelector": {"matchLabels": labels} if labels else {}}
    if dice.random() < 0.85:
        spec["egress"] = [_rule(dice, addresses) for _ in range(dice.choice((1, 1, 2)))]
    if dice.random() < 0.4 or "egress" not in spec:
        spec["egressDeny"] = [_rule(dice, addresses, deny=True)]
    if dice.random() < 0.25:
        spec["enableDefaultDeny"] = {"egress": dice.random() < 0.5}
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": named(name, dice.choice(("shop", "stock"))),
        "spec": spec,
    }


def _rule(dice: random.Random, addresses: Sequence[str], *, deny: bool = False) -> Resource:
    rule: Resource = {}
    kind = dice.randrange(4 if deny else 5)
    if kind == 0:
        rule["toCIDR"] = [_network(dice, dice.choice(addresses))]
    elif kind == 1:
        rule["toCIDRSet"] = [_carved(dice, addresses)]
    elif kind == 2:
        rule["toEntities"] = dice.sample(_ENTITIES, dice.choice((1, 1, 2)))
    elif kind == 3:
        rule["toEndpoints"] = [{"matchLabels": {"app": dice.choice(("a", "b"))}}]
    if dice.random() < 0.6 or not rule:
        port: Resource = {"port": dice.choice(_PORTS)}
        if dice.random() < 0.7:
            port["protocol"] = dice.choice(("TCP", "UDP", "ANY"))
        if port["port"] == "80" and dice.random() < 0.3:
            port["endPort"] = 443
        rule["toPorts"] = [{"ports": [port]}]
    return rule


def _carved(dice: random.Random, addresses: Sequence[str]) -> Resource:
    address = ipaddress.ip_address(dice.choice(addresses))
    everything = "0.0.0.0/0" if address.version == 4 else "::/0"
    found: Resource = {"cidr": everything}
    if dice.random() < 0.7:
        found["except"] = [str(ipaddress.ip_network(address))]
    return found


def _network(dice: random.Random, text: str) -> str:
    address = ipaddress.ip_address(text)
    lengths = (0, 8, 16, 32) if address.version == 4 else (0, 8, 64, 128)
    return str(ipaddress.ip_network((text, dice.choice(lengths)), strict=False))
