"""What the definitions of Cilium's policies refuse, and Cilium itself.

Sources, in github.com/cilium/cilium (v1.20.2): pkg/k8s/apis/cilium.io/client/crds/v2 for the
schema, pkg/policy/api/rule_validation.go for what agents refuse in what the API server has taken:
they go on without such a policy. Rules of layer 7 are not looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from imds_guard.reach.addresses import contains
from imds_guard.reach.validity.cidr import has_zeros_in_front, read_cidr
from imds_guard.reach.validity.custom import custom_resource
from imds_guard.reach.validity.fault import ENGINE
from imds_guard.reach.validity.names import label_value, subdomain
from imds_guard.reach.validity.reading import is_text, shown
from imds_guard.reach.validity.selectors import OPERATORS, schema_selector
from imds_guard.reach.validity.shapes import (
    anything,
    boolean,
    by_engine,
    exactly_one,
    fields,
    formatted,
    items,
    text,
    text_map,
    whole,
)
from imds_guard.resources.network_policy import LAST_PORT

if TYPE_CHECKING:
    from imds_guard.reach.validity.reading import Reading, Shape

_DIRECTIONS = ("ingress", "ingressDeny", "egress", "egressDeny")
_ENTITIES = (
    *("all", "world", "cluster", "cluster-mesh", "host", "init", "ingress", "unmanaged"),
    *("remote-node", "health", "none", "kube-apiserver"),
)
_PROTOCOLS = (*("TCP", "UDP", "SCTP", "VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH", "ANY"),)
_LAYER_3 = ("Endpoints", "CIDR", "CIDRSet", "Entities", "Services", "Groups", "Nodes", "FQDNs")
_NAME = re.compile(r"(?!\.)[-a-zA-Z0-9_.]+", re.ASCII)
_NAMED_PORT = re.compile(r"(?=[-0-9]*[A-Za-z])[A-Za-z0-9](?:-?[A-Za-z0-9])*", re.ASCII)
_SELECTOR = schema_selector(text(wrong=label_value), OPERATORS)


def _cidr(written: str) -> str | None:
    """The format `cidr`, which API servers read like a NetworkPolicy's before 1.36."""
    return None if read_cidr(written) else "is no CIDR"


def _name(written: str) -> str | None:
    return None if _NAME.fullmatch(written) and ".." not in written else "is no domain name"


def _pattern(written: str) -> str | None:
    return _name(written.replace("*", "-"))


def _port_text(written: str) -> str | None:
    """The pattern of a port, of which only the beginning or only the end has to fit."""
    if written[:1].isdigit() and written[:1].isascii():
        return None
    for at in reversed(range(len(written))):
        here = written[at]
        if here.isascii() and here.isalpha():
            return None
        is_inside = at + 1 < len(written) and written[at + 1] != "-"
        if not (here.isascii() and here.isdigit()) and not (here == "-" and is_inside):
            break
    return "is no port and no port's name"


def _port_number(reading: Reading, value: dict[str, Any], field: str) -> None:
    port = value.get("port")
    if not is_text(port) or _NAMED_PORT.fullmatch(port):
        return
    if not (port.isascii() and port.isdecimal() and int(port[:6]) <= LAST_PORT):
        reading.fault(f"{field}.port", f"{shown(port)} is no port and no port's name", port)


_MOST_PORTS = 40
_PORT = fields(
    {
        "port": text(wrong=_port_text),
        "endPort": whole(0, LAST_PORT),
        "protocol": text(choices=_PROTOCOLS),
    },
    by_engine(_port_number),
)
_PORTS = items(_PORT, most=_MOST_PORTS)


def _few_ports(reading: Reading, value: dict[str, Any], field: str) -> None:
    """Of a denial the definition does not count the ports."""
    ports = value.get("ports")
    if isinstance(ports, list) and len(ports) > _MOST_PORTS:
        why = f"has {len(ports)} entries, and at most {_MOST_PORTS} are wanted"
        reading.fault(f"{field}.ports", why)


_DENIED_PORTS = items(fields({"ports": items(_PORT)}, by_engine(_few_ports)))
_ALLOWED_PORTS = items(
    fields(
        {
            "ports": _PORTS,
            **dict.fromkeys(
                ("listener", "originatingTLS", "rules", "serverNames", "terminatingTLS"), anything
            ),
        }
    )
)


def _strict(written: Any) -> Any:
    """A CIDR as agents read it, with netip; None for what is none."""
    found = read_cidr(written) if is_text(written) else None
    return None if found is None or has_zeros_in_front(written) else found.network


