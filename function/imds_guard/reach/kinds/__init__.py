"""The kinds of policies that are read, each with the module that reads it.

A new kind is a module with `read(Policy, OtherPolicies)`, which makes rules that reach/decision can
order, and an entry here. A module is loaded when a policy of its kind is met, which in most
packages none is. NetworkPolicy has no such module: reach/network_policies.py decides it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple

from imds_guard.reach.decision import OtherPolicies
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.resources import Policy


class PolicyKind(NamedTuple):
    """A kind of policy: whether its objects live in a namespace or in the cluster, its reader."""

    scope: Literal["namespace", "cluster"]
    module: str | None = None  # in this folder; None: reach/network_policies.py


_SIG_NETWORK = "policy.networking.k8s.io"
KINDS: dict[tuple[str, str], PolicyKind] = {
    NETWORK_POLICY: PolicyKind("namespace"),
    (_SIG_NETWORK, "AdminNetworkPolicy"): PolicyKind("cluster", "admin"),
    (_SIG_NETWORK, "BaselineAdminNetworkPolicy"): PolicyKind("cluster", "admin"),
    (_SIG_NETWORK, "ClusterNetworkPolicy"): PolicyKind("cluster", "admin"),
    ("networking.k8s.aws", "ClusterNetworkPolicy"): PolicyKind("cluster", "admin"),
    ("cilium.io", "CiliumNetworkPolicy"): PolicyKind("namespace", "cilium"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): PolicyKind("cluster", "cilium"),
    ("projectcalico.org", "NetworkPolicy"): PolicyKind("namespace", "calico"),
    ("projectcalico.org", "GlobalNetworkPolicy"): PolicyKind("cluster", "calico"),
    ("crd.projectcalico.org", "NetworkPolicy"): PolicyKind("namespace", "calico"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): PolicyKind("cluster", "calico"),
    ("crd.antrea.io", "NetworkPolicy"): PolicyKind("namespace", "antrea"),
    ("crd.antrea.io", "ClusterNetworkPolicy"): PolicyKind("cluster", "antrea"),
}
"""By API group and kind, the policies that are understood, as far as they can be."""


def other_policies(policies: Iterable[Policy]) -> OtherPolicies:
    """The rules and isolations of all but NetworkPolicies. Raises InputError where malformed."""
    found = OtherPolicies()
    for policy in policies:
        kind = KINDS.get((policy.address.group, policy.address.kind))
        if kind is not None and kind.module is not None:
            import_module(f"{__name__}.{kind.module}").read(policy, found)
    return found
