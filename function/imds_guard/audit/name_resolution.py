"""Whether names resolve for a workload: by cluster DNS, by a resolver on the node, by its own."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from imds_guard.reach.addresses import network
from imds_guard.reach.match import Match
from imds_guard.reach.pod import Pod, pod

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from imds_guard.audit.context import Context
    from imds_guard.reach.pod import Peer
    from imds_guard.reach.subject import Subject
    from imds_guard.resources.network_policy import PolicyType, Protocol

DNS_PORT = 53
_PROTOCOLS: tuple[Protocol, ...] = ("UDP", "TCP")
# Addresses of every kind that a resolver may have: private ones, and one of the world, from the
# ranges for documentation.
_SAMPLES = {
    4: ("10.96.0.10", "172.20.0.10", "192.168.0.10", "198.51.100.53"),
    6: ("fd00:10:96::a", "2001:db8::53"),
}


def resolution(
    context: Context, subject: Subject, protocols: Sequence[Protocol] = _PROTOCOLS
) -> Match:
    """Whether the workload is let out to what resolves its names, over all of the protocols.

    Kubernetes documentation, Pod's DNS Policy: `None` has nameservers of its own, `Default` those
    of the node, which no manifest shows; any other one asks cluster DNS.
    """
    known = context.memo((resolution, tuple(protocols)))
    by_subject = "subject", id(subject)
    found = known.get(by_subject)
    if found is None:
        found = known[by_subject] = _resolution(context, subject, protocols, known)
    return found


def _resolution(
    context: Context,
    subject: Subject,
    protocols: Sequence[Protocol],
    known: dict[Hashable, Match],
) -> Match:
    own = context.pod(subject)
    if context.policies.is_free(own, "Egress"):
        return Match.YES
    ways = _Ways(context, own, "Egress", protocols)
    policy = subject.workload.dns_policy if subject.workload else ""
    if policy == "None" and subject.workload is not None:
        return ways.by_address(subject.workload.nameservers)
    if policy == "Default":
        return ways.anywhere()
    key = context.policies.alike(own, "Egress")
    if key not in known:
        known[key] = ways.to_cluster_dns()
    return known[key]


class _Ways:
    """The ways of questions from (or to) a pod, and whether policies let them through."""

    def __init__(
        self, context: Context, own: Pod, direction: PolicyType, protocols: Sequence[Protocol]
    ) -> None:
        self.context = context
        self.own = own
        self.direction = direction
        self.protocols = protocols

    def to_cluster_dns(self) -> Match:
        """Whether cluster DNS is in reach, by its pods or by a resolver that stands for it."""
        dns = self.context.settings.dns
        ways = [self.by_address(dns.named_by_resolv_conf)]
        if dns.to == "anywhere":
            ways.append(self.anywhere())
        else:
            pods = dns_pods(self.context)
            ways += [self.through(one, port) for one in pods for port in dns.ports]
        return max(ways)

    def by_address(self, addresses: Iterable[str]) -> Match:
        """Whether one of these resolvers is in reach. Text that is no address is none."""
        ways = [Match.NO]
        for text in addresses:
            try:
                address = network(text)
            except ValueError:
                continue
            if address.version in self.context.settings.ip_versions:
                ways.append(self.through(address, DNS_PORT))
        return max(ways)

    def anywhere(self) -> Match:
        """Whether a resolver is in reach of which nothing is known but its port."""
        found = []
        for version in self.context.settings.ip_versions:
            addresses = [network(text) for text in _SAMPLES[version]]
            for port in self.context.settings.dns.ports:
                ways = {self.through(address, port) for address in addresses}
                found.append(ways.pop() if len(ways) == 1 else Match.UNKNOWN)
        return max(found)

    def through(self, peer: Peer, port: int) -> Match:
        """Whether all of the protocols get through to (or from) a peer.

        The Service of cluster DNS has one address, of the cluster's first family: IPv4 wherever
        that is in use, unless somebody chose otherwise.
        """
        if isinstance(peer, Pod):
            peer = peer._replace(ip_version=min(self.context.settings.ip_versions))
        found = Match.YES
        for protocol in self.protocols:
            decision = self.context.policies.decide(
                self.own, self.direction, peer, protocol, port, lean="blocked"
            )
            if decision.is_blocked:
                return Match.NO
            if not decision.is_open:
                found = Match.UNKNOWN
        return found


def dns_pods(context: Context) -> list[Pod]:
    """A pod for every set of labels that the platform's DNS pods may have."""
    dns = context.settings.dns
    own = context.namespaces.get(dns.namespace)
    keys = [[(key, value) for value in values] for key, values in dns.pod_labels]
    return [pod(dns.namespace, dict(pairs), own) for pairs in product(*keys)]


def answers(context: Context, subject: Subject) -> Match:
    """Whether cluster DNS lets the workload's questions in, over UDP and TCP."""
    known = context.memo(answers)
    if "governed" not in known:
        known["governed"] = _governed_dns_pods(context)
    pods: list[Pod] = known["governed"]
    policy = subject.workload.dns_policy if pods and subject.workload else ""
    if not pods or policy in ("None", "Default"):
        return Match.YES
    client, ports = context.pod(subject), context.settings.dns.ports
    ways = (_Ways(context, one, "Ingress", _PROTOCOLS) for one in pods)
    return max(way.through(client, port) for way in ways for port in ports)


def _governed_dns_pods(context: Context) -> list[Pod]:
    """The DNS pods, where policies say something of who may ask all of them; else none."""
    pods = dns_pods(context) if context.settings.dns.to == "cluster" else []
    is_open = any(context.policies.is_free(one, "Ingress") for one in pods)
    return [] if is_open else pods
