"""The kinds of policies that are read, each with the module that reads it.

A new kind is a module with `read(Policy, Rules)`, which adds rules that reach/decision.py can put
in order, another with SHAPES, which says what is refused, and an entry here. Modules are loaded
when a policy of their kind is met, which in most packages none is. NetworkPolicy has no such
modules: reach/network_policies.py decides it, reach/validity/network_policy.py says what is
refused.
"""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from imds_guard.reach.match import Match
from imds_guard.reach.rules import Isolation, Rule, Rules, Selects
from imds_guard.reach.validity import validity
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.reach.validity import Clean, Fault
    from imds_guard.resources import Policy


_Either = TypeVar("_Either", Rule, Isolation)


class PolicyKind(NamedTuple):
    """A kind of policy: whether its objects live in a namespace or in the cluster, its reader."""

    scope: Literal["namespace", "cluster"]
    module: str | None = None  # in this folder; None: it has no rules of this room's
    versions: tuple[str, ...] = ()
    """The versions of its API that are known."""


_ADMISSION = "admissionregistration.k8s.io"
_KYVERNO = "policies.kyverno.io"
_SIG_NETWORK = "policy.networking.k8s.io"
KINDS: dict[tuple[str, str], PolicyKind] = {
    NETWORK_POLICY: PolicyKind("namespace"),  # reach/network_policies.py reads it
    (_ADMISSION, "ValidatingAdmissionPolicy"): PolicyKind("cluster"),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): PolicyKind("cluster"),
    (_KYVERNO, "ValidatingPolicy"): PolicyKind("cluster"),
    (_KYVERNO, "GeneratingPolicy"): PolicyKind("cluster"),
    (_SIG_NETWORK, "AdminNetworkPolicy"): PolicyKind("cluster", "admin", ("v1alpha1",)),
    (_SIG_NETWORK, "BaselineAdminNetworkPolicy"): PolicyKind("cluster", "admin", ("v1alpha1",)),
    (_SIG_NETWORK, "ClusterNetworkPolicy"): PolicyKind("cluster", "admin", ("v1alpha2", "v1beta1")),
    ("networking.k8s.aws", "ClusterNetworkPolicy"): PolicyKind("cluster", "admin", ("v1alpha1",)),
    ("networking.k8s.aws", "ApplicationNetworkPolicy"): PolicyKind(
        "namespace", "application", ("v1alpha1",)
    ),
    ("networking.gke.io", "FQDNNetworkPolicy"): PolicyKind("namespace", "fqdn", ("v1alpha1",)),
    ("cilium.io", "CiliumNetworkPolicy"): PolicyKind("namespace", "cilium", ("v2",)),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): PolicyKind("cluster", "cilium", ("v2",)),
    ("projectcalico.org", "Tier"): PolicyKind("cluster", "calico", ("v3",)),
    ("projectcalico.org", "GlobalNetworkSet"): PolicyKind("cluster", "calico", ("v3",)),
    ("projectcalico.org", "NetworkSet"): PolicyKind("namespace", "calico", ("v3",)),
    ("crd.projectcalico.org", "Tier"): PolicyKind("cluster", "calico", ("v1",)),
    ("crd.projectcalico.org", "GlobalNetworkSet"): PolicyKind("cluster", "calico", ("v1",)),
    ("crd.projectcalico.org", "NetworkSet"): PolicyKind("namespace", "calico", ("v1",)),
    ("projectcalico.org", "NetworkPolicy"): PolicyKind("namespace", "calico", ("v3",)),
    ("projectcalico.org", "GlobalNetworkPolicy"): PolicyKind("cluster", "calico", ("v3",)),
    ("crd.projectcalico.org", "NetworkPolicy"): PolicyKind("namespace", "calico", ("v1",)),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): PolicyKind("cluster", "calico", ("v1",)),
    ("crd.antrea.io", "Tier"): PolicyKind("cluster", "antrea", ("v1beta1",)),
    ("crd.antrea.io", "NetworkPolicy"): PolicyKind("namespace", "antrea", ("v1beta1",)),
    ("crd.antrea.io", "ClusterNetworkPolicy"): PolicyKind("cluster", "antrea", ("v1beta1",)),
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
    standing: list[tuple[Policy, Match]] = []
    clean: Clean = {}
    for policy in policies:
        if faults := custom_faults_of(policy, clean):
            found.faults.append((policy, faults))
        if stands := validity(faults):
            standing.append((policy, stands))
    copies = Counter(policy.key for policy, _ in standing)
    for policy, stands in sorted(standing, key=lambda one: one[0].address.kind not in _CONTEXT):
        kind = KINDS.get((policy.address.group, policy.address.kind))
        if kind is None or kind.module is None:
            continue
        if policy.address.kind == "Tier" and stands is not Match.YES:
            continue  # a tier that is not there is one of which nothing is known
        known = len(found.rules), len(found.isolations)
        import_module(f"{__name__}.{kind.module}").read(policy, found)
        if copies[policy.key] > 1 or stands is not Match.YES:
            _doubt(found, *known)
    return found


def custom_faults_of(policy: Policy, clean: Clean | None = None) -> tuple[Fault, ...]:
    """What API servers or engines refuse in a policy that is no NetworkPolicy; none of a kind that
    is not read. Raises InputError where malformed.
    """
    kind = KINDS.get((policy.address.group, policy.address.kind))
    if kind is None or kind.module is None:
        return ()
    from imds_guard.reach.validity.custom import custom_faults

    shapes = import_module(f"{__name__}.{kind.module}_shape").SHAPES
    shape = shapes[policy.address.group, policy.address.kind]
    return custom_faults(policy, shape, kind.versions, clean)


def _doubt(found: Rules, rules: int, isolations: int) -> None:
    """What may not stand: either copy of an object may be the one that counts, or it is refused."""
    found.rules[rules:] = [_maybe(one) for one in found.rules[rules:]]
    found.isolations[isolations:] = [_maybe(one) for one in found.isolations[isolations:]]


def _maybe(one: _Either) -> _Either:
    selects: Selects = one.selects
    return one._replace(selects=lambda pod: min(selects(pod), Match.MAYBE))
