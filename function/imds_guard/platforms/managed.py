"""Clusters that a cloud runs."""

from __future__ import annotations

from imds_guard.platforms import api_servers, namespaces
from imds_guard.platforms.dns import (
    BY_CONVENTION,
    CLUSTER_DNS,
    KUBE_DNS_OR_NODE_LOCAL,
    NODE_LOCAL,
    NODE_LOCAL_SOURCE,
)
from imds_guard.platforms.identities import (
    AAD_POD_IDENTITY,
    ACK_RRSA,
    AZURE_WORKLOAD_IDENTITY,
    EKS_POD_IDENTITY,
    GKE_WORKLOAD_IDENTITY,
    GKE_WORKLOAD_IDENTITY_V2,
    IRSA,
    KUBE2IAM,
    OKE_WORKLOAD_IDENTITY,
)
from imds_guard.platforms.model import Dns, Neighbour, Platform, Source

_NODE_LOCAL_DNS = Neighbour("NodeLocal DNSCache", NODE_LOCAL, "UDP", 53, NODE_LOCAL_SOURCE)

_AWS_IPV6 = Source("AWS whitepaper, IPv6 on AWS")
_AWS_NEIGHBOURS = (
    Neighbour("Amazon DNS", "169.254.169.253", "UDP", 53, _AWS_IPV6),
    Neighbour("Amazon DNS", "fd00:ec2::253", "UDP", 53, _AWS_IPV6),
    Neighbour("Amazon Time Sync", "169.254.169.123", "UDP", 123, _AWS_IPV6),
    Neighbour("Amazon Time Sync", "fd00:ec2::123", "UDP", 123, _AWS_IPV6),
    *(
        Neighbour("EKS Pod Identity agent", one.address, "TCP", port, one.source)
        for one in EKS_POD_IDENTITY.endpoints
        for port in one.ports
    ),
)
_EKS_SOURCE = Source("EKS user guide, Kubernetes network policies, considerations")

EKS = Platform(
    "eks",
    "Amazon EKS on EC2 nodes",
    ("aws",),
    Dns(addresses=(NODE_LOCAL,), sources=(CLUSTER_DNS, NODE_LOCAL_SOURCE)),
    api_servers.EKS,
    system_namespaces=namespaces.EKS,
    identity=EKS_POD_IDENTITY,
    further_identities=(IRSA, KUBE2IAM),
    usual_cni="aws-vpc-cni",
    caveats=(
        "The Amazon VPC CNI enforces NetworkPolicies only where enableNetworkPolicy is on. "
        "Fargate pods have no instance metadata service.",
        "On Cilium a NetworkPolicy cannot let pods reach EKS Pod Identity; a CiliumNetworkPolicy "
        "with toEntities [host] on TCP 80 can.",
    ),
    neighbours=(_NODE_LOCAL_DNS, *_AWS_NEIGHBOURS),
    sources=(_EKS_SOURCE, Source("Cilium, issue 34387")),
)

EKS_AUTO = Platform(
    "eks-auto",
    "Amazon EKS Auto Mode",
    ("aws",),
    Dns(
        # CoreDNS is a service of the node behind the tenth address of the cluster's service CIDR,
        # which is one of EKS's two defaults or any other.
        addresses=("10.100.0.10", "172.20.0.10"),
        named_by_resolv_conf=("10.100.0.10", "172.20.0.10"),
        sources=(
            Source("AWS containers roadmap, issues 2546 and 2552"),
            Source("AWS samples, EKS Nitro sandbox, egress policy"),
        ),
        to="anywhere",
    ),
    api_servers.EKS,
    system_namespaces=namespaces.EKS,
    identity=EKS_POD_IDENTITY,
    further_identities=(IRSA, KUBE2IAM),
    cni="aws-vpc-cni",
    caveats=(
        "CoreDNS runs on the node and not as pods: a rule with pod selectors alone cuts names. "
        "Port 53 is open to any address, or set dns.to: cluster and dns.addresses to the tenth "
        "address of the service CIDR (10.100.0.10 or 172.20.0.10 by default).",
        "NetworkPolicies are enforced once the network policy controller is enabled in the "
        "cluster's ConfigMap amazon-vpc-cni.",
    ),
    neighbours=_AWS_NEIGHBOURS,
    sources=(_EKS_SOURCE, Source("EKS user guide, EKS Auto Mode, network policies")),
)

