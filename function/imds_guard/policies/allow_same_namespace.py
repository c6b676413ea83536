"""allow-same-namespace: pods of one namespace talk to each other.

Both directions, every port: the connection's both ends are isolated by the default deny.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.manifest import network_policy
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY,)
SCOPE: Scope = "target"


def build(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The allowance for `target`, to and from every pod of its namespace, where it is wanted."""
    if not settings.config.spec.allow.same_namespace:
        return
    yield network_policy(
        settings,
        target,
        "allow-same-namespace",
        policy_types=["Ingress", "Egress"],
        rules={
            "ingress": [{"from": [{"podSelector": {}}]}],
            "egress": [{"to": [{"podSelector": {}}]}],
        },
    )
