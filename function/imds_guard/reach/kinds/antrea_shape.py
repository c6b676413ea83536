"""What the definitions of Antrea's policies refuse, and Antrea's own validation.

Sources, in github.com/antrea-io/antrea (v2.7.0): build/charts/antrea/crds for the schemas,
pkg/controller/networkpolicy/validate.go for the webhook that refuses the rest where Antrea runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.validity.cidr import read_cidr
from imds_guard.reach.validity.custom import custom_resource
from imds_guard.reach.validity.names import label_value
from imds_guard.reach.validity.reading import whole_number
from imds_guard.reach.validity.selectors import OPERATORS, requirement
from imds_guard.reach.validity.shapes import (
    anything,
    boolean,
    by_engine,
    exactly_one,
    fields,
    formatted,
    items,
    number,
    number_or_text,
    text,
    text_map,
    whole,
)
from imds_guard.resources.network_policy import LAST_PORT, PROTOCOLS

if TYPE_CHECKING:
    from imds_guard.reach.validity.reading import Reading, Shape

_ACTIONS = ("Allow", "Drop", "Reject", "Pass")
_LABEL_PATTERN = r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z"
_LABEL = text(wrong=lambda written: label_value(written[:63]))
_SELECTOR = fields(
    {
        "matchLabels": text_map(None, _LABEL),
        "matchExpressions": items(
            fields(
                {"key": text(), "operator": text(choices=OPERATORS), "values": items(_LABEL)},
                by_engine(requirement),
            )
        ),
    }
)
_OBJECT = fields(dict.fromkeys(("name", "namespace"), text()), required=("name", "namespace"))
_SCOPES = ("Cluster", "ClusterSet")


def _cidr(written: str) -> str | None:
    return None if read_cidr(written) else "is no CIDR"


_BLOCK = fields({"cidr": formatted(_cidr), "except": items(formatted(_cidr))})


def _port(reading: Reading, value: dict[str, Any], field: str) -> None:
    for first, last in (("port", "endPort"), ("sourcePort", "sourceEndPort")):
        low, high = whole_number(value.get(first)), whole_number(value.get(last))
        if last in value and low is None:
            reading.fault(f"{field}.{last}", f"needs {first} with a number", value[last])
        elif low is not None and high is not None and high < low:
            reading.fault(f"{field}.{last}", f"{high} is below {first} {low}", value[last])
    port = whole_number(value.get("port"))
    if port is not None and not 0 <= port <= LAST_PORT:
        reading.fault(f"{field}.port", f"{port} is not from 0 to {LAST_PORT}", value["port"])


def _rule(reading: Reading, value: dict[str, Any], field: str) -> None:
    if value.get("toServices") and (value.get("to") or value.get("ports")):
        reading.fault(field, "has toServices, which excludes to and ports")
    if value.get("protocols") and value.get("ports"):
        reading.fault(field, "has protocols and ports; one of them may stand in a rule")
    if value.get("l7Protocols") and value.get("action") != "Allow":
        reading.fault(field, "has l7Protocols, which only Allow has")


def _policy(reading: Reading, value: dict[str, Any], field: str) -> None:
    """appliedTo stands in the spec or in each rule; a baseline policy has nothing to pass to."""
    sections = [value.get(name) for name in ("ingress", "egress")]
    entries = [one for some in sections if isinstance(some, list) for one in some]
    rules = [one for one in entries if isinstance(one, dict)]
    of_rules = [bool(one.get("appliedTo")) for one in rules]
    if value.get("appliedTo"):
        if any(of_rules):
            reading.fault(field, "has appliedTo in the spec and in a rule; one place may have it")
    elif not rules or not all(of_rules):
        reading.fault(field, "has appliedTo neither in the spec nor in every rule")
    is_baseline = str(value.get("tier")).lower() == "baseline"
    if is_baseline and any(one.get("action") == "Pass" for one in rules):
        reading.fault(field, "passes in the tier baseline, which is the last")


def _rules(peers: str, peer: dict[str, Shape], applied: Shape, services: Shape | None) -> Shape:
    known: dict[str, Shape] = {
        "action": text(choices=_ACTIONS),
        "appliedTo": items(applied),
        peers: items(fields(peer)),
        "ports": items(
            fields(
                {
                    "protocol": text(choices=PROTOCOLS),
                    "port": number_or_text(whole(), text()),
                    **dict.fromkeys(("endPort", "sourcePort", "sourceEndPort"), whole()),
                },
                by_engine(_port),
            )
        ),
        "protocols": items(
            fields({"icmp": anything, "igmp": anything}, exactly_one("icmp", "igmp"))
        ),
        "l7Protocols": items(
            fields({"http": anything, "tls": anything}, exactly_one("http", "tls"))
        ),
        "name": text(),
        "enableLogging": boolean,
        "logLabel": text(most=63, pattern=_LABEL_PATTERN),
    }
    if services is not None:
        known["toServices"] = items(services)
    return items(fields(known, by_engine(_rule), required=("action",)))


def _spec(
    applied: dict[str, Shape],
    applied_rule: dict[str, Shape],
    peer: dict[str, Shape],
    peer_out: dict[str, Shape],
    service: Shape,
) -> Shape:
    of_rule = fields(applied_rule)
    return fields(
        {
            "tier": text(),
            "priority": number(1, 10000),
            "appliedTo": items(fields(applied)),
            "ingress": _rules("from", peer, of_rule, None),
            "egress": _rules("to", {**peer, **peer_out}, of_rule, service),
        },
        by_engine(_policy),
        required=("priority",),
    )


_SELECTORS: dict[str, Shape] = dict.fromkeys(("podSelector", "namespaceSelector"), _SELECTOR)
_GROUPED: dict[str, Shape] = {**_SELECTORS, "group": text(), "serviceAccount": _OBJECT}
_PEER: dict[str, Shape] = {
    **_GROUPED,
    "ipBlock": _BLOCK,
    "nodeSelector": _SELECTOR,
    "namespaces": fields(
        {"match": text(choices=("Self",)), "sameLabels": items(text())},
        exactly_one("match", "sameLabels"),
    ),
    "scope": text(choices=_SCOPES),
}
_OWN_APPLIED: dict[str, Shape] = {
    "podSelector": _SELECTOR,
    "externalEntitySelector": _SELECTOR,
    "group": text(),
}
_OWN_PEER: dict[str, Shape] = {
    **_SELECTORS,
    "externalEntitySelector": _SELECTOR,
    "group": text(),
    "ipBlock": _BLOCK,
    "nodeSelector": _SELECTOR,
    "scope": text(choices=_SCOPES),
}
_OUT: dict[str, Shape] = {"fqdn": text()}
_CLUSTER_SERVICE = fields(
    {"name": text(), "namespace": text(), "scope": text(choices=_SCOPES)},
    required=("name", "namespace"),
)
_OWN_SERVICE = fields({"name": text(), "namespace": text(), "scope": text()}, required=("name",))
_TIER = fields({"priority": whole(0, 255), "description": text()}, required=("priority",))

SHAPES: dict[tuple[str, str], Shape] = {
    ("crd.antrea.io", "ClusterNetworkPolicy"): custom_resource(
        _spec(
            {**_GROUPED, "service": _OBJECT, "nodeSelector": _SELECTOR},
            {**_GROUPED, "service": _OBJECT},
            _PEER,
            _OUT,
            _CLUSTER_SERVICE,
        ),
        required=(),
    ),
    ("crd.antrea.io", "NetworkPolicy"): custom_resource(
        _spec(_OWN_APPLIED, _OWN_APPLIED, _OWN_PEER, _OUT, _OWN_SERVICE), required=()
    ),
    ("crd.antrea.io", "Tier"): custom_resource(_TIER, required=()),
}
