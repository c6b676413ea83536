"""allow-metadata-<workload>: an exception, with its reason.

One workload may reach the metadata endpoints of its platform, each address on its own and only on
the ports that it answers, or on those that the exception names. The reason stands in an annotation
of the policy, and so does its last day, by which an audit finds it expired without being told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import REASON, UNTIL
from imds_guard.policies.manifest import network_policy, port_rule
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.config import Port
    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY,)
SCOPE: Scope = "workload"


def build(
    settings: Settings,
    target: Target,
    *,
    workload: str,
    reason: str,
    ports: Sequence[Port] = (),
    until: str | None = None,
) -> Manifest:
    """The exception for the pods of `target`, which are those of `workload`; `until` a day."""
    by_ports = settings.endpoints_by_ports
    if ports:
        every = [address for addresses in by_ports.values() for address in addresses]
        rules = [_rule(every, [port_rule(port) for port in ports])]
    else:
        rules = [
            _rule(addresses, [{"protocol": "TCP", "port": number} for number in numbers])
            for numbers, addresses in by_ports.items()
        ]
    return network_policy(
        settings,
        target,
        f"allow-metadata-{workload}",
        policy_types=["Egress"],
        rules={"egress": rules},
        annotations={REASON: reason, **({UNTIL: until} if until else {})},
    )


def _rule(addresses: list[str], ports: list[Manifest]) -> Manifest:
    peers = [{"ipBlock": {"cidr": address}} for address in addresses]
    return {"to": peers, "ports": ports}
