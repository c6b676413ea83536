"""deny-cloud-metadata: the world, but not the metadata service.

The only way to deny an address with NetworkPolicy is to allow the others: all addresses `except`
the metadata endpoints, per IP family. With `egress: web` TCP 80 and 443 only; with `egress: any`
every port, and every pod too, since an ipBlock does not match pods on every engine; with
`egress: web` that is added where the engine is known to be such a one. With `egress: dns` there is
nothing to carve out of, and the policy is not written. Nor is it, without a default deny for
egress, for pods that policies of others isolate already: it would let them out to all the rest.

Where an ipBlock does not match nodes either, a CiliumNetworkPolicy of the same name lets pods reach
them with `egress: any`: all that is in the cluster, or, where every link-local address is blocked,
all but the pod's own node, which has such addresses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.manifest import (
    CILIUM_NETWORK_POLICY,
    all_but_metadata,
    entity_policy,
    network_policy,
)
from imds_guard.resources.network_policy import NETWORK_POLICY
from imds_guard.settings import WEB_PORTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY, CILIUM_NETWORK_POLICY)
SCOPE: Scope = "target"

# Cilium documentation, Entities based. kube-apiserver is there also where it is outside.
_CLUSTER = ("cluster", "kube-apiserver")
_OTHER_NODES = ("kube-apiserver", "remote-node")


def build(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The carve-out for `target`; none where the configuration lets nothing out anyway."""
    spec = settings.config.spec
    if spec.egress == "dns" or target.is_isolated:
        return
    name = spec.names.deny_metadata
    rules = {"egress": settings.once(_egress)}
    yield network_policy(settings, target, name, policy_types=["Egress"], rules=rules)
    if spec.egress == "any" and not settings.ip_block_matches_nodes:
        reached = _OTHER_NODES if settings.blocks_link_local else _CLUSTER
        yield entity_policy(settings, target, name, reached)


def _egress(settings: Settings) -> list[Manifest]:
    web = [{"protocol": "TCP", "port": port} for port in WEB_PORTS]
    # A rule per family: some engines apply one block's except to the others of its rule.
    rules: list[Manifest] = [
        {"to": [all_but_metadata(settings, cidr)]} for cidr in settings.any_address
    ]
    pods: Manifest = {"to": [{"namespaceSelector": {}}]}
    if settings.config.spec.egress == "any":
        rules.append(pods)
    else:
        if not settings.ip_block_matches_pods:
            rules.append(pods)
        rules = [{**rule, "ports": web} for rule in rules]
    return rules
