"""Policies that are no NetworkPolicy, as rules that reach/decision can order.

A new kind is a module with `read(Resource, OtherPolicies)`, and its name here. A module is loaded
when a resource of its kind is met, which in most packages none is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from imds_guard.reach.decision import OtherPolicies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.resources import Resource

_SIG_NETWORK = "policy.networking.k8s.io"
_MODULES = {
    (_SIG_NETWORK, "AdminNetworkPolicy"): "admin",
    (_SIG_NETWORK, "BaselineAdminNetworkPolicy"): "admin",
    (_SIG_NETWORK, "ClusterNetworkPolicy"): "admin",
    ("networking.k8s.aws", "ClusterNetworkPolicy"): "admin",
    ("cilium.io", "CiliumNetworkPolicy"): "cilium",
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): "cilium",
    ("projectcalico.org", "NetworkPolicy"): "calico",
    ("projectcalico.org", "GlobalNetworkPolicy"): "calico",
    ("crd.projectcalico.org", "NetworkPolicy"): "calico",
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): "calico",
    ("crd.antrea.io", "NetworkPolicy"): "antrea",
    ("crd.antrea.io", "ClusterNetworkPolicy"): "antrea",
}
KINDS = frozenset(_MODULES)
"""The API groups and kinds that are understood, as far as they can be."""


def other_policies(resources: Iterable[Resource]) -> OtherPolicies:
    """The rules and isolations of these resources. Raises InputError where one is malformed."""
    found = OtherPolicies()
    for resource in resources:
        if module := _MODULES.get((resource.group, resource.kind)):
            import_module(f"{__name__}.{module}").read(resource, found)
    return found
