"""The platform data as JSON, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from imds_guard.platforms import CNIS, PLATFORMS, PROVIDERS
from imds_guard.report.platforms.phrases import platform_named

if TYPE_CHECKING:
    from imds_guard.platforms import Platform


def as_json(name: str | None = None) -> str:
    """One platform, or all of the data. Raises ConfigError for an unknown name."""
    if name is not None:
        data = _platform_data(platform_named(name))
    else:
        data = {
            "platforms": [_platform_data(platform) for platform in PLATFORMS.values()],
            "providers": [_plain(provider) for provider in PROVIDERS.values()],
            "cnis": [_plain(cni) for cni in CNIS.values()],
        }
    return json.dumps(data, indent=2) + "\n"


def _platform_data(platform: Platform) -> dict[str, Any]:
    """A platform with its providers' endpoints in place of their names."""
    data: dict[str, Any] = _plain(platform)
    data["providers"] = [_plain(PROVIDERS[name]) for name in platform.providers]
    data["dns"]["podLabels"] = {key: list(values) for key, values in platform.dns.pod_labels}
    return data


def _plain(value: Any) -> Any:
    """Named tuples as mappings, their fields in lowerCamelCase as in the configuration."""
    if hasattr(value, "_asdict"):
        return {_camel(key): _plain(held) for key, held in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(held) for held in value]
    return value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
