"""deny-cloud-metadata as a ClusterNetworkPolicy of SIG Network, in its Admin tier.

Network policy API, v1alpha2 of ClusterNetworkPolicy: the version that engines document; v1beta1
has the same schema. Rules of the Baseline tier are not asked for pods that any NetworkPolicy
selects, so that a denial there would be none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.deny import admin_tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.deny.denial import Denial, PortSpan
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings


def build(settings: Settings, denial: Denial) -> Iterator[Manifest]:
    """The object that denies, and one for each exception. Raises ConfigError."""
    return admin_tier.build(settings, denial, _DIALECT)


def _port(span: PortSpan) -> Manifest:
    protocol, first, last = span
    port: Manifest = {"number": first}
    if last != first:
        port = {"range": {"start": first, "end": last}}
    return {protocol.lower(): {"destinationPort": port}}


_DIALECT = admin_tier.Dialect(
    "policy.networking.k8s.io/v1alpha2",
    "ClusterNetworkPolicy",
    priority=100,  # of 0 to 1000
    tier={"tier": "Admin"},
    ports="protocols",
    port=_port,
)
