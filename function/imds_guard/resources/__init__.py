"""Typed views of what is read."""

from imds_guard.resources.network_policy import NetworkPolicy, network_policy
from imds_guard.resources.notes import note
from imds_guard.resources.resource import (
    INDEX_ANNOTATIONS,
    PATH_ANNOTATIONS,
    Address,
    Resource,
    resources,
)
from imds_guard.resources.workload import Workload, workload

__all__ = [
    "INDEX_ANNOTATIONS",
    "PATH_ANNOTATIONS",
    "Address",
    "NetworkPolicy",
    "Resource",
    "Workload",
    "network_policy",
    "note",
    "resources",
    "workload",
]
