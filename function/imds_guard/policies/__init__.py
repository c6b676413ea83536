"""One module per policy that is written: each a pure function to a manifest."""

from imds_guard.policies import (
    allow_dns,
    allow_metadata,
    allow_same_namespace,
    allow_traffic,
    default_deny,
    deny_metadata,
)
from imds_guard.policies.frame import (
    GIVEN_KEYS,
    MANAGED_BY,
    OWNER,
    Settings,
    Target,
    settings,
    shortened,
    slug,
)

__all__ = [
    "GIVEN_KEYS",
    "MANAGED_BY",
    "OWNER",
    "Settings",
    "Target",
    "allow_dns",
    "allow_metadata",
    "allow_same_namespace",
    "allow_traffic",
    "default_deny",
    "deny_metadata",
    "settings",
    "shortened",
    "slug",
]
