"""Random sets of NetworkPolicies in a small world, made so that their rules meet.

Each is made from a number alone, so that a set that shows something can be tried again.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.cluster.api import Resource
from tests.cluster.manifests import Labels, network_policy

NAMESPACES: dict[str, Labels] = {"shop": {"team": "a"}, "stock": {"team": "b", "kind": "x"}}
Key = tuple[str, str]
PODS: tuple[Key, ...] = (("shop", "web"), ("shop", "api"), ("stock", "db"))
PORTS = (
    {"name": "http", "containerPort": 80},
    {"name": "alt", "containerPort": 8080},
    {"name": "dns", "containerPort": 53, "protocol": "UDP"},
)
_NUMBERS = (1, 53, 79, 80, 81, 443, 8080, 32526, 65535)
_NAMED = tuple(str(one["name"]) for one in PORTS)
KEYS, _VALUES = ("app", "tier"), ("a", "b")
# Each pod's own label, by which no random selector asks.
POD = "pod"
_NAME_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Case:
    """A set of policies, and the labels of each pod in the world that they stand in."""

    number: int
    labels: tuple[Labels, ...]
    policies: tuple[Resource, ...]


class Sets:
    """Makes cases whose addresses lie around those of the metadata services."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = [ipaddress.ip_address(one) for one in addresses]

    def case(self, number: int) -> Case:
        draw = _Draw(random.Random(number), self._addresses)
        labels = tuple(draw.labels() for _ in PODS)
        count = draw.dice.choice((1, 1, 2, 2, 3, 4))
        return Case(number, labels, tuple(draw.policy(f"p{one}") for one in range(count)))


class _Draw:
    """One random case, choice by choice."""

    def __init__(self, dice: random.Random, addresses: Sequence[Any]) -> None:
        self.dice = dice
        self._addresses = addresses
        # Without addresses a set decides between pods, and with cluster DNS, by labels alone.
        self._by_address = dice.random() < 0.75

    def policy(self, name: str) -> Resource:
        spec: Resource = {"podSelector": self._selector()}
        types = self.dice.choice(
            ((), ("Egress",), ("Egress",), ("Ingress", "Egress"), ("Ingress",))
        )
        if types:
            spec["policyTypes"] = list(types)
        if self.dice.random() < 0.85:
            spec["egress"] = [self._rule("to") for _ in range(self.dice.choice((0, 1, 1, 2, 3)))]
        if self.dice.random() < 0.4:
            spec["ingress"] = [self._rule("from") for _ in range(self.dice.choice((0, 1, 2)))]
        return network_policy(self.dice.choice(("shop", "shop", "stock")), name, spec)

    def labels(self) -> Labels:
        return {key: self.dice.choice(_VALUES) for key in KEYS if self.dice.random() < 0.7}

    def _rule(self, side: str) -> Resource:
        rule: Resource = {}
        if self.dice.random() < 0.85:
            rule[side] = [self._peer() for _ in range(self.dice.choice((0, 1, 1, 1, 2, 3)))]
        if self.dice.random() < 0.7:
            rule["ports"] = [self._port() for _ in range(self.dice.choice((0, 1, 1, 2)))]
        return rule

    def _peer(self) -> Resource:
        if self._by_address and self.dice.random() < 0.7:
            return {"ipBlock": self._block()}
        kind = self.dice.randrange(4)
        if kind == 0:
            return {"podSelector": self._selector()}
        if kind == 1:
            return {"namespaceSelector": self._namespace_selector()}
        if kind == 2:
            return {
                "namespaceSelector": {"matchLabels": {_NAME_LABEL: "kube-system"}},
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        return {
            "namespaceSelector": self._namespace_selector(),
            "podSelector": self._selector(),
        }

    def _port(self) -> Resource:
        found: Resource = {}
        if self.dice.random() < 0.8:
            found["protocol"] = self.dice.choice(("TCP", "TCP", "UDP", "SCTP"))
        chosen = self.dice.random()
        if chosen < 0.12:
            found["port"] = self.dice.choice(_NAMED)
        elif chosen < 0.9:
            found["port"] = self.dice.choice(_NUMBERS)
            if self.dice.random() < 0.4:
                found["endPort"] = self.dice.choice(
                    [one for one in _NUMBERS if one >= found["port"]]
                )
        return found

    def _selector(self) -> Resource:
        found: Resource = {}
        if self.dice.random() < 0.4:
            labels = self.labels()
            if labels:
                found["matchLabels"] = labels
        if self.dice.random() < 0.3:
            found["matchExpressions"] = [self._expression(KEYS, _VALUES)]
        return found

    def _namespace_selector(self) -> Resource:
        """Only of this lane's namespaces, but for those that take in every one."""
        name = self.dice.choice((*NAMESPACES, None))
        if name is None:
            return {} if self.dice.random() < 0.5 else self._team()
        return {"matchLabels": {_NAME_LABEL: name}}

    def _team(self) -> Resource:
        return {"matchExpressions": [self._expression(("team", "kind"), ("a", "b", "x"))]}

    def _expression(self, keys: Sequence[str], values: Sequence[str]) -> Resource:
        operator = self.dice.choice(("In", "NotIn", "Exists", "DoesNotExist"))
        found: Resource = {"key": self.dice.choice(keys), "operator": operator}
        if operator in ("In", "NotIn"):
            found["values"] = self.dice.sample(values, self.dice.randint(1, len(values)))
        return found

    def _block(self) -> Resource:
        """A network around a metadata address, or everything, often with exceptions."""
        address = self.dice.choice(self._addresses)
        length = self.dice.choice((0, 0, 0, *self._lengths(address)))
        network = ipaddress.ip_network((address, length), strict=False)
        block: Resource = {"cidr": str(network)}
        if self.dice.random() < 0.65:
            excepted = [self._inside(network) for _ in range(self.dice.choice((1, 1, 2, 3)))]
            block["except"] = sorted({one for one in excepted if one != str(network)})
        return block if block.get("except") else {"cidr": block["cidr"]}

    def _inside(self, network: Any) -> str:
        """A smaller network there, mostly around a metadata address."""
        within = [one for one in self._addresses if one in network]
        address = self.dice.choice(within)
        longer = [one for one in self._lengths(address) if one > network.prefixlen]
        length = self.dice.choice(longer or [network.max_prefixlen])
        return str(ipaddress.ip_network((address, length), strict=False))

    def _lengths(self, address: Any) -> tuple[int, ...]:
        if address.version == 4:
            return (1, 2, 3, 8, 10, 16, 16, 24, 30, 31, 32, 32)
        return (3, 7, 8, 9, 16, 32, 48, 64, 120, 127, 128, 128)


def renamed(value: Any, names: dict[str, str]) -> Any:
    """The value with each string that is one of these names replaced, at whatever depth."""
    if isinstance(value, dict):
        return {key: renamed(one, names) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [renamed(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value
