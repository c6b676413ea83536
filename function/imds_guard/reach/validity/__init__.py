"""What API servers refuse in a policy, which then counts for nothing.

A module per part: shapes and how they are read, names, metadata, selectors, CIDRs; NetworkPolicy is
put together of them here, every other kind beside its reader in reach/kinds.
"""

from __future__ import annotations

from imds_guard.reach.validity.fault import Fault, validity
from imds_guard.reach.validity.network_policy import network_policy_faults
from imds_guard.reach.validity.reading import Clean

__all__ = ["Clean", "Fault", "network_policy_faults", "validity"]
