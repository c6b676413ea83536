"""What the definition of the AWS VPC CNI's ApplicationNetworkPolicy refuses.

Source: github.com/aws/amazon-network-policy-controller-k8s, config/crd/bases (v1.1.7). The
definition has the fields of a NetworkPolicy and hardly a rule for them; what a NetworkPolicy may
not hold, its controller cannot use either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.kinds.admin_shape import domain
from imds_guard.reach.validity.cidr import ip_block
from imds_guard.reach.validity.custom import custom_resource
from imds_guard.reach.validity.fault import ENGINE
from imds_guard.reach.validity.names import label_value, port_name
from imds_guard.reach.validity.network_policy import peer_rule, port_rule
from imds_guard.reach.validity.selectors import schema_selector
from imds_guard.reach.validity.shapes import by_engine, fields, items, number_or_text, text, whole
from imds_guard.resources.network_policy import LAST_PORT, PROTOCOLS

if TYPE_CHECKING:
    from imds_guard.reach.validity.reading import Reading, Shape

_SELECTOR = schema_selector(text(wrong=label_value, doubt=ENGINE))
_PORT = fields(
    {
        "protocol": text(choices=PROTOCOLS, doubt=ENGINE),
        "port": number_or_text(
            whole(1, LAST_PORT, doubt=ENGINE), text(wrong=port_name, doubt=ENGINE)
        ),
        "endPort": whole(1, LAST_PORT, doubt=ENGINE),
    },
    by_engine(port_rule),
)
_BLOCK = fields({"cidr": text(), "except": items(text())}, by_engine(ip_block), required=("cidr",))
_SELECTED: dict[str, Shape] = {
    "ipBlock": _BLOCK,
    "namespaceSelector": _SELECTOR,
    "podSelector": _SELECTOR,
}


def _named(reading: Reading, value: dict[str, Any], field: str) -> None:
    """A peer of domain names is nothing else."""
    others = sorted(value.keys() & _SELECTED.keys())
    if "domainNames" in value and others:
        reading.fault(field, f"has domainNames and {' and '.join(others)}")
    elif "domainNames" not in value:
        by_engine(peer_rule)(reading, value, field)


def _rules(peers: str, peer: Shape) -> Shape:
    return items(fields({"ports": items(_PORT), peers: items(peer)}))


_DOMAINS = items(text(wrong=domain), least=1, is_set=True)
_SPEC = fields(
    {
        "podSelector": _SELECTOR,
        "policyTypes": items(text(choices=("Ingress", "Egress"), doubt=ENGINE)),
        "egress": _rules("to", fields({**_SELECTED, "domainNames": _DOMAINS}, _named)),
        "ingress": _rules("from", fields(_SELECTED, by_engine(peer_rule))),
    },
    required=("podSelector",),
)

SHAPES: dict[tuple[str, str], Shape] = {
    ("networking.k8s.aws", "ApplicationNetworkPolicy"): custom_resource(_SPEC, required=())
}
