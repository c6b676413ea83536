"""Kinds of clusters by name. A new one is an entry in managed or distributions, and here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.platforms.distributions import (
    GARDENER,
    GENERIC,
    HETZNER,
    K3S,
    KUBESPRAY,
    MICROK8S,
    OPENSHIFT,
    RKE2,
    TALOS,
)
from imds_guard.platforms.managed import (
    ACK,
    AKS,
    DOKS,
    EKS,
    EKS_AUTO,
    GKE,
    GKE_V2,
    LINODE,
    OKE,
)

if TYPE_CHECKING:
    from imds_guard.platforms.model import Platform

_ALL = (
    GENERIC,
    EKS,
    EKS_AUTO,
    GKE,
    GKE_V2,
    AKS,
    OKE,
    DOKS,
    ACK,
    OPENSHIFT,
    K3S,
    RKE2,
    MICROK8S,
    GARDENER,
    KUBESPRAY,
    TALOS,
    LINODE,
    HETZNER,
)

PLATFORMS: dict[str, Platform] = {platform.name: platform for platform in _ALL}

ALIASES: dict[str, str] = {"aws": "eks", "gcp": "gke", "azure": "aks"}
"""The clouds, each with the name of its managed platform."""
