"""Resolvers and DNS labels that several platforms share, with their sources."""

from __future__ import annotations

from imds_guard.platforms.model import Source

NODE_LOCAL = "169.254.20.10"  # by convention; IPv6 has none
NODE_LOCAL_SOURCE = Source("Kubernetes documentation, NodeLocal DNSCache")
CLUSTER_DNS = Source("Kubernetes documentation, DNS for Services and Pods")

# node-local-dns: where the packets of NodeLocal DNSCache are redirected to its pods (Cilium's
# local redirect policy, GKE Dataplane V2), the peer is such a pod and not an address.
KUBE_DNS_OR_NODE_LOCAL = (("k8s-app", ("kube-dns", "node-local-dns")),)

# The pods' labels on managed clusters whose provider does not write them down.
BY_CONVENTION = Source("k8s-app=kube-dns by convention, not stated by the provider", "medium")
