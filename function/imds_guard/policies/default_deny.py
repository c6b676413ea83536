"""default-deny-all: nothing in, nothing out, unless another policy allows it.

NetworkPolicies only allow. A pod that a policy selects for a direction is isolated in that
direction: what no policy allows is dropped. This one selects every pod of its target for the
directions of `defaultDeny` and allows nothing, so that all other policies say what is allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.manifest import DIRECTIONS, network_policy
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY,)
SCOPE: Scope = "target"


def build(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The default deny for `target`; none where the configuration isolates for no direction."""
    denied = [one for one in DIRECTIONS if settings.denies(one)]
    if denied:
        name = settings.config.spec.names.default_deny
        yield network_policy(settings, target, name, policy_types=denied)
