"""allow-same-namespace: pods of one namespace talk to each other.

Both directions, every port: the connection's both ends are isolated by the default deny.
"""

from __future__ import annotations

from imds_guard.policies.frame import Manifest, Settings, Target, network_policy


def build(settings: Settings, target: Target) -> Manifest | None:
    """The allowance for `target`, to and from every pod of its namespace; None unless wanted."""
    if not settings.config.spec.allow.same_namespace:
        return None
    return network_policy(
        settings,
        target,
        "allow-same-namespace",
        policy_types=["Ingress", "Egress"],
        rules={
            "ingress": [{"from": [{"podSelector": {}}]}],
            "egress": [{"to": [{"podSelector": {}}]}],
        },
    )
