"""Our reading of a text in the words of Go's, and where the two differ."""

from __future__ import annotations

import json
from typing import Any

from imds_guard.resources import Policy, Resource, read_network_policy, resources, workloads
from imds_guard.resources.network_policy import IpBlock, PolicyRule
from imds_guard.wire import InputError, read
from imds_guard.wire.scalars import Typed
from tests.oracle.client import Answer, Held


def as_json(value: Any) -> Any:
    """A value of ours as the JSON that kubectl would send."""
    if isinstance(value, Typed):
        return json.loads(value)
    if isinstance(value, dict):
        return {key: as_json(held) for key, held in value.items()}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    return value


def read_all(text: bytes) -> list[Resource]:
    """Every resource of a text, read to its end. Raises InputError."""
    found = list(resources(read(text)))
    for one in found:
        one.item.value()
    return found


def sent(resource: Resource) -> dict[str, Any]:
    """The object as kubectl would send it: an entry of a typed list has its kind."""
    value = as_json(resource.item.value())
    if not value.get("kind"):
        value["kind"] = resource.kind
        value["apiVersion"] = resource.address.api_version
    return dict(value)


def seen(resource: Resource) -> Any:
    """What we decide by: a policy's rules, the pods of a workload."""
    if (resource.group, resource.kind) == ("networking.k8s.io", "NetworkPolicy"):
        policy = Policy(resource.address, resource=resource)
        found = read_network_policy(policy)
        rules = [[_rule(one) for one in rules] for rules in (found.egress, found.ingress)]
        return [_selector(found.pod_selector) or {}, sorted(found.policy_types), rules]
    return [
        [
            {key: text for key, text in one.pod_labels.items() if text},
            {name: port for name, port in one.named_ports.items() if name[1]},
            *(one.host_network, one.service_account),
        ]
        for one in workloads(resource)
        if one.pod_labels or any(one.containers)  # without a template, it has no pods
    ]


def _rule(rule: PolicyRule) -> Any:
    peers = [
        [_block(one.ip_block), _selector(one.namespace_selector), _selector(one.pod_selector)]
        for one in rule.peers
    ]
    return [rule.field, peers, list(rule.ports)]


def _block(block: IpBlock | None) -> Any:
    """An IP block; without a cidr it is none, whatever stands for that."""
    return block and ("" if block.cidr == "None" else block.cidr, block.excepted)


def _selector(value: Any) -> Any:
    """What a selector says, without the fields that the API does not know."""
    if not isinstance(value, dict):
        return value
    labels = {key: text or "" for key, text in (value.get("matchLabels") or {}).items()}
    expressions = [
        [
            *((one or {}).get(name) or "" for name in ("key", "operator")),
            [text or "" for text in (one or {}).get("values") or []],
        ]
        for one in value.get("matchExpressions") or []
    ]
    return [labels, expressions] if labels or expressions else {}


def difference(text: bytes, go: Answer) -> str:
    """Where our reading is another one than Go's, in words; empty where it is the same.

    A refusal of ours is no other reading, whatever Go says. One of Go's is, where we take it.
    """
    try:
        ours = read_all(text)
    except InputError:
        return ""
    if go.error:
        return f"Go refuses what we read: {go.error}"
    mine = sorted(ours, key=lambda one: json.dumps(sent(one), sort_keys=True))
    theirs = sorted(go.objects, key=lambda one: json.dumps(one.sent, sort_keys=True))
    if [sent(one) for one in mine] != [one.sent for one in theirs]:
        return "the objects differ"
    return next(filter(None, map(_differs, mine, theirs)), "")


def _differs(resource: Resource, held: Held) -> str:
    """How what we see of an object differs from what the API server holds of it."""
    if held.typed is None or resource.kind.endswith("List"):
        return ""  # refused, of a kind that it does not know, or a list without items
    (typed,) = resources(read(json.dumps(held.typed).encode()))
    if any(0 in one.named_ports.values() for one in workloads(typed)):
        return ""  # a port without its number: refused once it is validated
    if typed.address != resource.address:
        return f"{resource.address} is {typed.address}"
    if seen(typed) != seen(resource):
        return f"of {resource.address} we see {seen(resource)} and the server {seen(typed)}"
    return ""
