"""The functionConfig: what a person may write, checked."""

from imds_guard.config.errors import ConfigError
from imds_guard.config.parts import Allow, DnsOverride, NamedWorkload, Peer, Port, Spec
from imds_guard.config.read import API_VERSION, KIND, Config, from_pairs, read_config

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
