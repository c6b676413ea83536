"""Clusters that run on any cloud, and those that people run themselves on one."""

from __future__ import annotations

from imds_guard.platforms import api_servers, namespaces
from imds_guard.platforms.dns import (
    CLUSTER_DNS,
    KUBE_DNS_OR_NODE_LOCAL,
    NODE_LOCAL,
    NODE_LOCAL_SOURCE,
)
from imds_guard.platforms.model import Dns, Neighbour, OwnRule, Platform, Source

_FIVE_LARGEST = ("aws", "gcp", "azure", "digitalocean", "oracle")
_SELF_MANAGED = (*_FIVE_LARGEST, "openstack", "hetzner")
_NODE_LOCAL_DNS = Neighbour("NodeLocal DNSCache", NODE_LOCAL, "UDP", 53, NODE_LOCAL_SOURCE)
_NODE_LOCAL_ON_SERVICE = (
    "NodeLocal DNSCache with kube-proxy in iptables mode also answers on the node at the ClusterIP "
    "of kube-dns, which no pod selector matches: add it to dns.addresses where names fail."
)

GENERIC = Platform(
    "generic",
    "Any cluster: the five largest clouds, kube-dns or CoreDNS, NodeLocal DNSCache",
    _FIVE_LARGEST,
    Dns(addresses=(NODE_LOCAL,), sources=(CLUSTER_DNS, NODE_LOCAL_SOURCE)),
    api_servers.ANY,
    caveats=(
        "Choose the platform that fits, where there is one: it knows the resolvers, the agents "
        "and the engine that this one cannot.",
        _NODE_LOCAL_ON_SERVICE,
    ),
    neighbours=(_NODE_LOCAL_DNS,),
    sources=(NODE_LOCAL_SOURCE,),
)

_OPENSHIFT_DNS = Source("OpenShift, DNS operator, DaemonSet dns-default")

OPENSHIFT = Platform(
    "openshift",
    "OpenShift, OKD and MicroShift",
    ("aws", "gcp", "azure", "oracle", "ibm", "openstack", "alibaba"),
    Dns(
        namespace="openshift-dns",
        pod_labels=(("dns.operator.openshift.io/daemonset-dns", ("default",)),),
        ports=(5353,),  # behind a Service on port 53
        sources=(_OPENSHIFT_DNS,),
    ),
    api_servers.OPENSHIFT,
    system_namespaces=namespaces.OPENSHIFT,
    cni="ovn-kubernetes",
    own_rule=OwnRule(
        "ovn-kubernetes",
        ("169.254.169.254", "100.100.100.200"),  # the second one on Alibaba Cloud
        "OpenShift rejects all but port 53 there in every pod, whatever policies allow",
        Source("OpenShift's OVN-Kubernetes, CNI plugin (rules of openshift-block-output)"),
    ),
    caveats=(
        "The DNS pods listen on port 5353 behind a Service on port 53: a rule for port 53 alone "
        "cuts names.",
        "Set cni where another engine than OVN-Kubernetes was installed.",
    ),
    sources=(_OPENSHIFT_DNS, Source("OpenShift documentation, OVN-Kubernetes network plugin")),
)

K3S = Platform(
    "k3s",
    "k3s",
    _SELF_MANAGED,
    Dns(addresses=(NODE_LOCAL,), sources=(CLUSTER_DNS, NODE_LOCAL_SOURCE)),
    api_servers.K3S,
    system_namespaces=namespaces.K3S,
    cni="kube-router",
    caveats=(
        "k3s enforces NetworkPolicies with a controller of its own, made of kube-router's; with "
        "--disable-network-policy and no other engine nothing is enforced. Set cni where flannel "
        "was replaced.",
    ),
    neighbours=(_NODE_LOCAL_DNS,),
    sources=(Source("k3s documentation, networking services"),),
)

_RKE2_DNS = Source("RKE2 documentation, networking services")

RKE2 = Platform(
    "rke2",
    "RKE2",
    _SELF_MANAGED,
    Dns(
        # On Cilium without kube-proxy the cache's pods answer in place of its address.
        pod_labels=KUBE_DNS_OR_NODE_LOCAL,
        addresses=(NODE_LOCAL,),
        sources=(CLUSTER_DNS, _RKE2_DNS),
    ),
    api_servers.RKE2,
    system_namespaces=namespaces.RKE2,
    caveats=(
        "The default engine is Canal, which enforces policies with Calico; flannel alone "
        "enforces none. Set cni: cilium where that is the engine.",
    ),
    neighbours=(Neighbour("NodeLocal DNSCache", NODE_LOCAL, "UDP", 53, _RKE2_DNS),),
    sources=(_RKE2_DNS, Source("RKE2 documentation, basic network options")),
)

