"""default-deny-all: nothing in, nothing out, unless another policy allows it.

NetworkPolicies only allow. A pod that a policy selects for a direction is isolated in that
direction: what no policy allows is dropped. This one selects every pod of its target for both
directions and allows nothing, so that all other policies say what is allowed.
"""

from __future__ import annotations

from imds_guard.policies.frame import Manifest, Settings, Target, network_policy


def build(settings: Settings, target: Target) -> Manifest:
    """The default deny for `target`."""
    return network_policy(
        settings,
        target,
        settings.config.spec.names.default_deny,
        policy_types=["Ingress", "Egress"],
    )
