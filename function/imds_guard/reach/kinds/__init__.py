"""The kinds of policies that are read, each with the module that reads it.

A new kind is a module with `read(Policy, Rules)`, which adds rules that reach/decision.py can put
in order, and an entry here. A module is loaded when a policy of its kind is met, which in most
packages none is. NetworkPolicy has no such module: reach/network_policies.py decides it.
"""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from imds_guard.reach.match import Match
from imds_guard.reach.rules import Isolation, Rule, Rules, Selects
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.resources import Policy


_Either = TypeVar("_Either", Rule, Isolation)


class PolicyKind(NamedTuple):
    """A kind of policy: whether its objects live in a namespace or in the cluster, its reader."""

    scope: Literal["namespace", "cluster"]
    module: str | None = None  # in this folder; None: it has no rules of this room's


_ADMISSION = "admissionregistration.k8s.io"
_KYVERNO = "policies.kyverno.io"
_SIG_NETWORK = "policy.networking.k8s.io"
KINDS: dict[tuple[str, str], PolicyKind] = {
    NETWORK_POLICY: PolicyKind("namespace"),  # reach/network_policies.py reads it
    (_ADMISSION, "ValidatingAdmissionPolicy"): PolicyKind("cluster"),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): PolicyKind("cluster"),
    (_KYVERNO, "ValidatingPolicy"): PolicyKind("cluster"),
    (_KYVERNO, "GeneratingPolicy"): PolicyKind("cluster"),
    (_SIG_NETWORK, "AdminNetworkPolicy"): PolicyKind("cluster", "admin"),
    (_SIG_NETWORK, "BaselineAdminNetworkPolicy"): PolicyKind("cluster", "admin"),
    (_SIG_NETWORK, "ClusterNetworkPolicy"): PolicyKind("cluster", "admin"),
    ("networking.k8s.aws", "ClusterNetworkPolicy"): PolicyKind("cluster", "admin"),
    ("networking.k8s.aws", "ApplicationNetworkPolicy"): PolicyKind("namespace", "application"),
    ("networking.gke.io", "FQDNNetworkPolicy"): PolicyKind("namespace", "fqdn"),
    ("cilium.io", "CiliumNetworkPolicy"): PolicyKind("namespace", "cilium"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): PolicyKind("cluster", "cilium"),
    ("projectcalico.org", "Tier"): PolicyKind("cluster", "calico"),
    ("projectcalico.org", "GlobalNetworkSet"): PolicyKind("cluster", "calico"),
    ("projectcalico.org", "NetworkSet"): PolicyKind("namespace", "calico"),
    ("crd.projectcalico.org", "Tier"): PolicyKind("cluster", "calico"),
    ("crd.projectcalico.org", "GlobalNetworkSet"): PolicyKind("cluster", "calico"),
    ("crd.projectcalico.org", "NetworkSet"): PolicyKind("namespace", "calico"),
    ("projectcalico.org", "NetworkPolicy"): PolicyKind("namespace", "calico"),
    ("projectcalico.org", "GlobalNetworkPolicy"): PolicyKind("cluster", "calico"),
    ("crd.projectcalico.org", "NetworkPolicy"): PolicyKind("namespace", "calico"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): PolicyKind("cluster", "calico"),
    ("crd.antrea.io", "Tier"): PolicyKind("cluster", "antrea"),
    ("crd.antrea.io", "NetworkPolicy"): PolicyKind("namespace", "antrea"),
    ("crd.antrea.io", "ClusterNetworkPolicy"): PolicyKind("cluster", "antrea"),
}
"""By API group and kind, the policies that are understood, as far as they can be."""


def is_cluster_wide(policy: Policy) -> bool:
    """Whether a policy lives in no namespace and may be about pods of all."""
    kind = KINDS.get((policy.address.group, policy.address.kind))
    return kind is not None and kind.scope == "cluster"


# What tells how policies are to be read, and is therefore read before them.
_CONTEXT = frozenset(("Tier", "GlobalNetworkSet", "NetworkSet"))


def rules_of(policies: Iterable[Policy], metadata: Iterable[str] = ()) -> Rules:
    """The rules and isolations of all but NetworkPolicies. Raises InputError where malformed.

    `metadata` are the addresses of metadata services in use.
    """
    found = Rules(metadata=frozenset(metadata))
    readable = list(policies)
    copies = Counter(policy.key for policy in readable)
    for policy in sorted(readable, key=lambda policy: policy.address.kind not in _CONTEXT):
        kind = KINDS.get((policy.address.group, policy.address.kind))
        if kind is None or kind.module is None:
            continue
        known = len(found.rules), len(found.isolations)
        import_module(f"{__name__}.{kind.module}").read(policy, found)
        if copies[policy.key] > 1:
            _doubt(found, *known)
    return found


def _doubt(found: Rules, rules: int, isolations: int) -> None:
    """Of an object that stands twice, either copy may be the one that counts."""
    found.rules[rules:] = [_maybe(one) for one in found.rules[rules:]]
    found.isolations[isolations:] = [_maybe(one) for one in found.isolations[isolations:]]


def _maybe(one: _Either) -> _Either:
    selects: Selects = one.selects
    return one._replace(selects=lambda pod: min(selects(pod), Match.MAYBE))