_GARDENER_DNS = Source("Gardener, coredns component constants")
_GARDENER_NODE_LOCAL = Source("Gardener, nodelocaldns component constants")
_GARDENER_CACHE = "fd30:1319:f1e:230b::1"

GARDENER = Platform(
    "gardener",
    "Gardener shoot clusters",
    ("aws", "gcp", "azure", "alibaba", "openstack", "hetzner"),
    Dns(
        ports=(8053,),  # behind a Service on port 53
        addresses=(NODE_LOCAL, _GARDENER_CACHE),
        sources=(_GARDENER_DNS, _GARDENER_NODE_LOCAL),
    ),
    api_servers.GARDENER,
    caveats=(
        "CoreDNS listens on port 8053 behind a Service on port 53: a rule for port 53 alone cuts "
        "names.",
        _NODE_LOCAL_ON_SERVICE,
    ),
    neighbours=(
        Neighbour("NodeLocal DNSCache", NODE_LOCAL, "UDP", 53, _GARDENER_NODE_LOCAL),
        Neighbour("NodeLocal DNSCache", _GARDENER_CACHE, "UDP", 53, _GARDENER_NODE_LOCAL),
    ),
    sources=(_GARDENER_DNS, NODE_LOCAL_SOURCE),
)

_KUBESPRAY_DNS = Source("kubespray, default variables (nodelocaldns_ip)")

KUBESPRAY = Platform(
    "kubespray",
    "kubespray",
    _SELF_MANAGED,
    Dns(
        addresses=("169.254.25.10",),
        named_by_resolv_conf=("169.254.25.10",),  # enable_nodelocaldns is on by default
        sources=(CLUSTER_DNS, _KUBESPRAY_DNS),
    ),
    api_servers.KUBESPRAY,
    caveats=(
        "NodeLocal DNSCache is on by default at 169.254.25.10, the resolver of every pod; set "
        "dns.addresses where nodelocaldns_ip was changed.",
        "On Cilium that address is the node itself, and no NetworkPolicy lets pods reach it: "
        "resolve names by way of CoreDNS there, or allow it with a CiliumNetworkPolicy.",
    ),
    neighbours=(Neighbour("NodeLocal DNSCache", "169.254.25.10", "UDP", 53, _KUBESPRAY_DNS),),
    sources=(_KUBESPRAY_DNS, Source("Cilium documentation, Network policy, IP/CIDR based")),
)

_TALOS_DNS = Source("Talos, machinery constants (HostDNSAddress)")

TALOS = Platform(
    "talos",
    "Talos Linux",
    (*_SELF_MANAGED, "scaleway", "vultr", "upcloud", "exoscale", "linode"),
    Dns(
        addresses=("169.254.116.108", NODE_LOCAL),
        sources=(CLUSTER_DNS, NODE_LOCAL_SOURCE, _TALOS_DNS),
    ),
    api_servers.TALOS,
    caveats=(
        "The host's DNS answers at 169.254.116.108. CoreDNS asks it, and pods with dnsPolicy "
        "Default do: a policy in kube-system must not cut it.",
        "flannel, the default, enforces NetworkPolicies from Talos 1.13, and only with "
        "kubeNetworkPoliciesEnabled.",
    ),
    neighbours=(
        _NODE_LOCAL_DNS,
        Neighbour("Talos host DNS", "169.254.116.108", "UDP", 53, _TALOS_DNS),
    ),
    sources=(_TALOS_DNS, Source("Talos, flannel configuration (kubeNetworkPoliciesEnabled)")),
)

HETZNER = Platform(
    "hetzner",
    "Clusters on Hetzner Cloud servers",
    ("hetzner",),
    Dns(addresses=(NODE_LOCAL,), sources=(CLUSTER_DNS, NODE_LOCAL_SOURCE)),
    api_servers.SELF_MANAGED,
    caveats=(
        "Servers hand out their user data to anyone who asks; what creates the cluster often "
        "puts its join token there.",
        _NODE_LOCAL_ON_SERVICE,
    ),
    neighbours=(_NODE_LOCAL_DNS,),
    sources=(Source("systemd, hwdb 40-imds"), NODE_LOCAL_SOURCE),
)

_MICROK8S_DNS = Source("MicroK8s, core add-ons, dns")

MICROK8S = Platform(
    "microk8s",
    "MicroK8s",
    _SELF_MANAGED,
    Dns(addresses=(NODE_LOCAL,), sources=(_MICROK8S_DNS, NODE_LOCAL_SOURCE)),
    api_servers.MICROK8S,
    caveats=(
        "The API server listens on port 16443.",
        "Calico is the default engine. flannel, which it has without the add-on ha-cluster, "
        "enforces nothing. Set cni: cilium where the add-on of that name is on.",
    ),
    neighbours=(_NODE_LOCAL_DNS,),
    sources=(_MICROK8S_DNS, Source("MicroK8s documentation, CNI configuration")),
)