_CLOUD_DNS = Source("GKE documentation, Cloud DNS for GKE")
_GKE_PROVIDERS = ("gcp", "gke-metadata")
_GKE_DNS = Dns(
    pod_labels=KUBE_DNS_OR_NODE_LOCAL,
    # With Cloud DNS the resolver of every pod is port 53 of the metadata address.
    addresses=("169.254.169.254", NODE_LOCAL),
    named_by_resolv_conf=("169.254.169.254",),
    sources=(CLUSTER_DNS, NODE_LOCAL_SOURCE, _CLOUD_DNS),
)
_GKE_NEIGHBOURS = (
    _NODE_LOCAL_DNS,
    Neighbour("Cloud DNS for GKE", "169.254.169.254", "UDP", 53, _CLOUD_DNS),
)
_CLOUD_DNS_CAVEAT = (
    "With Cloud DNS every pod resolves names at 169.254.169.254, port 53: that port stays open "
    "and is no leak."
)
_GKE_SOURCES = (_CLOUD_DNS, Source("GKE documentation, Workload Identity Federation"))

GKE = Platform(
    "gke",
    "Google Kubernetes Engine, kube-dns, Cloud DNS or NodeLocal DNSCache",
    _GKE_PROVIDERS,
    _GKE_DNS,
    api_servers.GKE,
    system_namespaces=namespaces.GKE,
    identity=GKE_WORKLOAD_IDENTITY,
    caveats=(
        _CLOUD_DNS_CAVEAT,
        "On Dataplane V1 the node turns 169.254.169.254 into 169.254.169.252 before policies "
        "apply, so both are blocked; podIdentity opens 169.254.169.252 on TCP 987 and 988.",
        "Dataplane V1 enforces NetworkPolicies only where network policy enforcement (Calico) is "
        "on. Autopilot clusters run Dataplane V2: use gke-dataplane-v2.",
    ),
    neighbours=_GKE_NEIGHBOURS,
    sources=_GKE_SOURCES,
)

GKE_V2 = Platform(
    "gke-dataplane-v2",
    "GKE with Dataplane V2, Autopilot included",
    _GKE_PROVIDERS,
    _GKE_DNS,
    api_servers.GKE,
    system_namespaces=namespaces.GKE,
    identity=GKE_WORKLOAD_IDENTITY_V2,
    cni="cilium",
    caveats=(
        _CLOUD_DNS_CAVEAT,
        "podIdentity opens 169.254.169.254 on TCP 80 and 8080, the metadata server's own address: "
        "on Dataplane V2 there is no other way to Workload Identity Federation. Only use it where "
        "every node pool runs the GKE metadata server.",
    ),
    neighbours=_GKE_NEIGHBOURS,
    sources=(*_GKE_SOURCES, Source("GKE documentation, Dataplane V2")),
)

_AZURE_DNS = Source("Azure documentation, What is IP address 168.63.129.16")
_LOCAL_DNS = Source("AKS documentation, LocalDNS")

AKS = Platform(
    "aks",
    "Azure Kubernetes Service",
    ("azure", "azure-wireserver"),
    Dns(
        addresses=("168.63.129.16", "169.254.10.10", "169.254.10.11", NODE_LOCAL),
        sources=(CLUSTER_DNS, NODE_LOCAL_SOURCE, _AZURE_DNS, _LOCAL_DNS),
    ),
    api_servers.AKS,
    system_namespaces=namespaces.AKS,
    identity=AZURE_WORKLOAD_IDENTITY,
    further_identities=(AAD_POD_IDENTITY,),
    caveats=(
        "168.63.129.16 is WireServer on TCP 80 and 32526 and Azure DNS on port 53: the address is "
        "blocked, and its port 53 stays open. Nodes drop the WireServer ports of pods themselves; "
        "this holds where they do not.",
        "LocalDNS answers at 169.254.10.10 and 169.254.10.11. AKS Automatic has it, and AKS "
        "Standard by default from Kubernetes 1.37.",
        "Add-ons that use managed identities by way of instance metadata need an exception "
        "outside kube-system. --enable-imds-restriction (preview) blocks it at the node.",
    ),
    neighbours=(
        _NODE_LOCAL_DNS,
        Neighbour("Azure DNS", "168.63.129.16", "UDP", 53, _AZURE_DNS),
        Neighbour("AKS LocalDNS", "169.254.10.10", "UDP", 53, _LOCAL_DNS),
        Neighbour("AKS LocalDNS", "169.254.10.11", "UDP", 53, _LOCAL_DNS),
    ),
    sources=(
        _AZURE_DNS,
        _LOCAL_DNS,
        Source("AKS documentation, IMDS restriction"),
        Source("AgentBaker, iptables rules of AKS nodes"),
    ),
)

