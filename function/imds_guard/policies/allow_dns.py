"""allow-dns-egress: names resolve.

Queries may go to the cluster's DNS pods and to the resolvers on the node or the link, in UDP and
TCP. DNS pods are selected by matchExpressions: kustomize's commonLabels would rewrite matchLabels
in a peer and the rule would miss them. A resolver on the node (NodeLocal DNSCache) has no pod
address, so it is allowed by its own. With `dns.to: anywhere` the rule has ports only.
"""

from __future__ import annotations

from imds_guard.policies.frame import Manifest, Settings, Target, network_policy
from imds_guard.reach.addresses import network

NAMESPACE_NAME = "kubernetes.io/metadata.name"  # set by the API server since Kubernetes 1.21
NODE_PORT = 53


def build(settings: Settings, target: Target) -> Manifest:
    """The DNS allowance for `target`."""
    return network_policy(
        settings,
        target,
        settings.config.spec.names.allow_dns,
        policy_types=["Egress"],
        rules={"egress": _egress(settings)},
    )


def _egress(settings: Settings) -> list[Manifest]:
    dns = settings.dns
    if settings.config.spec.dns.to == "anywhere":
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
    families = [{"IPv4": 4, "IPv6": 6}[family] for family in settings.config.spec.ip_families]
    resolvers = [one for one in map(network, dns.addresses) if one.version in families]
    if resolvers:
        peers = [{"ipBlock": {"cidr": str(one)}} for one in resolvers]
        rules.append({"to": peers, "ports": _ports((NODE_PORT,))})
    return rules


def _ports(numbers: tuple[int, ...]) -> list[Manifest]:
    return [
        {"protocol": protocol, "port": number} for number in numbers for protocol in ("UDP", "TCP")
    ]
