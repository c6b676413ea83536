"""allow-pod-identity: pods get credentials of their own.

With `podIdentity: true`, egress to the platform's identity agent, exactly its addresses and ports.
Where Cilium takes that address for the node, which no ipBlock matches, it is a CiliumNetworkPolicy
with `toEntities: [host]`. An identity that goes over the internet needs nothing of its own.
"""

from __future__ import annotations

from imds_guard.policies.frame import (
    Manifest,
    Settings,
    Target,
    host_policy,
    network_policy,
)
from imds_guard.reach.addresses import network

NAME = "allow-pod-identity"


def build(settings: Settings, target: Target) -> Manifest | None:
    """The allowance for `target`; None where there is nothing to open."""
    identity = settings.identity
    if identity is None:
        return None
    by_ports: dict[tuple[int, ...], list[str]] = {}
    for endpoint in identity.endpoints:
        address = network(endpoint.address)
        if address.version in settings.ip_versions:
            by_ports.setdefault(endpoint.ports, []).append(str(address))
    if not by_ports:
        return None
    if settings.identity_is_host:
        numbers = sorted({port for ports in by_ports for port in ports})
        return host_policy(settings, target, NAME, [(port, "TCP") for port in numbers])
    rules = [
        {
            "to": [{"ipBlock": {"cidr": address}} for address in addresses],
            "ports": [{"protocol": "TCP", "port": port} for port in ports],
        }
        for ports, addresses in by_ports.items()
    ]
    return network_policy(settings, target, NAME, policy_types=["Egress"], rules={"egress": rules})
