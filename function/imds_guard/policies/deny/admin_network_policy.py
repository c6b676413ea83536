"""deny-cloud-metadata as an AdminNetworkPolicy of SIG Network.

Network policy API, v1alpha1. OVN-Kubernetes takes priorities of 0 to 99 alone.
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


def port_of_v1alpha1(span: PortSpan) -> Manifest:
    """Ports as this version writes them."""
    protocol, first, last = span
    if last == first:
        return {"portNumber": {"protocol": protocol, "port": first}}
    return {"portRange": {"protocol": protocol, "start": first, "end": last}}


_DIALECT = admin_tier.Dialect(
    "policy.networking.k8s.io/v1alpha1",
    "AdminNetworkPolicy",
    priority=50,
    tier={},
    ports="ports",
    port=port_of_v1alpha1,
)
