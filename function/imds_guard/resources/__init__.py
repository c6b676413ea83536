"""Typed views of what is read."""

from imds_guard.resources.network_policy import NetworkPolicy, read_network_policy
from imds_guard.resources.notes import note
from imds_guard.resources.policy import Policy
from imds_guard.resources.resource import (
    INDEX_ANNOTATIONS,
    PATH_ANNOTATIONS,
    Address,
    Key,
    Resource,
    resources,
)
from imds_guard.resources.templates import workloads
from imds_guard.resources.workload import Workload

__all__ = [
    "INDEX_ANNOTATIONS",
    "PATH_ANNOTATIONS",
    "Address",
    "Key",
    "NetworkPolicy",
    "Policy",
    "Resource",
    "Workload",
    "note",
    "read_network_policy",
    "resources",
    "workloads",
]
