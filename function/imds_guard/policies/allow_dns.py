"""allow-dns-egress: names resolve.

Queries may go to the cluster's DNS pods and to the resolvers on the node or the link, in UDP and
TCP. DNS pods are selected by matchExpressions: kustomize's commonLabels would rewrite matchLabels
in a peer and the rule would miss them. A resolver on the node (NodeLocal DNSCache) has no pod
address, so it is allowed by its own; where Cilium takes that address for the node, which no ipBlock
matches, a CiliumNetworkPolicy of the same name says `toEntities: [host]`. With `dns.to: anywhere`
the rule has ports only.

allow-dns-ingress: where the namespace of cluster DNS is governed itself, its clients are let in on
its ports: pods of every namespace, and what asks from the node (a NodeLocal DNSCache). Only under
a default deny for ingress: the rule would else isolate the DNS pods for all other ports.

Where the default deny leaves egress alone, names resolve as they did. The allowance is written only
where deny-cloud-metadata would cut a resolver: at a blocked address, or on a node that no ipBlock
matches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.manifest import CILIUM_NETWORK_POLICY, entity_policy, network_policy
from imds_guard.reach.addresses import Network, network
from imds_guard.reach.selectors import NAMESPACE_NAME
from imds_guard.resources.network_policy import NETWORK_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY, CILIUM_NETWORK_POLICY)
SCOPE: Scope = "target"
NODE_PORT = 53
INGRESS = "allow-dns-ingress"


def build(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The DNS allowance for `target`, and the one for a resolver on the node where it needs one."""
    if target.is_isolated or not settings.once(_is_needed):
        return
    name = settings.config.spec.names.allow_dns
    rules = {"egress": settings.once(_egress)}
    yield network_policy(settings, target, name, policy_types=["Egress"], rules=rules)
    if settings.dns.to == "anywhere":
        return
    here = target.namespace or settings.config.spec.default_namespace
    is_here = here == settings.dns.namespace and _may_be_dns(settings, target)
    if is_here and settings.denies("Ingress"):
        inward = {"ingress": [{"ports": _ports(settings.dns.ports)}]}
        yield network_policy(
            settings, _dns_pods(settings, target), INGRESS, policy_types=["Ingress"], rules=inward
        )
    if not settings.ip_block_matches_nodes and resolver_addresses(settings):
        ports = [(NODE_PORT, protocol) for protocol in ("UDP", "TCP")]
        yield entity_policy(settings, target, name, ("host",), ports)


def _is_needed(settings: Settings) -> bool:
    """Whether names would not resolve without it."""
    if settings.denies("Egress") or settings.dns.to == "anywhere":
        return True
    resolvers = resolver_addresses(settings)
    if resolvers and settings.blocks_link_local and not settings.ip_block_matches_nodes:
        return True
    blocked = [network(text) for text in settings.blocked]
    return any(one.overlaps(other) for one in resolvers for other in blocked)


def _may_be_dns(settings: Settings, target: Target) -> bool:
    """Whether the target is all pods of the namespace, or those of cluster DNS."""
    labels = target.pod_selector.get("matchLabels", {})
    known = (labels.get(key) in values for key, values in settings.dns.pod_labels)
    return not target.prefix or all(known)


def _dns_pods(settings: Settings, target: Target) -> Target:
    expressions = _expressions(settings)
    return target._replace(pod_selector={"matchExpressions": expressions} if expressions else {})


def _expressions(settings: Settings) -> list[Manifest]:
    return [
        {"key": key, "operator": "In", "values": list(values)}
        for key, values in settings.dns.pod_labels
    ]


def _egress(settings: Settings) -> list[Manifest]:
    dns = settings.dns
    if dns.to == "anywhere":
        return [{"ports": _ports(dns.ports)}]
    peer: Manifest = {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: dns.namespace}}}
    if dns.pod_labels:
        peer["podSelector"] = {"matchExpressions": _expressions(settings)}
    rules = [{"to": [peer], "ports": _ports(dns.ports)}]
    if resolvers := resolver_addresses(settings):
        peers = [{"ipBlock": {"cidr": str(one)}} for one in resolvers]
        rules.append({"to": peers, "ports": _ports((NODE_PORT,))})
    return rules


def resolver_addresses(settings: Settings) -> list[Network]:
    """The resolvers that are no pods, of the IP families in use."""
    found = map(network, settings.dns.addresses)
    return [one for one in found if one.version in settings.ip_versions]


def _ports(numbers: tuple[int, ...]) -> list[Manifest]:
    return [
        {"protocol": protocol, "port": number} for number in numbers for protocol in ("UDP", "TCP")
    ]
