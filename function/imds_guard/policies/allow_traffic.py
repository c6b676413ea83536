"""allow-ingress-from-... and allow-egress-to-...: what the configuration's `allow` names.

One policy per entry. A peer is a namespace, pods by label, pods by label in a namespace, or a
CIDR; a CIDR that holds a metadata address gets its `except` by itself.

An entry for a direction that the default deny leaves alone: of ingress, nothing is written, since
the policy would isolate its pods from all others. Of egress it is, as deny-cloud-metadata isolates
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from imds_guard.config import ConfigError
from imds_guard.policies.manifest import network_policy, port_rule, slug
from imds_guard.reach.addresses import carve, swallowed
from imds_guard.reach.selectors import NAMESPACE_NAME
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.config import Allow, Peer, Port
    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY,)
SCOPE: Scope = "target"


class Allowance(NamedTuple):
    """An entry of allow.ingress or allow.egress, with the name that its policy takes."""

    policy_type: Literal["Ingress", "Egress"]
    name: str
    workload: str | Mapping[str, str] | None
    peer: Peer
    ports: Sequence[Port]

    def is_written(self, settings: Settings) -> bool:
        """Whether there is something to open that our own policies close."""
        return self.policy_type == "Egress" or settings.denies("Ingress")

    def build(self, settings: Settings, target: Target) -> Manifest:
        """The policy for `target`."""
        inward = self.policy_type == "Ingress"
        peer = _peer(self.peer, () if inward else settings.metadata_addresses)
        rule: Manifest = {"from" if inward else "to": [peer]}
        if self.ports:
            rule["ports"] = [port_rule(port) for port in self.ports]
        return network_policy(
            settings,
            target,
            self.name,
            policy_types=[self.policy_type],
            rules={self.policy_type.lower(): [rule]},
        )


def check(settings: Settings) -> None:
    """Raise ConfigError where an allowance is for metadata addresses alone."""
    for index, allowance in enumerate(settings.config.spec.allow.egress):
        cidr = allowance.peer.cidr
        if cidr and (inside := swallowed(cidr, settings.metadata_addresses)):
            raise ConfigError(
                f"{cidr} is nothing but the metadata service ({inside}); "
                "if a workload must reach it, write an entry of exceptions with its reason",
                ("spec", "allow", "egress", index, "to", "cidr"),
            )


def build(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The policies of the entries that name no workload, and so are for every one."""
    for allowance in allowances(settings.config.spec.allow):
        if allowance.workload is None and allowance.is_written(settings):
            yield allowance.build(settings, target)


def allowances(allow: Allow) -> list[Allowance]:
    """The entries of `allow` in order; one whose name is taken gets a number."""
    taken: Counter[str] = Counter()

    def unique(stem: str, peer: Peer) -> str:
        name = f"{stem}-{_peer_name(peer)}"
        taken[name] += 1
        return name if taken[name] == 1 else f"{name}-{taken[name]}"

    inward = [
        Allowance("Ingress", unique("allow-ingress-from", e.peer), e.workload, e.peer, e.ports)
        for e in allow.ingress
    ]
    outward = [
        Allowance("Egress", unique("allow-egress-to", e.peer), e.workload, e.peer, e.ports)
        for e in allow.egress
    ]
    return inward + outward


def _peer_name(peer: Peer) -> str:
    pairs = (*(peer.namespace_labels or {}).items(), *(peer.pod_labels or {}).items())
    labels = [part for label in pairs for part in label]
    parts = [slug(part) for part in (peer.namespace, *labels, peer.cidr) if part]
    return "-".join(parts) or "all-pods"


def _peer(peer: Peer, blocked: tuple[str, ...]) -> Manifest:
    if peer.cidr is not None:
        block: Manifest = {"cidr": peer.cidr}
        if excepted := carve(peer.cidr, blocked):
            block["except"] = list(excepted)
        return {"ipBlock": block}
    found: Manifest = {}
    if peer.namespace is not None:
        found["namespaceSelector"] = {"matchLabels": {NAMESPACE_NAME: peer.namespace}}
    elif peer.namespace_labels is not None:
        found["namespaceSelector"] = {"matchLabels": peer.namespace_labels}
    if peer.pod_labels is not None:
        # matchExpressions, since kustomize's commonLabels rewrite matchLabels in peers.
        found["podSelector"] = {
            "matchExpressions": [
                {"key": key, "operator": "In", "values": [value]}
                for key, value in peer.pod_labels.items()
            ]
        }
    return found
