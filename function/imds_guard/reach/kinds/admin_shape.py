"""What the definitions of the admin kinds refuse.

Sources: github.com/kubernetes-sigs/network-policy-api, config/crd (v0.1.7 for AdminNetworkPolicy
and BaselineAdminNetworkPolicy, v0.2.0 for ClusterNetworkPolicy), github.com/aws/
amazon-network-policy-controller-k8s, config/crd/bases (v1.1.7). The experimental definitions are
meant; the standard ones lack nodes, domainNames and, before ClusterNetworkPolicy, named ports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from imds_guard.reach.validity.cidr import has_zeros_in_front, read_cidr
from imds_guard.reach.validity.custom import custom_resource
from imds_guard.reach.validity.fault import ENGINE
from imds_guard.reach.validity.names import label_value
from imds_guard.reach.validity.reading import whole_number
from imds_guard.reach.validity.selectors import schema_selector
from imds_guard.reach.validity.shapes import by_engine, exactly_one, fields, items, text, whole
from imds_guard.resources.network_policy import LAST_PORT, PROTOCOLS

if TYPE_CHECKING:
    from imds_guard.reach.validity.reading import Reading, Shape
    from imds_guard.reach.validity.shapes import Rule

_SELECTOR = schema_selector(text(wrong=label_value, doubt=ENGINE))
_PORT_NUMBER = whole(1, LAST_PORT)
_DOMAIN_PART = re.compile(r"[a-zA-z0-9](?:[-a-zA-Z0-9_]*[a-zA-Z0-9])?", re.ASCII)
_WORLD = ("networks", "nodes", "domainNames")
_TIERS = ("Admin", "Baseline")


def _cidr(written: str) -> str | None:
    """What CEL's isCIDR has against a text; it takes bits behind the prefix length."""
    found = read_cidr(written)
    if found is None or has_zeros_in_front(written):
        return "is no CIDR"
    return None if found.refused is None or found.proposed else found.refused


def domain(written: str) -> str | None:
    """What is wrong with a name of the world, such as `*.example.com`."""
    parts = written.removeprefix("*.").removesuffix(".").split(".")
    is_one = len(parts) > 1 and all(map(_DOMAIN_PART.fullmatch, parts))
    return None if is_one else "is no domain name"


def _ordered(*, may_be_equal: bool) -> Rule:
    """Whether a range starts before it ends."""

    def rule(reading: Reading, value: dict[str, Any], field: str) -> None:
        start, end = whole_number(value.get("start")), whole_number(value.get("end"))
        if start is None or end is None:
            return
        if start > end or (start == end and not may_be_equal):
            reading.fault(field, f"starts at {start} and ends at {end}", value)

    return rule


def _range(known: dict[str, Shape], rule: Rule) -> Shape:
    return fields(
        {"start": _PORT_NUMBER, "end": _PORT_NUMBER, **known},
        rule,
        required=("start", "end"),
        defaults=("protocol",),
    )


_PROTOCOL: dict[str, Shape] = {"protocol": text(choices=PROTOCOLS, doubt=ENGINE)}
# protocol has a default, so that it is required and may be absent.
_NUMBERED = fields({"port": _PORT_NUMBER, **_PROTOCOL}, required=("port",), defaults=("protocol",))


def _ports(rule: Rule, *rules: Rule) -> dict[str, Shape]:
    several = _range(_PROTOCOL, rule)
    known = {"namedPort": text(), "portNumber": _NUMBERED, "portRange": several}
    return {"ports": items(fields(known, *rules), least=1, most=100)}


_DESTINATION = fields(
    {
        "destinationPort": fields(
            {"number": _PORT_NUMBER, "range": _range({}, _ordered(may_be_equal=False))},
            exactly_one("number", "range"),
        )
    },
    exactly_one("destinationPort"),
)
_PROTOCOLS: dict[str, Shape] = {
    "protocols": items(
        fields(
            {
                "destinationNamedPort": text(),
                **{protocol.lower(): _DESTINATION for protocol in PROTOCOLS},
            },
            exactly_one("destinationNamedPort", "tcp", "udp", "sctp"),
        ),
        least=1,
        most=25,
    )
}


def _pods(*required: str) -> Shape:
    known = {"namespaceSelector": _SELECTOR, "podSelector": _SELECTOR}
    return fields(known, required=required)


