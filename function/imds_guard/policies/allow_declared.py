"""allow-services-..., allow-ingresses-... and so on: the least rules for declared traffic.

With `allow.infer`, one policy per workload and kind of declaration. Ingress for who is declared to
call it, on the declared ports alone; for `references` also egress to whom its settings name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.manifest import network_policy
from imds_guard.reach.selectors import NAMESPACE_NAME
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.reach.declared import Port
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY,)
SCOPE: Scope = "workload"


def build(
    settings: Settings,
    target: Target,
    name: str,
    ingress: Sequence[tuple[list[Manifest], Sequence[Port]]],
    egress: Sequence[tuple[list[Manifest], Sequence[Port]]],
) -> Manifest:
    """The policy of one workload and kind; each rule is its peers and its ports."""
    rules: Manifest = {}
    if ingress:
        rules["ingress"] = [{"from": peers, "ports": _ports(ports)} for peers, ports in ingress]
    if egress:
        rules["egress"] = [{"to": peers, "ports": _ports(ports)} for peers, ports in egress]
    types = [one for one, has in (("Ingress", ingress), ("Egress", egress)) if has]
    return network_policy(settings, target, name, policy_types=types, rules=rules)


def namespaces_peer(names: Iterable[str]) -> Manifest:
    """All pods of namespaces by name."""
    expression = {"key": NAMESPACE_NAME, "operator": "In", "values": sorted(set(names))}
    return {"namespaceSelector": {"matchExpressions": [expression]}}


def pods_peer(namespace: str | None, selector: Manifest, here: str | None) -> Manifest:
    """Pods by their selector, of the policy's own namespace (`here`) or of another.

    By matchExpressions, since kustomize's commonLabels rewrite matchLabels in peers.
    """
    expressions = [
        {"key": key, "operator": "In", "values": [value]}
        for key, value in selector.get("matchLabels", {}).items()
    ]
    expressions += selector.get("matchExpressions", [])
    peer: Manifest = {"podSelector": {"matchExpressions": expressions}}
    if namespace != here and namespace is not None:
        peer = {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: namespace}}, **peer}
    return peer


def world_peers(settings: Settings) -> list[Manifest]:
    """Every address of the IP families in use: the world, and the API server with it."""
    return [{"ipBlock": {"cidr": cidr}} for cidr in settings.any_address]


def _ports(ports: Iterable[Port]) -> list[Manifest]:
    ordered = sorted(set(ports), key=lambda one: (one.protocol, str(one.port).zfill(5)))
    return [{"protocol": one.protocol, "port": one.port} for one in ordered]
