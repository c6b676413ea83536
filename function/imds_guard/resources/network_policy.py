"""NetworkPolicy as it is written: its rules, peers and ports, each with its field path.

Kubernetes API reference, NetworkPolicySpec (networking.k8s.io/v1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from imds_guard.wire import mapping

if TYPE_CHECKING:
    from imds_guard.resources.policy import Policy
    from imds_guard.resources.resource import Address, Key, Resource
    from imds_guard.wire import Value

PolicyType = Literal["Ingress", "Egress"]
Protocol = Literal["TCP", "UDP", "SCTP"]
PROTOCOLS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")
LAST_PORT = 65535
NETWORK_POLICY = ("networking.k8s.io", "NetworkPolicy")
"""The API group and kind."""


class PortRange(NamedTuple):
    """Ports of one protocol: `first` to `last`, or a container's port name, or, unread, any."""

    protocol: Protocol
    first: int = 1
    last: int = LAST_PORT
    name: str | None = None


class IpBlock(NamedTuple):
    """Addresses: `cidr` without `excepted`, as they are written."""

    cidr: str
    excepted: tuple[str, ...]


class PolicyPeer(NamedTuple):
    """One entry of `to` or `from`: an IP block, or pods by their namespace's and own labels.

    A selector is None where it is absent. A peer without all three is one that cannot be read.
    """

    field: str
    ip_block: IpBlock | None = None
    namespace_selector: Any = None
    pod_selector: Any = None

    @property
    def is_readable(self) -> bool:
        """Whether it says anything that the API knows."""
        selectors = (self.namespace_selector, self.pod_selector)
        return self.ip_block is not None or any(one is not None for one in selectors)


class PolicyRule(NamedTuple):
    """One entry of `egress` or `ingress`. No peers: every peer. No ports: every port."""

    field: str
    peers: tuple[PolicyPeer, ...]
    ports: tuple[PortRange, ...]


class NetworkPolicy(NamedTuple):
    """A NetworkPolicy's fields, of the input or of our own making."""

    policy: Policy
    pod_selector: Any
    policy_types: frozenset[PolicyType]
    egress: tuple[PolicyRule, ...]
    ingress: tuple[PolicyRule, ...]
    annotations: dict[str, str]

    @property
    def address(self) -> Address:
        return self.policy.address

    @property
    def resource(self) -> Resource | None:
        return self.policy.resource

    @property
    def value(self) -> Value:
        return self.policy.value

    @property
    def namespace(self) -> str | None:
        return self.policy.namespace

    @property
    def key(self) -> Key:
        return self.policy.key


Known = dict[tuple[int, str], "tuple[Value, tuple[PolicyRule, ...]]"]
"""Lists of rules that have been read, by their identity and direction, with what they say.

By direction too: an alias may make one list the ingress and the egress of a policy.
"""


def read_network_policy(policy: Policy, known: Known | None = None) -> NetworkPolicy:
    """A NetworkPolicy's fields. What cannot be read counts as the widest that it may mean.

    Rules that several policies share are read once, where those calls share `known` too.
    """
    spec = policy.spec
    known = {} if known is None else known
    egress = _known_rules(spec.get("egress"), "egress", "to", known)
    ingress = _known_rules(spec.get("ingress"), "ingress", "from", known)
    annotations = mapping(mapping(policy.value.get("metadata")).get("annotations"))
    return NetworkPolicy(
        policy,
        spec.get("podSelector"),
        _policy_types(spec.get("policyTypes"), egress),
        egress,
        ingress,
        # One that is no text says nothing; the API server refuses it.
        {key: text if isinstance(text, str) else "" for key, text in annotations.items()},
    )


def _policy_types(value: Value, egress: tuple[PolicyRule, ...]) -> frozenset[PolicyType]:
    """Where policyTypes is absent: Ingress always, Egress when there are egress rules."""
    if isinstance(value, list) and value:
        known: tuple[PolicyType, ...] = ("Ingress", "Egress")
        return frozenset(one for one in known if one in value)
    return frozenset(("Ingress", "Egress") if egress else ("Ingress",))


def _known_rules(value: Value, name: str, peers: str, known: Known) -> tuple[PolicyRule, ...]:
    if not isinstance(value, list) or not value:
        return ()
    key = id(value), name
    if key not in known:
        known[key] = value, _rules(value, name, peers)
    return known[key][1]


def _rules(value: list[Value], name: str, peers: str) -> tuple[PolicyRule, ...]:
    rules = []
    for index, rule in enumerate(value):
        field = f"spec.{name}[{index}]"
        found = mapping(rule).get(peers)
        entries = found if isinstance(found, list) else []
        rules.append(
            PolicyRule(
                field,
                tuple(_peer(one, f"{field}.{peers}[{at}]") for at, one in enumerate(entries)),
                _ports(mapping(rule).get("ports")),
            )
        )
    return tuple(rules)


def _peer(value: Value, field: str) -> PolicyPeer:
    peer = mapping(value)
    block = peer.get("ipBlock")
    if isinstance(block, dict):
        excepted = block.get("except")
        listed = excepted if isinstance(excepted, list) else []
        texts = tuple("" if one is None else str(one) for one in listed)
        return PolicyPeer(field, IpBlock(str(block.get("cidr")), texts))
    return PolicyPeer(field, None, peer.get("namespaceSelector"), peer.get("podSelector"))


def _ports(value: Value) -> tuple[PortRange, ...]:
    return tuple(_port(one) for one in value) if isinstance(value, list) else ()


def _port(value: Value) -> PortRange:
    port = mapping(value)
    written = port.get("protocol")
    protocol: Protocol = next((one for one in PROTOCOLS if one == written), "TCP")
    number = port.get("port")
    if number is None:
        return PortRange(protocol)
    first = port_number(number)
    if first is None:
        return PortRange(protocol, name=str(number))
    end = port.get("endPort")
    if end is None:
        return PortRange(protocol, first, first)
    last = port_number(end)
    return PortRange(protocol, first, LAST_PORT if last is None else last)


def port_number(value: Value) -> int | None:
    """A whole number; None for anything else.

    Numbers of the input come in the one notation that Go writes (wire/scalars.py).
    """
    text = str(value)
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and digits.isascii() and len(digits) < 20 else None
