"""Data: clouds and their metadata endpoints, clusters that run on them, engines. No logic."""

from imds_guard.platforms.cnis import CNIS
from imds_guard.platforms.model import (
    Cni,
    Dns,
    Endpoint,
    Identity,
    IdentityEndpoint,
    Neighbour,
    Platform,
    PodMaker,
    Provider,
    Source,
    WorkloadSign,
)
from imds_guard.platforms.namespaces import (
    GATEWAY_NAMESPACES,
    MONITORING_NAMESPACES,
    SYSTEM_NAMESPACES,
)
from imds_guard.platforms.platforms import PLATFORMS
from imds_guard.platforms.pod_makers import POD_MAKERS
from imds_guard.platforms.providers import PROVIDERS

__all__ = [
    "CNIS",
    "GATEWAY_NAMESPACES",
    "MONITORING_NAMESPACES",
    "PLATFORMS",
    "POD_MAKERS",
    "PROVIDERS",
    "SYSTEM_NAMESPACES",
    "Cni",
    "Dns",
    "Endpoint",
    "Identity",
    "IdentityEndpoint",
    "Neighbour",
    "Platform",
    "PodMaker",
    "Provider",
    "Source",
    "WorkloadSign",
]
