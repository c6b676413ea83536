"""The functionConfig: what a person may write, checked."""

from imds_guard.config.errors import ConfigError
from imds_guard.config.model import (
    Allow,
    Config,
    DnsOverride,
    NamedWorkload,
    Peer,
    Spec,
)
from imds_guard.config.read import API_VERSION, KIND, from_pairs, read_config
from imds_guard.config.types import Port

__all__ = [
    "API_VERSION",
    "KIND",
    "Allow",
    "Config",
    "ConfigError",
    "DnsOverride",
    "NamedWorkload",
    "Peer",
    "Port",
    "Spec",
    "from_pairs",
    "read_config",
]