def _excepted(reading: Reading, value: dict[str, Any], field: str) -> None:
    outer = _strict(value.get("cidr"))
    if outer is None:
        if is_text(value.get("cidr")):
            reading.fault(f"{field}.cidr", f"{value['cidr']} has zeros in front of a number")
        return
    excepted = value.get("except")
    for at, written in enumerate(excepted if isinstance(excepted, list) else []):
        inner = _strict(written)
        if inner is None or not contains(outer, inner):
            reading.fault(f"{field}.except[{at}]", f"{written} is no part of {outer}", written)


_CIDR_SET = items(
    fields(
        {
            "cidr": formatted(_cidr),
            "except": items(formatted(_cidr)),
            "cidrGroupRef": text(most=253, wrong=subdomain),
            "cidrGroupSelector": _SELECTOR,
        },
        exactly_one("cidr", "cidrGroupRef", "cidrGroupSelector"),
        by_engine(_excepted),
    )
)
_FQDN = fields(
    {
        "matchName": text(most=255, wrong=_name),
        "matchPattern": text(most=255, wrong=_pattern),
    },
    exactly_one("matchName", "matchPattern"),
)
_SERVICE = fields(
    {
        "k8sService": fields(dict.fromkeys(("namespace", "serviceName"), text())),
        "k8sServiceSelector": fields(
            {"namespace": text(), "selector": _SELECTOR}, required=("selector",)
        ),
    }
)
_GROUP = fields(
    {
        "aws": fields(
            {
                "labels": text_map(),
                "region": text(),
                **dict.fromkeys(("securityGroupsIds", "securityGroupsNames"), items(text())),
            }
        )
    }
)
_AUTHENTICATION = fields(
    {"mode": text(choices=("disabled", "required", "test-always-fail"))}, required=("mode",)
)


def _combined(way: str) -> Any:
    """Agents refuse a rule that names its peers in two ways, and ICMP beside ports."""

    def rule(reading: Reading, value: dict[str, Any], field: str) -> None:
        named = [way + name for name in _LAYER_3 if value.get(way + name)]
        if len(named) > 1:
            reading.fault(field, f"has {' and '.join(named)}; one of them may stand in a rule")
        if value.get("icmps") and value.get("toPorts"):
            reading.fault(field, "has icmps and toPorts; one of them may stand in a rule")

    return rule


def _rules(way: str, *, denies: bool) -> Shape:
    known: dict[str, Shape] = {
        f"{way}Endpoints": items(_SELECTOR),
        f"{way}Nodes": items(_SELECTOR),
        f"{way}CIDR": items(formatted(_cidr)),
        f"{way}CIDRSet": _CIDR_SET,
        f"{way}Entities": items(text(choices=_ENTITIES)),
        f"{way}Groups": items(_GROUP),
        f"{way}Requires": items(text(), most=0),
        "toPorts": _DENIED_PORTS if denies else _ALLOWED_PORTS,
        "icmps": anything,
    }
    if way == "to":
        known["toServices"] = items(_SERVICE)
    if not denies:
        known["authentication"] = _AUTHENTICATION
        known |= {"toFQDNs": items(_FQDN)} if way == "to" else {}
    return items(fields(known, by_engine(_combined(way))))


def _has_directions(reading: Reading, value: dict[str, Any], field: str) -> None:
    if not value.keys() & set(_DIRECTIONS):
        reading.fault(field, f"has none of {', '.join(_DIRECTIONS)}")
    elif not any(value.get(name) for name in _DIRECTIONS):
        reading.fault(field, "has no rule; `egress: [{}]` is one that allows nothing", doubt=ENGINE)


_SPEC = fields(
    {
        "endpointSelector": _SELECTOR,
        "nodeSelector": _SELECTOR,
        "ingress": _rules("from", denies=False),
        "ingressDeny": _rules("from", denies=True),
        "egress": _rules("to", denies=False),
        "egressDeny": _rules("to", denies=True),
        "enableDefaultDeny": fields(dict.fromkeys(("egress", "ingress"), boolean)),
        "description": text(),
        "labels": items(
            fields(dict.fromkeys(("key", "source", "value"), text()), required=("key",))
        ),
        "log": fields({"value": text(most=32)}),
    },
    exactly_one("endpointSelector", "nodeSelector"),
    _has_directions,
)


def _has_rules(reading: Reading, value: dict[str, Any], field: str) -> None:
    if "spec" not in value and "specs" not in value:
        reading.fault("spec", "is required, or else specs", holder=field)


_POLICY = custom_resource(_SPEC, _has_rules, required=(), more={"specs": items(_SPEC)})

SHAPES: dict[tuple[str, str], Shape] = {
    ("cilium.io", "CiliumNetworkPolicy"): _POLICY,
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): _POLICY,
}
