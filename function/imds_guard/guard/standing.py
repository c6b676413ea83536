"""The policies that stand, put together for the one decision; and whom those of others isolate."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from imds_guard.annotations import OWNER
from imds_guard.reach.addresses import network
from imds_guard.reach.decision import Policies
from imds_guard.reach.grants import Engine
from imds_guard.reach.kinds import rules_of
from imds_guard.reach.match import Match
from imds_guard.reach.narrowed import is_narrowed
from imds_guard.reach.network_policies import NetworkPolicies
from imds_guard.reach.pod import ANY_POD, pod
from imds_guard.resources import Policy, note, read_network_policy
from imds_guard.resources.labels import Labels
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.pods import Pods
    from imds_guard.guard.scope import Governed
    from imds_guard.reach.declared import Port
    from imds_guard.reach.pod import Peer, Pod
    from imds_guard.reach.subject import Subject
    from imds_guard.resources import Key
    from imds_guard.resources.network_policy import Known, Protocol
    from imds_guard.settings import Settings
    from imds_guard.wire import Result

# What a pod may call that nothing holds back: the world, and pods; addresses for documentation.
_PEERS: tuple[Peer, ...] = (network("198.51.100.1"), network("2001:db8::1"), ANY_POD)
_PACKETS: tuple[tuple[Protocol, int], ...] = (
    *(("TCP", port) for port in (1, 22, 80, 443, 5432, 65535)),
    ("UDP", 53),
    ("UDP", 443),
    ("SCTP", 80),
)


def policies_of(settings: Settings, standing: Iterable[Policy]) -> Policies:
    """These policies, ready to be asked as the platform's engine asks them."""
    known: Known = {}
    network_policies = []
    others = []
    for policy in _different(standing):
        if (policy.address.group, policy.address.kind) == NETWORK_POLICY:
            network_policies.append(read_network_policy(policy, known))
        else:
            others.append(policy)
    engine = engine_of(settings)
    return Policies(NetworkPolicies(network_policies, engine), rules_of(others, engine.metadata))


def _different(standing: Iterable[Policy]) -> Iterator[Policy]:
    """The policies without copies that say the very same."""
    seen: dict[Key, list[Policy]] = {}
    for policy in standing:
        before = seen.setdefault(policy.key, [])
        if not any(one.value == policy.value for one in before):
            yield policy
        before.append(policy)


def engine_of(settings: Settings) -> Engine:
    """Where the engine that enforces NetworkPolicies differs from what the API's text says."""
    cni, metadata = settings.cni, tuple(one.address for one in settings.endpoints)
    if cni is None:
        return Engine(ip_versions=settings.ip_versions, metadata=metadata)
    return Engine(
        cni.ip_block_matches_pods,
        cni.splits_of_any_ipv6,
        settings.ip_block_matches_nodes,
        () if settings.ip_block_matches_nodes else settings.node_addresses,
        cni.heeds_policy_types,
        settings.ip_versions,
        metadata,
    )


class Others:
    """The policies that are not ours, asked before anything of ours is written.

    Pods that they isolate for egress reach only what they allow: one more policy that lets these
    out to everything but metadata would open all the rest. Where they let certain peers in on a
    port, they have said who may call, and one more policy would let in others.
    """

    def __init__(self, settings: Settings, inventory: Inventory) -> None:
        self._settings = settings
        self._inventory = inventory
        self._narrowed: dict[tuple[int, Port], bool] = {}

    @cached_property
    def _policies(self) -> Policies:
        own = self._settings.config.name
        others = (one for one in self._inventory.policies if one.annotation(OWNER) != own)
        standing = (Policy(one.address, resource=one) for one in others)
        return policies_of(self._settings, standing)

    def let_in(self, subject: Subject, port: Port) -> bool:
        """Whether they let some peer in on a port of a workload."""
        key = id(subject), port
        if key not in self._narrowed:
            names = subject.workload.named_ports if subject.workload else None
            own = self._pod(subject.namespace, subject.labels)._replace(named_ports=names)
            self._narrowed[key] = is_narrowed(self._policies, own, *port)
        return self._narrowed[key]

    def holds(self, pods: Pods) -> bool:
        """Whether the pods of a workload are isolated, for certain."""
        return self._is_isolated(pods.namespace, _labels(pods))

    def holds_all_of(self, namespace: str | None) -> bool:
        """Whether every pod of a namespace is, whatever its labels are."""
        return self._is_isolated(namespace, Labels({}, is_complete=False))

    def narrows(self, pods: Pods) -> bool:
        """Whether they are isolated, and not let out to everything; asked by a few packets."""
        if not self.holds(pods):
            return False
        own = self._pod(pods.namespace, _labels(pods))
        return not all(
            self._policies.decide(own, "Egress", peer, protocol, port, lean="open").is_open
            for peer in _PEERS
            for protocol, port in _PACKETS
        )

    def _is_isolated(self, namespace: str | None, labels: Labels) -> bool:
        own = self._pod(namespace, labels)
        return self._policies.isolates(own, "Egress") is Match.YES

    def _pod(self, namespace: str | None, labels: Labels) -> Pod:
        return pod(namespace, labels, self._inventory.namespace_labels.get(namespace or ""))


def _labels(pods: Pods) -> Labels:
    return pods.workload.labels if pods.workload else Labels(pods.labels)


def widened(settings: Settings, others: Others, governed: Governed) -> Iterator[Result]:
    """The warning where deny-cloud-metadata of a namespace opens more than it cuts."""
    found = [one for one in governed.pods if not one.host_network and others.narrows(one)]
    if not found:
        return
    rest = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    message = (
        f"{settings.config.spec.names.deny_metadata} selects every pod of the namespace, and lets "
        "this one out to all but metadata, where its own policies let it out to less"
    )
    fix = "set scope: workload, which leaves such workloads as they are"
    yield note("warning", "widened", f"{found[0]}{rest}", message, about=found[0].resource, fix=fix)


def ineffective(settings: Settings) -> Iterator[Result]:
    """The warning where an allowance has nothing to open."""
    if settings.denies("Ingress") or not settings.config.spec.allow.ingress:
        return
    message = (
        "nothing is written for it: defaultDeny leaves ingress alone, and a policy that lets some "
        "in would keep all others out"
    )
    yield note(
        "warning", "allow", "allow.ingress", message, fix="remove it, or add Ingress to defaultDeny"
    )
