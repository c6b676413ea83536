"""deny-cloud-metadata as a ClusterNetworkPolicy of Antrea, in its first tier.

Antrea documentation, Antrea Network Policy CRDs: the static tier `emergency` is asked first, and
the rules of a policy in their order. It isolates nothing. Antrea takes a tier that does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import EXCEPTED
from imds_guard.policies.deny.denial import named
from imds_guard.policies.manifest import CLUSTER, manifest
from imds_guard.reach.selectors import NAMESPACE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.deny.denial import Blocked, Denial
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

_PRIORITY = 100


def build(settings: Settings, denial: Denial) -> Iterator[Manifest]:
    """One object: the rules of the exceptions, then those that deny."""
    rules: list[Manifest] = []
    for excepted in denial.exceptions:
        pods = {
            "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: excepted.namespace}},
            "podSelector": excepted.pod_selector,
        }
        rules += [_rule("Pass", pods, blocked) for blocked in excepted.opened]
    everybody = {"namespaceSelector": denial.namespaces}
    rules += [_rule("Drop", everybody, blocked) for blocked in denial.blocked]
    spec = {"tier": "emergency", "priority": _PRIORITY, "egress": rules}
    kind = ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy")
    name = settings.config.spec.names.deny_metadata
    annotations = {EXCEPTED: named(denial.exceptions)} if denial.exceptions else {}
    yield manifest(settings, CLUSTER, kind, name, spec, annotations)


def _rule(action: str, applied_to: Manifest, blocked: Blocked) -> Manifest:
    peers = [{"ipBlock": {"cidr": cidr}} for cidr in blocked.cidrs]
    rule: Manifest = {"action": action, "appliedTo": [applied_to], "to": peers}
    if blocked.ports:
        rule["ports"] = [_port(*span) for span in blocked.ports]
    return rule


def _port(protocol: str, first: int, last: int) -> Manifest:
    port: Manifest = {"protocol": protocol, "port": first}
    if last != first:
        port["endPort"] = last
    return port
