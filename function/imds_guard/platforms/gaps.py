"""Pods for which policies are not enforced, though the API server takes them. IG010 names them.

What an engine leaves out is an entry of its `Cni`; what holds on every engine stands in
EVERYWHERE.
"""

from __future__ import annotations

from imds_guard.platforms.model import Gap, PodSign, Source

_HOP_LIMIT = "limit metadata at the instance: IMDSv2 with a hop limit of 1"
AWS_CONSIDERATIONS = Source("EKS user guide, Kubernetes network policies, considerations")

AWS_STANDALONE = Gap(
    "the Amazon VPC CNI applies no policy to a standalone Pod, one without ownerReferences",
    "let a Deployment, StatefulSet or Job make the Pod",
    AWS_CONSIDERATIONS,
    signs=(PodSign("standalone"),),
)
AWS_IPV6_CLUSTER = Gap(
    "in an IPv6 cluster the Amazon VPC CNI enforces no policy for IPv4, by which pods reach the "
    "node's metadata service",
    _HOP_LIMIT,
    AWS_CONSIDERATIONS,
    cluster_of="IPv6",
)


def not_on_windows(engine: str, source: Source) -> Gap:
    """The gap of an engine that enforces policies on Linux nodes alone."""
    return Gap(
        f"{engine} enforces no policy on Windows nodes",
        "limit metadata at the node, or use an engine that enforces there (Calico, Antrea)",
        source,
        signs=(
            PodSign("os", value="windows"),
            PodSign("node-label", "kubernetes.io/os", "windows"),
            PodSign("node-label", "beta.kubernetes.io/os", "windows"),
        ),
    )


def nowhere(engine: str, source: Source) -> Gap:
    """The gap of an engine that enforces no policy at all."""
    return Gap(
        f"{engine} enforces no NetworkPolicy",
        "install an engine that does beside it or in its place, and name that one as cni",
        source,
    )


_FARGATE = Gap(
    "no engine enforces policies on AWS Fargate",
    "run it on EC2 nodes, or limit what it reaches by security groups for pods",
    AWS_CONSIDERATIONS,
    signs=(
        PodSign("pod-label", "eks.amazonaws.com/fargate-profile"),
        PodSign("node-label", "eks.amazonaws.com/compute-type", "fargate"),
        PodSign("scheduler", value="fargate-scheduler"),
    ),
)
_SECONDARY_NETWORKS = Gap(
    "it joins further networks, and NetworkPolicy governs the default one alone",
    "remove the annotation, or guard those networks with what they have (MultiNetworkPolicy)",
    Source("Kubernetes Network Plumbing Working Group, multi-network policy"),
    signs=(PodSign("pod-annotation", "k8s.v1.cni.cncf.io/networks"),),
)

_ANOTHER_DEFAULT_NETWORK = Gap(
    "its default network is one that Multus attaches, which the engine may not govern",
    "remove the annotation, or guard that network with what it has",
    Source("Multus documentation, configuration (default network by annotation)"),
    signs=(PodSign("pod-annotation", "v1.multus-cni.io/default-network"),),
)

EVERYWHERE: tuple[Gap, ...] = (_FARGATE, _SECONDARY_NETWORKS, _ANOTHER_DEFAULT_NETWORK)