_VCN_RESOLVER = Source("Oracle-provided images, iptables rules InstanceServices")
_OKE_NETWORK = Source("OCI documentation, OKE pod networking")

OKE = Platform(
    "oke",
    "Oracle Kubernetes Engine (OKE)",
    ("oracle",),
    Dns(
        addresses=("169.254.169.254", NODE_LOCAL),
        sources=(BY_CONVENTION, NODE_LOCAL_SOURCE, _VCN_RESOLVER),
    ),
    api_servers.OKE,
    identity=OKE_WORKLOAD_IDENTITY,
    caveats=(
        "169.254.169.254 is the metadata service on TCP 80, and the VCN resolver on port 53, which "
        "pods with dnsPolicy Default use: that port stays open and is no leak.",
        "Neither the VCN-native CNI nor flannel enforces NetworkPolicies: Calico has to be "
        "installed.",
        "OKE Workload Identity needs TCP 12250 at the Kubernetes API server's address.",
    ),
    neighbours=(
        _NODE_LOCAL_DNS,
        Neighbour("VCN resolver", "169.254.169.254", "UDP", 53, _VCN_RESOLVER),
        Neighbour("OCI NTP", "169.254.169.254", "UDP", 123, _VCN_RESOLVER),
    ),
    sources=(
        _VCN_RESOLVER,
        _OKE_NETWORK,
        Source("OCI SDK for TypeScript, OKE workload identity"),
    ),
)

DOKS = Platform(
    "doks",
    "DigitalOcean Kubernetes (DOKS)",
    ("digitalocean",),
    Dns(addresses=(NODE_LOCAL,), sources=(BY_CONVENTION, NODE_LOCAL_SOURCE)),
    api_servers.DOKS,
    cni="cilium",
    caveats=(
        "The engine is Cilium: an ipBlock matches neither pods nor the nodes' own addresses.",
    ),
    neighbours=(_NODE_LOCAL_DNS,),
    sources=(Source("DigitalOcean documentation, managed elements of DOKS"),),
)

_ACK_DNS = Source("ACK documentation, NodeLocal DNSCache")
_ALIBABA_DNS = Source("Alibaba Cloud SDK for Go, resolver reserved addresses")

ACK = Platform(
    "ack",
    "Alibaba Cloud Container Service for Kubernetes (ACK)",
    ("alibaba",),
    Dns(
        addresses=(NODE_LOCAL,),
        sources=(BY_CONVENTION, _ACK_DNS),
    ),
    api_servers.ACK,
    system_namespaces=namespaces.ACK,
    identity=ACK_RRSA,
    caveats=(
        "The metadata service is at 100.100.100.200, outside the link-local addresses. Its "
        "neighbours 100.100.2.136 to 100.100.2.138 are the VPC's DNS.",
        "NetworkPolicies are enforced on Terway only, on nodes in shared ENI mode and where its "
        "NetworkPolicy support is on; flannel enforces none.",
        "Where CoreDNS is managed by ACK it has no pods in the cluster: set dns.addresses to the "
        "ClusterIP of kube-dns.",
    ),
    neighbours=(
        Neighbour("NodeLocal DNSCache", NODE_LOCAL, "UDP", 53, _ACK_DNS),
        Neighbour("Alibaba Cloud VPC DNS", "100.100.2.136", "UDP", 53, _ALIBABA_DNS),
        Neighbour("Alibaba Cloud VPC DNS", "100.100.2.138", "UDP", 53, _ALIBABA_DNS),
    ),
    sources=(
        Source("cloud-init, AliYun datasource"),
        _ALIBABA_DNS,
        Source("ACK documentation, network policies"),
        Source("ACK documentation, managed CoreDNS", "medium"),
    ),
)

LINODE = Platform(
    "linode",
    "Akamai (Linode) Kubernetes Engine",
    ("linode",),
    Dns(addresses=(NODE_LOCAL,), sources=(BY_CONVENTION, NODE_LOCAL_SOURCE)),
    api_servers.LINODE,
    caveats=(
        "The metadata service also answers at fd00:a9fe:a9fe::1, which is not link-local: keep "
        "IPv6 in ipFamilies.",
    ),
    neighbours=(_NODE_LOCAL_DNS,),
    sources=(Source("cloud-init, Akamai datasource"),),
)
