"""Kinds of clusters, each with its providers and its DNS."""

from __future__ import annotations

from imds_guard.platforms.model import Dns, Platform, Source

_NODE_LOCAL = "169.254.20.10"
_NODE_LOCAL_SOURCE = Source("Kubernetes documentation, NodeLocal DNSCache")
_CLUSTER_DNS = Source("Kubernetes documentation, DNS for Services and Pods")

_ALL = (
    Platform(
        "generic",
        "Any cluster: the five largest clouds, kube-dns or CoreDNS, NodeLocal DNSCache",
        ("aws", "gcp", "azure", "digitalocean", "oracle"),
        Dns(addresses=(_NODE_LOCAL,), sources=(_CLUSTER_DNS, _NODE_LOCAL_SOURCE)),
    ),
    Platform(
        "eks",
        "Amazon EKS on EC2 nodes",
        ("aws",),
        Dns(addresses=(_NODE_LOCAL,), sources=(_CLUSTER_DNS, _NODE_LOCAL_SOURCE)),
    ),
    Platform(
        "gke",
        "Google Kubernetes Engine, kube-dns, Cloud DNS or NodeLocal DNSCache",
        ("gcp", "gke-metadata"),
        Dns(
            pod_labels=(("k8s-app", ("kube-dns", "node-local-dns")),),
            # With Cloud DNS the resolver of every pod is port 53 of the metadata address.
            addresses=("169.254.169.254", _NODE_LOCAL),
            sources=(
                _CLUSTER_DNS,
                _NODE_LOCAL_SOURCE,
                Source("GKE documentation, Cloud DNS for GKE"),
            ),
        ),
    ),
)

PLATFORMS: dict[str, Platform] = {platform.name: platform for platform in _ALL}
