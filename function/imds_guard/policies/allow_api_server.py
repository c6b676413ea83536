"""allow-apiserver: a workload that uses the Kubernetes API reaches it.

With `apiserver` in `allow.infer`, egress to the platform's API server on its ports, for each
workload that is seen to use it. Policies see the traffic after the translation of the Service
`kubernetes`, so the port is the API server's own. Where its addresses are not configured, every
address but those of metadata services is meant. Where the engine takes the API server for an
entity, which no ipBlock matches, it is a CiliumNetworkPolicy with `toEntities`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.manifest import (
    CILIUM_NETWORK_POLICY,
    all_but_metadata,
    entity_policy,
    network_policy,
)
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY, CILIUM_NETWORK_POLICY)
SCOPE: Scope = "workload"
NAME = "allow-apiserver"


def build(settings: Settings, target: Target, name: str) -> Manifest:
    """The allowance for the pods of `target`."""
    server = settings.api_server
    if server.entity:
        numbers = [(port, "TCP") for port in server.ports]
        return entity_policy(settings, target, name, (server.entity,), numbers)
    cidrs = server.cidrs or settings.any_address
    ports = [{"protocol": "TCP", "port": port} for port in server.ports]
    rules = [{"to": [all_but_metadata(settings, cidr)], "ports": ports} for cidr in cidrs]
    return network_policy(settings, target, name, policy_types=["Egress"], rules={"egress": rules})
