"""allow-nodes-<policy>: what a repaired policy would take away on Cilium, besides metadata.

A rule without `to` lets pods reach everything, the nodes and the API server with it. Once it is
repaired its peers are named, and on Cilium no ipBlock matches a node or the API server. So a
CiliumNetworkPolicy beside it names them as the entities that they are there, for the same pods and
ports. It stays as long as the policy that it is beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.annotations import BESIDE
from imds_guard.policies.manifest import CILIUM_NETWORK_POLICY, manifest, shortened
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (CILIUM_NETWORK_POLICY,)
SCOPE: Scope = "workload"
ENTITIES = ("host", "remote-node", "kube-apiserver")


def build(
    settings: Settings, target: Target, policy: str, rules: Iterable[dict[str, Any]]
) -> Manifest:
    """The allowance for the pods of `policy`, of whose egress these rules have no `to`."""
    egress = []
    for rule in rules:
        allowed: Manifest = {"toEntities": list(ENTITIES)}
        if ports := rule.get("ports"):
            allowed["toPorts"] = [{"ports": [_port(mapping(port)) for port in ports]}]
        egress.append(allowed)
    spec = {"endpointSelector": target.pod_selector, "egress": egress}
    name = shortened(f"allow-nodes-{policy}")
    kind = ("cilium.io/v2", "CiliumNetworkPolicy")
    return manifest(settings, target, kind, name, spec, {BESIDE: policy})


def _port(port: dict[str, Any]) -> Manifest:
    """A port of a NetworkPolicy as Cilium writes it: any port of a protocol is 0."""
    found: Manifest = {"port": str(port.get("port") or 0), "protocol": port.get("protocol", "TCP")}
    if port.get("endPort") is not None:
        found["endPort"] = int(port["endPort"])
    return found
