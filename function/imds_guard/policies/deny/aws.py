"""deny-cloud-metadata as the ClusterNetworkPolicy of the Amazon VPC CNI, in its Admin tier.

Amazon VPC CNI from 1.21.1, networking.k8s.aws/v1alpha1. Its schema takes any text for a CIDR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.deny import admin_tier
from imds_guard.policies.deny.admin_network_policy import port_of_v1alpha1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.deny.denial import Denial
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings


_DIALECT = admin_tier.Dialect(
    "networking.k8s.aws/v1alpha1",
    "ClusterNetworkPolicy",
    priority=100,
    tier={"tier": "Admin"},
    ports="ports",
    port=port_of_v1alpha1,
)


def build(settings: Settings, denial: Denial) -> Iterator[Manifest]:
    """The object that denies, and one for each exception. Raises ConfigError."""
    return admin_tier.build(settings, denial, _DIALECT)
