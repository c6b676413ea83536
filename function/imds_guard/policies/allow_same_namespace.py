"""allow-same-namespace: pods of one namespace talk to each other.

Every port, in the directions that the default deny isolates: nothing else keeps pods apart.
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
    """The allowance for `target`, to and from every pod of its namespace, where it is wanted."""
    denied = [one for one in DIRECTIONS if settings.denies(one)]
    if not (settings.config.spec.allow.same_namespace and denied):
        return
    peers: list[Manifest] = [{"podSelector": {}}]
    rules = {"Ingress": ("ingress", {"from": peers}), "Egress": ("egress", {"to": peers})}
    yield network_policy(
        settings,
        target,
        "allow-same-namespace",
        policy_types=denied,
        rules={name: [rule] for name, rule in (rules[one] for one in denied)},
    )
