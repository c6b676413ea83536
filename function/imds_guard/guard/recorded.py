"""The configuration that policies of ours were built for, as far as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import CNI, OWNER, PLATFORM
from imds_guard.config import Config, read_config
from imds_guard.platforms import CNIS, PLATFORMS
from imds_guard.resources import note

if TYPE_CHECKING:
    from imds_guard.guard.discover import Inventory
    from imds_guard.wire import Result

_GENERIC = "generic"


def recorded(inventory: Inventory) -> tuple[Config, list[Result]]:
    """The configuration to measure by, and what is said of it.

    It has the endpoints of every platform that some policy of ours names, and those of `generic`
    where one names none: what a policy says of itself takes nothing away from what others say.
    """
    ours = [policy for policy in inventory.policies if policy.annotation(OWNER) is not None]
    names = dict.fromkeys(policy.annotation(PLATFORM) or _GENERIC for policy in ours)
    known = [name for name in names if name in PLATFORMS]
    unknown = [name for name in names if name not in PLATFORMS]
    named = [name for name in known if name != _GENERIC]
    engines = {policy.annotation(CNI) or "" for policy in ours}
    # An engine takes demands away: it counts only where all of them were built for it.
    cni = engines.pop() if len(engines) == 1 else ""
    notes = [_unknown(name) for name in unknown]
    if not named and cni not in CNIS:
        return Config(), notes
    platform, *others = named or [_GENERIC]
    if _GENERIC in known and named:
        others.append(_GENERIC)
    engine = cni if cni in CNIS else ""
    spec = {
        "platform": platform,
        "cni": engine,
        "providers": [name for other in others for name in PLATFORMS[other].providers],
    }
    config = read_config(
        {"apiVersion": "imds-guard.dev/v1alpha1", "kind": "ImdsGuard", "spec": spec}
    )
    by = " and ".join((platform, *others, *([engine] if engine else [])))
    message = f"measured by {by}, which the policies here say they were built for"
    fix = "name --platform or --config to measure by something else"
    return config, [*notes, note("info", "platform", platform, message, fix=fix)]


def _unknown(name: str) -> Result:
    message = f"policies here say that they were built for {name}, which this version does not know"
    fix = "name --platform, or audit with the version that built them"
    return note("warning", "platform", name, message, fix=fix)
