"""Fields of a configuration that do not go together, each named by its own path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.config.errors import ConfigError, Path

if TYPE_CHECKING:
    from imds_guard.config.parts import Spec


def check_together(spec: Spec, at: Path) -> None:
    """Raises ConfigError for the first field that contradicts another one; `at` is the spec's path.

    Without a default deny for egress only deny-cloud-metadata isolates the pods, so that whatever
    it does not allow is cut: with `egress: any` that is metadata, with less it is the application.
    """
    if spec.scope == "cluster" or "Egress" in spec.default_deny or spec.egress == "any":
        return
    left = {"dns": "all but names", "web": "all but names and TCP 80 and 443"}[spec.egress]
    raise ConfigError(
        f"without Egress here only the metadata service is to be cut, but egress: {spec.egress} "
        f"would cut {left}; set egress: any, or add Egress",
        (*at, "defaultDeny"),
    )