def _spec(
    pods: Shape,
    ports: dict[str, Shape],
    actions: tuple[str, ...],
    known: dict[str, Shape],
    *,
    most: int = 100,
    world: tuple[str, ...] = _WORLD,
    networks: Shape | None = None,
    rule: Rule | None = None,
) -> Shape:
    inside = {"namespaces": _SELECTOR, "pods": pods}
    outside: dict[str, Shape] = {
        "networks": items(networks or text(most=43, wrong=_cidr), least=1, most=25, is_set=True),
        "nodes": _SELECTOR,
        "domainNames": items(text(wrong=domain), least=1, most=25, is_set=True),
    }

    def section(peers: str, peer: dict[str, Shape], rules: tuple[Rule, ...]) -> Shape:
        return items(
            fields(
                {
                    "name": text(most=100),
                    "action": text(choices=actions),
                    peers: items(fields(peer, exactly_one(*peer)), least=1, most=most),
                    **ports,
                },
                *rules,
                required=("action", peers),
            ),
            most=most,
        )

    beyond = {name: shape for name, shape in outside.items() if name in world}
    return fields(
        {
            "subject": fields(inside, exactly_one(*inside)),
            "egress": section("to", {**inside, **beyond}, (rule or _by_name,)),
            "ingress": section("from", inside, ()),
            **known,
        },
        required=("subject", *known),
    )


def _by_name(reading: Reading, value: dict[str, Any], field: str) -> None:
    """Names of ports are those of pods' containers."""
    peers, ports = value.get("to"), value.get("ports", value.get("protocols"))
    is_out = any(isinstance(one, dict) and one.keys() & set(_WORLD) for one in _list(peers))
    names = {"namedPort", "destinationNamedPort"}
    is_named = any(isinstance(one, dict) and one.keys() & names for one in _list(ports))
    if is_out and is_named:
        reading.fault(field, "names a port, and peers that are no pods have no names for ports")


def _accepts_names(reading: Reading, value: dict[str, Any], field: str) -> None:
    """The AWS VPC CNI only accepts by domain names."""
    has_names = any(
        isinstance(one, dict) and "domainNames" in one for one in _list(value.get("to"))
    )
    if has_names and value.get("action") != "Accept":
        reading.fault(field, f"is a {value.get('action')} of domain names; only Accept has them")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _named_default(reading: Reading, value: dict[str, Any], field: str) -> None:
    name = (
        value.get("metadata", {}).get("name") if isinstance(value.get("metadata"), dict) else None
    )
    if name != "default":
        reading.fault("metadata.name", f"is {name}; the one policy of its kind is `default`", name)


_PRIORITY: dict[str, Shape] = {"priority": whole(0, 1000)}
_BOTH_SELECTORS = _pods("namespaceSelector", "podSelector")
_V1ALPHA1_PORTS = _ports(
    by_engine(_ordered(may_be_equal=True)), exactly_one("namedPort", "portNumber", "portRange")
)

SHAPES: dict[tuple[str, str], Shape] = {
    ("policy.networking.k8s.io", "AdminNetworkPolicy"): custom_resource(
        _spec(_BOTH_SELECTORS, _V1ALPHA1_PORTS, ("Allow", "Deny", "Pass"), _PRIORITY),
    ),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"): custom_resource(
        _spec(
            _BOTH_SELECTORS,
            _V1ALPHA1_PORTS,
            ("Allow", "Deny"),
            {},
            world=("networks", "nodes"),
        ),
        _named_default,
    ),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"): custom_resource(
        _spec(
            _pods("podSelector"),
            _PROTOCOLS,
            ("Accept", "Deny", "Pass"),
            {**_PRIORITY, "tier": text(choices=_TIERS)},
            most=25,
        ),
    ),
    ("networking.k8s.aws", "ClusterNetworkPolicy"): custom_resource(
        _spec(
            _BOTH_SELECTORS,
            _ports(_ordered(may_be_equal=False)),
            ("Accept", "Deny", "Pass"),
            {**_PRIORITY, "tier": text(choices=_TIERS)},
            world=("networks", "domainNames"),
            networks=text(most=43),
            rule=_accepts_names,
        ),
        required=(),
    ),
}
