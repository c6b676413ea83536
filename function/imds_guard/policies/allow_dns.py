"""allow-dns-egress: names resolve.

Queries may go to the cluster's DNS pods and to the resolvers on the node or the link, in UDP and
TCP. DNS pods are selected by matchExpressions: kustomize's commonLabels would rewrite matchLabels
in a peer and the rule would miss them. A resolver on the node (NodeLocal DNSCache) has no pod
address, so it is allowed by its own; where Cilium takes that address for the node, which no ipBlock
matches, a CiliumNetworkPolicy of the same name says `toEntities: [host]`. With `dns.to: anywhere`
the rule has ports only.
"""

from __future__ import annotations

from imds_guard.policies.frame import Manifest, Settings, Target, host_policy, network_policy
from imds_guard.reach.addresses import Network, network

NAMESPACE_NAME = "kubernetes.io/metadata.name"  # set by the API server since Kubernetes 1.21
NODE_PORT = 53


def build(settings: Settings, target: Target) -> Manifest:
    """The DNS allowance for `target`."""
    return network_policy(
        settings,
        target,
        settings.config.spec.names.allow_dns,
        policy_types=["Egress"],
        rules={"egress": settings.once(_egress)},
    )


def build_host(settings: Settings, target: Target) -> Manifest | None:
    """The allowance for a resolver on the node, on an engine whose ipBlocks match no nodes."""
    if settings.cni is None or settings.cni.ip_block_matches_nodes:
        return None
    if settings.dns.to == "anywhere" or not resolver_addresses(settings):
        return None
    ports = [(NODE_PORT, protocol) for protocol in ("UDP", "TCP")]
    return host_policy(settings, target, settings.config.spec.names.allow_dns, ports)


def _egress(settings: Settings) -> list[Manifest]:
    dns = settings.dns
    if dns.to == "anywhere":
        return [{"ports": _ports(dns.ports)}]
    peer: Manifest = {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: dns.namespace}}}
    if dns.pod_labels:
        peer["podSelector"] = {
            "matchExpressions": [
                {"key": key, "operator": "In", "values": list(values)}
                for key, values in dns.pod_labels
            ]
        }
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
