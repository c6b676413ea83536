"""Engines that enforce NetworkPolicies, and where they differ. A new engine is one entry here."""

from __future__ import annotations

from imds_guard.platforms import namespaces
from imds_guard.platforms.gaps import (
    AWS_CONSIDERATIONS,
    AWS_IPV6_CLUSTER,
    AWS_STANDALONE,
    not_on_windows,
    nowhere,
)
from imds_guard.platforms.model import Cni, Source

_ROUTER_ON_LINUX = Source("kube-router, requirements (iptables and ipset of Linux)")


def _without_policies(name: str, title: str, engine: str, source: Source, caveat: str) -> Cni:
    """An engine of which nothing can differ, since it enforces no policy."""
    return Cni(
        name,
        title,
        ip_block_matches_pods=True,
        ip_block_matches_nodes=True,
        except_is_deny_wins=False,
        except_spans_rule=False,
        caveats=(caveat,),
        gaps=(nowhere(engine, source),),
        sources=(source,),
    )


_ALL = (
    Cni(
        "cilium",
        "Cilium",
        ip_block_matches_pods=False,
        ip_block_matches_nodes=False,
        except_is_deny_wins=False,
        except_spans_rule=False,
        heeds_policy_types=False,
        api_server_entity="kube-apiserver",
        system_namespaces=namespaces.CILIUM,
        caveats=(
            "Rules count although policyTypes leaves their direction out: `egress: [{}]` beside "
            "policyTypes [Ingress] opens everything.",
            "An ipBlock never matches pods: 0.0.0.0/0 does not let pods talk to pods or to "
            "CoreDNS; only selectors do.",
            "An ipBlock does not match addresses on a node either, unless Cilium runs with "
            "policy-cidr-match-mode: nodes. NodeLocal DNSCache on the host's network and EKS Pod "
            "Identity are such addresses; a CiliumNetworkPolicy with toEntities [host] lets pods "
            "reach them.",
        ),
        gaps=(not_on_windows("Cilium", Source("AKS documentation, Azure CNI Powered by Cilium")),),
        sources=(
            Source("Cilium documentation, Network policy, IP/CIDR based"),
            Source("Cilium documentation, Kubernetes NetworkPolicy, known missing features"),
            Source("Cilium documentation, layer 3 policies, entities"),
            Source("Cilium, issue 34387"),
            Source("Cilium, pkg/k8s, ParseNetworkPolicy"),
        ),
    ),
    Cni(
        "calico",
        "Calico, also as the policy engine of Canal",
        ip_block_matches_pods=True,
        ip_block_matches_nodes=True,
        except_is_deny_wins=False,
        except_spans_rule=False,
        system_namespaces=namespaces.CALICO,
        sources=(Source("Calico, conversion of NetworkPolicy (nets and notNets of one rule)"),),
    ),
    Cni(
        "aws-vpc-cni",
        "Amazon VPC CNI with its network policy agent",
        ip_block_matches_pods=True,
        ip_block_matches_nodes=True,
        except_is_deny_wins=True,
        except_spans_rule=False,
        caveats=(
            "The longest prefix decides: an except denies what another policy allows by a wider "
            "CIDR or by ports alone, but not what is allowed by the same or a narrower CIDR.",
            "A cluster is IPv4 or IPv6, and rules of the other family are ignored. Name the one in "
            "ipFamilies: what an IPv6 cluster leaves open is said then.",
            "Agents before 1.0.4 (VPC CNI before 1.15.1) ignored except under 0.0.0.0/0.",
        ),
        gaps=(
            AWS_STANDALONE,
            AWS_IPV6_CLUSTER,
            not_on_windows("the Amazon VPC CNI", AWS_CONSIDERATIONS),
        ),
        sources=(
            Source("AWS network policy agent, fwruleprocessor"),
            Source("AWS network policy agent, issues 92 and 120"),
            AWS_CONSIDERATIONS,
        ),
    ),
    Cni(
        "ovn-kubernetes",
        "OVN-Kubernetes",
        ip_block_matches_pods=True,
        ip_block_matches_nodes=True,
        except_is_deny_wins=False,
        except_spans_rule=False,
        system_namespaces=namespaces.OVN_KUBERNETES,
        caveats=(
            "Versions without the fix of issue 845 take an except for a deny: there an exception "
            "does not open what another policy excepts.",
        ),
        gaps=(
            not_on_windows(
                "OVN-Kubernetes",
                Source("OVN-Kubernetes, hybrid overlay (Windows pods have no logical port)"),
            ),
        ),
        sources=(
            Source("OVN-Kubernetes, gress_policy"),
            Source("OVN-Kubernetes, issue 845"),
        ),
    ),
    Cni(
        "antrea",
        "Antrea",
        ip_block_matches_pods=True,
        ip_block_matches_nodes=True,
        except_is_deny_wins=False,
        except_spans_rule=False,
        sources=(Source("Antrea, network policy reconciler (CIDRs without the excepted ones)"),),
    ),
    Cni(
        "kube-router",
        "kube-router's policy controller, built into k3s",
        ip_block_matches_pods=True,
        ip_block_matches_nodes=True,
        except_is_deny_wins=False,
        except_spans_rule=True,
        splits_of_any_ipv6=("2000::/3", "fd00::/8"),
        caveats=(
            "Of ::/0 it makes 2000::/3 and fd00::/8, so that an except that holds one of them, "
            "such as fc00::/7, takes nothing away: fd00:ec2::254 stays in reach.",
            "One IPv4-mapped CIDR in any namespace makes it give up every update of its rules.",
            "Within one rule an except also takes out of the other ipBlocks of that rule: each "
            "ipBlock with an except has to be a rule of its own.",
        ),
        gaps=(not_on_windows("kube-router", _ROUTER_ON_LINUX),),
        sources=(Source("Observed with kube-router on Kubernetes 1.36", "medium"),),
    ),
    Cni(
        "kindnet",
        "kindnet, the engine of kind, by way of kube-network-policies",
        ip_block_matches_pods=True,
        ip_block_matches_nodes=True,
        except_is_deny_wins=False,
        except_spans_rule=False,
        caveats=("Before kind 0.24 it enforced no NetworkPolicy.",),
        sources=(
            Source("kind, release notes of 0.24.0"),
            Source("Observed with kube-network-policies on Kubernetes 1.36", "medium"),
        ),
    ),
    _without_policies(
        "flannel",
        "flannel alone",
        "flannel",
        Source("flannel, README (networking policy)"),
        "With Calico beside it (Canal) the engine is calico. Talos 1.13 and later can run "
        "kube-network-policies beside it, which is the engine of kindnet.",
    ),
    _without_policies(
        "kubenet",
        "kubenet without a policy engine",
        "kubenet",
        Source("Kubernetes documentation, network plugins (kubenet)"),
        "On AKS and GKE network policy can be switched on with it; the engine is calico then.",
    ),
    _without_policies(
        "oci-vcn-native",
        "OCI VCN-native pod networking without a policy engine",
        "the VCN-native CNI",
        Source("OCI documentation, OKE pod networking"),
        "With Calico installed for policies the engine is calico.",
    ),
)

CNIS: dict[str, Cni] = {cni.name: cni for cni in _ALL}
