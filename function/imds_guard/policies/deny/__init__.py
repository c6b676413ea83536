"""The cluster-wide objects that deny metadata for good: no NetworkPolicy can undo them.

A writer is a module with `build(settings, denial)` and its entry in DENIERS, under the name that
`spec.deny` has for it. It is loaded when the configuration asks for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from imds_guard.policies.manifest import ClusterWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.deny.denial import Denial
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings


_SIG_NETWORK = "policy.networking.k8s.io"
_CALICO = "projectcalico.org"
DENIERS: dict[str, ClusterWriter] = {
    "cluster-network-policy": ClusterWriter(
        "cluster_network_policy", ((_SIG_NETWORK, "ClusterNetworkPolicy"),)
    ),
    "admin-network-policy": ClusterWriter(
        "admin_network_policy", ((_SIG_NETWORK, "AdminNetworkPolicy"),)
    ),
    "cilium": ClusterWriter("cilium", (("cilium.io", "CiliumClusterwideNetworkPolicy"),)),
    "calico": ClusterWriter("calico", ((_CALICO, "Tier"), (_CALICO, "GlobalNetworkPolicy"))),
    "antrea": ClusterWriter("antrea", (("crd.antrea.io", "ClusterNetworkPolicy"),)),
    "aws": ClusterWriter("aws", (("networking.k8s.aws", "ClusterNetworkPolicy"),)),
}
"""By the name in `spec.deny`."""


def denials(settings: Settings, what: Denial) -> Iterator[Manifest]:
    """The objects that the configuration asks for. Raises ConfigError."""
    for name in dict.fromkeys(settings.config.spec.deny):
        writer = import_module(f"{__name__}.{DENIERS[name].module}")
        yield from writer.build(settings, what)
