"""Data: clouds and their metadata endpoints, clusters that run on them, engines. No logic."""

from imds_guard.platforms.cnis import CNIS
from imds_guard.platforms.gaps import EVERYWHERE
from imds_guard.platforms.model import (
    ApiServer,
    Cni,
    Dns,
    Endpoint,
    Gap,
    Identity,
    IdentityEndpoint,
    Neighbour,
    OwnRule,
    Platform,
    PodMaker,
    PodSign,
    Provider,
    Retired,
    Source,
    SystemNamespaces,
    WorkloadSign,
)
from imds_guard.platforms.namespaces import (
    GATEWAY_NAMESPACES,
    ISTIO_GATEWAYS,
    KUBERNETES,
    MONITORING_NAMESPACES,
    OPENSHIFT_ROUTERS,
    TRAEFIK_GATEWAYS,
)
from imds_guard.platforms.platforms import ALIASES, PLATFORMS
from imds_guard.platforms.pod_makers import POD_MAKERS, WITHOUT_PODS
from imds_guard.platforms.providers import PROVIDERS

__all__ = [
    "ALIASES",
    "CNIS",
    "EVERYWHERE",
    "GATEWAY_NAMESPACES",
    "ISTIO_GATEWAYS",
    "KUBERNETES",
    "MONITORING_NAMESPACES",
    "OPENSHIFT_ROUTERS",
    "PLATFORMS",
    "POD_MAKERS",
    "PROVIDERS",
    "TRAEFIK_GATEWAYS",
    "WITHOUT_PODS",
    "ApiServer",
    "Cni",
    "Dns",
    "Endpoint",
    "Gap",
    "Identity",
    "IdentityEndpoint",
    "Neighbour",
    "OwnRule",
    "Platform",
    "PodMaker",
    "PodSign",
    "Provider",
    "Retired",
    "Source",
    "SystemNamespaces",
    "WorkloadSign",
]
