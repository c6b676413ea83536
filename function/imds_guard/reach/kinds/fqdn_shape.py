"""What GKE documents of its FQDNNetworkPolicy; its definition is not published.

Source: cloud.google.com/kubernetes-engine/docs/how-to/fqdn-network-policies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.reach.validity.custom import custom_resource
from imds_guard.reach.validity.fault import ENGINE
from imds_guard.reach.validity.names import label_value
from imds_guard.reach.validity.selectors import schema_selector
from imds_guard.reach.validity.shapes import exactly_one, fields, items, text, whole
from imds_guard.resources.network_policy import LAST_PORT

if TYPE_CHECKING:
    from imds_guard.reach.validity.reading import Shape

_RULE = fields(
    {
        "matches": items(
            fields({"name": text(), "pattern": text()}, exactly_one("name", "pattern"))
        ),
        "ports": items(
            fields({"protocol": text(choices=("TCP", "UDP")), "port": whole(1, LAST_PORT)})
        ),
    },
    required=("matches",),
)
_SPEC = fields(
    {
        "podSelector": schema_selector(text(wrong=label_value, doubt=ENGINE)),
        "egress": items(_RULE),
        "policyTypes": items(text(choices=("Egress",))),
    },
)

SHAPES: dict[tuple[str, str], Shape] = {
    ("networking.gke.io", "FQDNNetworkPolicy"): custom_resource(_SPEC)
}
