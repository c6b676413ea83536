"""What the definitions of Calico's policies refuse, and Calico itself.

Sources, in github.com/projectcalico/calico (v3.32.1): api/config/crd and libcalico-go/config/crd
for the schemas, libcalico-go/lib/validator/v3 for what its own API server and calicoctl refuse. The
API server of Kubernetes takes that, and Felix leaves out what it cannot read.
Selectors have a grammar of their own, which calico_selector.py reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.annotations import OWNER
from imds_guard.reach.validity.cidr import read_cidr
from imds_guard.reach.validity.custom import custom_resource
from imds_guard.reach.validity.fault import ENGINE
from imds_guard.reach.validity.reading import shown
from imds_guard.reach.validity.shapes import (
    anything,
    boolean,
    by_engine,
    fields,
    items,
    number,
    number_or_text,
    text,
    whole,
)
from imds_guard.resources.network_policy import LAST_PORT, port_number

if TYPE_CHECKING:
    from imds_guard.reach.validity.reading import Reading, Shape

_PROTOCOLS = ("TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "UDPLite")
_ACTIONS = ("Allow", "Deny", "Log", "Pass")
_TYPES = ("Ingress", "Egress")
_OWN_TIERS = {"default": "Deny", "kube-admin": "Pass", "kube-baseline": "Pass"}


def _net(written: str) -> str | None:
    """An address or a CIDR, as Go reads it."""
    is_one = read_cidr(written) or read_cidr(f"{written}/{128 if ':' in written else 32}")
    return None if is_one else "is no CIDR"


def _port(written: str) -> str | None:
    low, colon, high = written.partition(":")
    if not colon:
        return None
    first, last = port_number(low), port_number(high)
    is_range = first is not None and last is not None and 0 <= first <= last <= LAST_PORT
    return None if is_range else "is no range of ports"


_PORTS = items(number_or_text(whole(), text(wrong=_port, doubt=ENGINE)))
_PROTOCOL = number_or_text(whole(), text(choices=_PROTOCOLS, doubt=ENGINE))
_ICMP = fields({"code": whole(0, 255), "type": whole(0, 254)})
_NETS = text(wrong=_net, doubt=ENGINE)
_ENTITY = fields(
    {
        "nets": items(_NETS, is_set=True),
        "notNets": items(_NETS),
        "ports": _PORTS,
        "notPorts": _PORTS,
        **dict.fromkeys(("selector", "notSelector", "namespaceSelector"), text()),
        "serviceAccounts": fields({"names": items(text(), is_set=True), "selector": text()}),
        "services": fields(dict.fromkeys(("name", "namespace"), text())),
    }
)


def _has_ports(entity: Any) -> bool:
    return isinstance(entity, dict) and bool(entity.get("ports") or entity.get("notPorts"))


def _rule(reading: Reading, value: dict[str, Any], field: str) -> None:
    if "http" in value and value.get("action") != "Allow":
        reading.fault(field, f"is a {value.get('action')} of HTTP; only Allow has http")
    if "http" in value and str(value.get("protocol", "TCP")) not in ("TCP", "6"):
        reading.fault(f"{field}.protocol", f"is {value['protocol']}; http is over TCP")
    destination = value.get("destination")
    if isinstance(destination, dict) and "services" in destination and _has_ports(destination):
        reading.fault(f"{field}.destination", "has services and ports; a Service has its own")


def _ports_need_protocol(reading: Reading, value: dict[str, Any], field: str) -> None:
    if "protocol" not in value and any(_has_ports(value.get(e)) for e in ("source", "destination")):
        reading.fault(field, "has ports and no protocol")


def _ip_version(reading: Reading, value: Any, field: str) -> None:
    whole()(reading, value, field)
    if str(value).isdecimal() and int(str(value)[:3]) not in (4, 6):
        reading.fault(field, f"{value} is not 4 or 6", value)


_RULES = items(
    fields(
        {
            "action": text(choices=_ACTIONS),
            "source": _ENTITY,
            "destination": _ENTITY,
            "protocol": _PROTOCOL,
            "notProtocol": _PROTOCOL,
            "ipVersion": _ip_version,
            "icmp": _ICMP,
            "notICMP": _ICMP,
            "http": anything,
            "metadata": anything,
        },
        _rule,
        by_engine(_ports_need_protocol),
        required=("action",),
    )
)


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _for_nodes(reading: Reading, value: dict[str, Any], field: str) -> None:
    """doNotTrack and preDNAT, which are for the interfaces of nodes."""
    raw, early = _is_true(value.get("doNotTrack")), _is_true(value.get("preDNAT"))
    if raw and early:
        reading.fault(field, "has doNotTrack and preDNAT; one of them may be true")
    if early and (value.get("egress") or "Egress" in (value.get("types") or ())):
        reading.fault(field, "has preDNAT and egress; such a policy is for ingress")
    if (raw or early) and not _is_true(value.get("applyOnForward")):
        reading.fault(field, "has doNotTrack or preDNAT, and needs applyOnForward: true")


_COMMON: dict[str, Shape] = {
    "tier": text(),
    "order": number(),
    "selector": text(),
    "serviceAccountSelector": text(),
    "types": items(text(choices=_TYPES), least=1, most=2, is_set=True),
    "ingress": _RULES,
    "egress": _RULES,
    "performanceHints": items(text(choices=("AssumeNeededOnEveryNode",))),
}
_NAMESPACED = fields(_COMMON, defaults=("tier",))
_GLOBAL = fields(
    {
        **_COMMON,
        "namespaceSelector": text(),
        **dict.fromkeys(("applyOnForward", "doNotTrack", "preDNAT"), boolean),
    },
    _for_nodes,
    defaults=("tier",),
)
_TIER = fields(
    {"order": number(), "defaultAction": text(choices=("Pass", "Deny"))},
    defaults=("defaultAction",),
)
_SET = fields({"nets": items(_NETS)})


def _own_tier(reading: Reading, value: dict[str, Any], field: str) -> None:
    metadata, spec = value.get("metadata"), value.get("spec")
    name = str(metadata.get("name")) if isinstance(metadata, dict) else ""
    wanted = _OWN_TIERS.get(name)
    action = spec.get("defaultAction", "Deny") if isinstance(spec, dict) else wanted
    if wanted is not None and action != wanted:
        why = f"{shown(str(action))} is not {wanted}, as it is in the tier {name}"
        reading.fault("spec.defaultAction", why, action, wanted)


def _tier_of_ours(reading: Reading, value: dict[str, Any], field: str) -> None:
    """A policy of ours begins with its tier's name. A prefix of kustomize tears it off.

    What others call theirs is their own affair: a tier that is not in the input may be in the
    cluster.
    """
    metadata, spec = value.get("metadata"), value.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return
    annotations, name, tier = metadata.get("annotations"), metadata.get("name"), spec.get("tier")
    is_ours = isinstance(annotations, dict) and OWNER in annotations
    if is_ours and not str(name).startswith(f"{tier}."):
        why = f"{tier} is not the tier in {shown(str(name))}: a prefix has torn them apart"
        reading.fault("spec.tier", why, tier)


def _shapes(group: str) -> dict[tuple[str, str], Shape]:
    # The older definitions leave the spec to Calico's own API server.
    of_tier = by_engine(_tier_of_ours)
    required = ("spec",) if group == "projectcalico.org" else ()
    return {
        (group, "NetworkPolicy"): custom_resource(_NAMESPACED, required=required),
        (group, "GlobalNetworkPolicy"): custom_resource(_GLOBAL, of_tier, required=required),
        (group, "Tier"): custom_resource(_TIER, _own_tier),
        (group, "GlobalNetworkSet"): custom_resource(_SET, required=()),
        (group, "NetworkSet"): custom_resource(_SET, required=()),
    }


SHAPES = _shapes("projectcalico.org") | _shapes("crd.projectcalico.org")
