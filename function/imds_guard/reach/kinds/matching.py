"""Reading values of any shape, and matching that may be uncertain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.addresses import network
from imds_guard.reach.decision import Client, Match
from imds_guard.reach.selectors import NAMESPACE_NAME, matches
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from imds_guard.reach.addresses import Network


def sequence(value: Any) -> list[Any]:
    """A list, empty for anything else."""
    return value if isinstance(value, list) else []


def number(value: Any) -> int | None:
    """A whole number, however it is written."""
    text = str(value)
    return int(text) if text.isdecimal() else None


def holds(cidr: Any, address: Network) -> Match:
    """Whether a CIDR holds an address; a CIDR that cannot be read may."""
    try:
        outer = network(str(cidr), strict=False)
    except ValueError:
        return Match.MAYBE
    inside = outer.version == address.version and outer.overlaps(address)
    return Match.YES if inside else Match.NO


def selects_namespace(selector: Any, client: Client) -> Match:
    """Whether a selector matches the client's namespace, whose labels may not all be known."""
    if matches(selector, client.namespace_labels, unknown=False):
        certain = client.namespace_is_known or _only_by_name(selector)
        return Match.YES if certain else Match.MAYBE
    if client.namespace_is_known or _only_by_name(selector):
        return Match.NO
    return Match.MAYBE


def selects_pods(selector: Any, client: Client) -> Match:
    """Whether a selector matches the client's labels."""
    if matches(selector, client.labels, unknown=False):
        return Match.YES
    return Match.MAYBE if matches(selector, client.labels) else Match.NO


def _only_by_name(selector: Any) -> bool:
    """Whether a selector asks for nothing but the namespace's name."""
    found = mapping(selector)
    keys: list[Any] = [*mapping(found.get("matchLabels"))]
    keys += [mapping(one).get("key") for one in sequence(found.get("matchExpressions"))]
    return all(key == NAMESPACE_NAME for key in keys)
