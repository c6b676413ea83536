"""allow-pod-identity: pods get credentials of their own.

With `podIdentity: true`, egress to the platform's identity agent, exactly its addresses and ports.
Where Cilium takes that address for the node, which no ipBlock matches, it is a CiliumNetworkPolicy
with `toEntities: [host]`. An identity that goes over the internet needs nothing of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import ALLOW_METADATA
from imds_guard.policies.manifest import CILIUM_NETWORK_POLICY, entity_policy, network_policy
from imds_guard.reach.addresses import network
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY, CILIUM_NETWORK_POLICY)
SCOPE: Scope = "target"
NAME = "allow-pod-identity"


def build(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The allowance for `target`; none where there is nothing to open."""
    identity = settings.identity
    if identity is None:
        return
    by_ports: dict[tuple[int, ...], list[str]] = {}
    for endpoint in identity.endpoints:
        address = network(endpoint.address)
        if address.version in settings.ip_versions:
            by_ports.setdefault(endpoint.ports, []).append(str(address))
    if not by_ports:
        return
    if settings.identity_is_host:
        numbers = sorted({port for ports in by_ports for port in ports})
        yield entity_policy(settings, target, NAME, ("host",), [(port, "TCP") for port in numbers])
        return
    rules = [
        {
            "to": [{"ipBlock": {"cidr": address}} for address in addresses],
            "ports": [{"protocol": "TCP", "port": port} for port in ports],
        }
        for ports, addresses in by_ports.items()
    ]
    metadata = {endpoint.address for endpoint in settings.endpoints}
    is_metadata = any(endpoint.address in metadata for endpoint in identity.endpoints)
    yield network_policy(
        settings,
        target,
        NAME,
        policy_types=["Egress"],
        rules={"egress": rules},
        annotations={ALLOW_METADATA: identity.title} if is_metadata else {},
    )
