"""Cloud identities of pods: what they need to reach, and how a manifest shows their use."""

from __future__ import annotations

from imds_guard.platforms.model import Identity, IdentityEndpoint, Source, WorkloadSign

_EKS_AGENT = Source("EKS Pod Identity agent, default configuration")
_EKS_POD_IDENTITY = Source("EKS user guide, EKS Pod Identity")
_GKE = Source("GKE documentation, Workload Identity Federation")
_GKE_SIGNS = (WorkloadSign("service-account-annotation", "iam.gke.io/gcp-service-account", _GKE),)
_AZURE = Source("AKS documentation, Microsoft Entra Workload ID")
_ACK = Source("ACK documentation, ack-pod-identity-webhook")

EKS_POD_IDENTITY = Identity(
    "eks-pod-identity",
    "EKS Pod Identity",
    endpoints=(
        IdentityEndpoint("169.254.170.23", (80,), _EKS_AGENT),
        IdentityEndpoint("fd00:ec2::23", (80,), _EKS_AGENT),
    ),
    cilium_host=True,
    sources=(_EKS_POD_IDENTITY, Source("Cilium, issue 34387")),
    note="Associations are made in the EKS API: no manifest shows which workloads use it.",
)

IRSA = Identity(
    "irsa",
    "IAM roles for service accounts (IRSA)",
    over_internet=True,
    workload_signs=(
        WorkloadSign(
            "service-account-annotation",
            "eks.amazonaws.com/role-arn",
            Source("EKS user guide, IAM roles for service accounts"),
        ),
    ),
    sources=(Source("EKS user guide, IAM roles for service accounts"),),
    note="Credentials come from AWS STS, TCP 443: egress web and any let it through, dns does not.",
)

_KUBE2IAM = Source("kube2iam, README")
_KIAM = Source("kiam, README")

KUBE2IAM = Identity(
    "kube2iam",
    "kube2iam or kiam",
    takes_over="169.254.169.254",
    workload_signs=(WorkloadSign("pod-annotation", "iam.amazonaws.com/role", _KUBE2IAM),),
    sources=(_KUBE2IAM, _KIAM),
    note="An agent on each node answers at the metadata service's own address, which nothing tells "
    "from the service itself: each workload that uses it needs an exception.",
)

AAD_POD_IDENTITY = Identity(
    "aad-pod-identity",
    "AAD Pod Identity",
    takes_over="169.254.169.254",
    workload_signs=(
        WorkloadSign(
            "pod-label", "aadpodidbinding", Source("AAD Pod Identity documentation, demo")
        ),
    ),
    sources=(Source("AAD Pod Identity documentation, NMI"),),
    note="Retired for Microsoft Entra Workload ID. Its agent on each node answers at the metadata "
    "service's own address: each workload that uses it needs an exception.",
)

GKE_WORKLOAD_IDENTITY = Identity(
    "gke-workload-identity",
    "Workload Identity Federation for GKE",
    # Pods ask 169.254.169.254:80; the node turns that into this address before policies apply.
    endpoints=(IdentityEndpoint("169.254.169.252", (987, 988), _GKE),),
    workload_signs=_GKE_SIGNS,
    sources=(_GKE,),
    note="The address is that of the GKE metadata server: opening it lets pods ask that for tokens "
    "of their own service account, and for some of the node's metadata.",
)

GKE_WORKLOAD_IDENTITY_V2 = Identity(
    "gke-workload-identity",
    "Workload Identity Federation for GKE, on Dataplane V2",
    endpoints=(IdentityEndpoint("169.254.169.254", (80, 8080), _GKE),),
    workload_signs=_GKE_SIGNS,
    sources=(_GKE,),
    note="Dataplane V2 applies policies before the address is turned into that of the GKE metadata "
    "server, so this opens 169.254.169.254 itself, by design. A node pool without the GKE metadata "
    "server would hand out the node's own credentials there.",
)

AZURE_WORKLOAD_IDENTITY = Identity(
    "azure-workload-identity",
    "Microsoft Entra Workload ID (Azure Workload Identity)",
    over_internet=True,
    workload_signs=(
        WorkloadSign("service-account-annotation", "azure.workload.identity/client-id", _AZURE),
        WorkloadSign("pod-label", "azure.workload.identity/use", _AZURE, "true"),
    ),
    sources=(_AZURE,),
    note="A token is exchanged with Microsoft Entra ID, TCP 443: egress web and any let it "
    "through, dns does not.",
)

OKE_WORKLOAD_IDENTITY = Identity(
    "oke-workload-identity",
    "OKE Workload Identity",
    api_server_ports=(12250,),
    sources=(Source("OCI SDK for TypeScript, OKE workload identity"),),
    note="Session tokens come from the address of the Kubernetes API server (the environment's "
    "KUBERNETES_SERVICE_HOST), TCP 12250; no manifest shows which workloads use it.",
)

ACK_RRSA = Identity(
    "ack-rrsa",
    "RAM roles for service accounts (RRSA)",
    over_internet=True,
    workload_signs=(
        WorkloadSign("service-account-annotation", "pod-identity.alibabacloud.com/role-name", _ACK),
    ),
    sources=(_ACK,),
    note="Credentials come from Alibaba Cloud STS, TCP 443: egress web and any let it through, dns "
    "does not.",
)
