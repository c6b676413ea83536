"""What the API server refuses in a NetworkPolicy. A policy that it refuses does not count.

Sources, in github.com/kubernetes/kubernetes (1.36): pkg/apis/networking/validation/validation.go
for the rules, staging/src/k8s.io/api/networking/v1/types.go for the fields. A field that the API
does not know is refused by kubectl and under server-side apply, and dropped for a client that asks
for no strict validation: such a policy may stand, without the field.

Of older API servers: before 1.25 (1.22 by default) they drop endPort; before 1.26 they take values
in a selector that are no label values; from 1.24 to 1.27 they take a status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.validity.cidr import IP_BLOCK
from imds_guard.reach.validity.metadata import metadata, own_finalizers
from imds_guard.reach.validity.names import port_name
from imds_guard.reach.validity.reading import Reading, whole_number
from imds_guard.reach.validity.selectors import SELECTOR
from imds_guard.reach.validity.shapes import fields, items, number_or_text, text, whole
from imds_guard.resources.network_policy import LAST_PORT, PROTOCOLS

if TYPE_CHECKING:
    from imds_guard.reach.validity.fault import Fault
    from imds_guard.reach.validity.reading import Clean, Shape
    from imds_guard.resources import Policy

_API_VERSION = "networking.k8s.io/v1"
_POLICY_TYPES = ("Ingress", "Egress")


def port_rule(reading: Reading, value: dict[str, Any], field: str) -> None:
    """A Rule: endPort needs a port with a number that is not above it."""
    if "endPort" not in value:
        return
    first, last = whole_number(value.get("port")), whole_number(value["endPort"])
    if first is None:
        why = "needs a port with a number"
        reading.fault(f"{field}.endPort", f"endPort {why}", value["endPort"])
    elif last is not None and last < first:
        why = f"endPort {last} is not from {first} to {LAST_PORT}"
        reading.fault(f"{field}.endPort", why, value["endPort"])


def peer_rule(reading: Reading, value: dict[str, Any], field: str) -> None:
    """A Rule: an ipBlock alone, or one or both selectors."""
    selectors = [key for key in ("namespaceSelector", "podSelector") if key in value]
    if "ipBlock" not in value and not selectors:
        reading.fault(field, "the peer names no pods and no ipBlock", value)
    if "ipBlock" in value and selectors:
        reading.fault(field, f"an ipBlock excludes {' and '.join(selectors)}", value)


def _types(reading: Reading, value: dict[str, Any], field: str) -> None:
    types = value.get("policyTypes")
    if isinstance(types, list) and len(types) > len(_POLICY_TYPES):
        reading.fault(
            f"{field}.policyTypes", f"has {len(types)} entries, and two are allowed", types
        )


_PORT = fields(
    {
        "protocol": text(choices=PROTOCOLS),
        "port": number_or_text(whole(1, LAST_PORT), text(wrong=port_name)),
        "endPort": whole(1, LAST_PORT),
    },
    port_rule,
)
_PEER_FIELDS: dict[str, Shape] = {
    "ipBlock": IP_BLOCK,
    "namespaceSelector": SELECTOR,
    "podSelector": SELECTOR,
}
_PEERS = items(fields(_PEER_FIELDS, peer_rule))


def _rules(peers: str) -> Shape:
    return items(fields({"ports": items(_PORT), peers: _PEERS}))


_SHAPE = fields(
    {
        "apiVersion": text(choices=(_API_VERSION,)),
        "kind": text(),
        "metadata": metadata,
        "spec": fields(
            {
                "podSelector": SELECTOR,
                "policyTypes": items(text(choices=_POLICY_TYPES)),
                "egress": _rules("to"),
                "ingress": _rules("from"),
            },
            _types,
        ),
    },
    lambda reading, value, _: own_finalizers(reading, value.get("metadata") or {}, "metadata"),
)


def network_policy_faults(policy: Policy, clean: Clean | None = None) -> tuple[Fault, ...]:
    """Everything in the policy that some API server refuses.

    What several policies share is looked at once, where those calls share `clean` too. Raises
    InputError where the policy's text is malformed.
    """
    reading = Reading(is_custom=False, clean=clean)
    reading.look(_SHAPE, policy.value, "")
    return tuple(reading.faults)
