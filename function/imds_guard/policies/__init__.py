"""One module per policy that is written: each a pure function to a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies import (
    allow_dns,
    allow_metadata,
    allow_pod_identity,
    allow_same_namespace,
    allow_traffic,
    default_deny,
    deny_metadata,
    inferred,
)
from imds_guard.policies.frame import (
    GIVEN_KEYS,
    MANAGED_BY,
    OWNER,
    REASON,
    Settings,
    Target,
    settings,
    shortened,
    slug,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.frame import Manifest

# The policies that every target may have, in the order in which they are written.
_BASE = (
    default_deny.build,
    allow_dns.build,
    allow_dns.build_host,
    deny_metadata.build,
    allow_pod_identity.build,
    allow_same_namespace.build,
)


def base_policies(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The policies for `target` that need no more than the configuration."""
    for build in _BASE:
        if manifest := build(settings, target):
            yield manifest


__all__ = [
    "GIVEN_KEYS",
    "MANAGED_BY",
    "OWNER",
    "REASON",
    "Settings",
    "Target",
    "allow_dns",
    "allow_metadata",
    "allow_pod_identity",
    "allow_same_namespace",
    "allow_traffic",
    "base_policies",
    "default_deny",
    "deny_metadata",
    "inferred",
    "settings",
    "shortened",
    "slug",
]
