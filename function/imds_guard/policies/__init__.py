"""The policies that are written, one module each: pure functions to manifests.

A writer is a module with three names, and its entry in WRITERS: KINDS, the API groups and kinds
that it writes; SCOPE, what one call of it is for; and `build`. One with SCOPE "target" is called
wherever it is registered, and writes nothing where the configuration does not ask for it. One with
SCOPE "workload" takes more than the configuration, so guard/ calls it by its own arguments.
`deny/` and `admission/` have the writers of cluster-wide objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies import (
    allow_api_server,
    allow_declared,
    allow_dns,
    allow_metadata,
    allow_nodes,
    allow_pod_identity,
    allow_same_namespace,
    allow_traffic,
    default_deny,
    deny_metadata,
)
from imds_guard.policies.admission import GUARDS
from imds_guard.policies.deny import DENIERS
from imds_guard.policies.manifest import Target, hashed, shortened, slug

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

# In the order in which a target's policies are written.
WRITERS: tuple[ModuleType, ...] = (
    default_deny,
    allow_dns,
    deny_metadata,
    allow_pod_identity,
    allow_same_namespace,
    allow_traffic,
    allow_metadata,
    allow_declared,
    allow_api_server,
    allow_nodes,
)

_CLUSTER_WIDE = (*DENIERS.values(), *GUARDS.values())
WRITTEN_KINDS: frozenset[tuple[str, str]] = frozenset(
    kind
    for kinds in (*(one.KINDS for one in WRITERS), *(one.kinds for one in _CLUSTER_WIDE))
    for kind in kinds
)
"""The API groups and kinds that imds-guard writes, and that it may therefore own."""


def target_manifests(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The manifests for `target` that need no more than the configuration."""
    for writer in WRITERS:
        if writer.SCOPE == "target":
            yield from writer.build(settings, target)


__all__ = [
    "WRITERS",
    "WRITTEN_KINDS",
    "Target",
    "allow_api_server",
    "allow_declared",
    "allow_dns",
    "allow_metadata",
    "allow_nodes",
    "allow_pod_identity",
    "allow_same_namespace",
    "allow_traffic",
    "default_deny",
    "deny_metadata",
    "hashed",
    "shortened",
    "slug",
    "target_manifests",
]
