"""Namespaces of the cluster itself, and those in which the usual gateways and monitoring live."""

from __future__ import annotations

from imds_guard.platforms.model import Source, SystemNamespaces

KUBERNETES = SystemNamespaces(
    ("kube-system", "kube-public", "kube-node-lease"),
    Source("Kubernetes documentation, Namespaces, initial namespaces"),
)

EKS = (
    SystemNamespaces(
        ("amazon-cloudwatch",), Source("CloudWatch user guide, observability add-on for EKS")
    ),
    SystemNamespaces(
        ("amazon-guardduty",), Source("GuardDuty user guide, security agent add-on for EKS")
    ),
    SystemNamespaces(("aws-observability",), Source("EKS user guide, Fargate logging")),
)
GKE = (
    # gke-managed-system, gke-managed-cim, gke-managed-filestorecsi and so on.
    SystemNamespaces(
        ("gke-managed-*",), Source("GKE documentation, namespaces that GKE manages", "medium")
    ),
    SystemNamespaces(
        ("gmp-system", "gmp-public", "gke-gmp-system"),
        Source("Google Cloud documentation, Managed Service for Prometheus"),
    ),
    SystemNamespaces(("gke-connect",), Source("Google Cloud documentation, fleets, Connect agent")),
    SystemNamespaces(
        ("config-management-system", "config-management-monitoring"),
        Source("Google Cloud documentation, Config Sync"),
    ),
    SystemNamespaces(
        ("cnrm-system", "configconnector-operator-system"),
        Source("Google Cloud documentation, Config Connector"),
    ),
)
AKS = (
    SystemNamespaces(
        ("gatekeeper-system",), Source("Azure documentation, Azure Policy for Kubernetes")
    ),
    SystemNamespaces(
        ("app-routing-system",), Source("AKS documentation, application routing add-on")
    ),
    SystemNamespaces(
        ("aks-istio-system", "aks-istio-ingress", "aks-istio-egress"),
        Source("AKS documentation, Istio add-on"),
    ),
    SystemNamespaces(("aks-command",), Source("AKS documentation, command invoke")),
)
ACK = (
    SystemNamespaces(
        ("arms-prom",), Source("ACK documentation, Managed Service for Prometheus agent")
    ),
)
OPENSHIFT = (
    # `oc new-project` refuses such names.
    SystemNamespaces(
        ("openshift", "openshift-*", "kube-*"),
        Source("OpenShift documentation, default projects"),
    ),
)
_RANCHER = SystemNamespaces(
    (
        *("cattle-system", "cattle-fleet-system", "cattle-fleet-local-system"),
        "cattle-impersonation-system",
    ),
    Source("Rancher documentation, exemptions of pod security admission"),
)
K3S = (_RANCHER,)
RKE2 = (
    SystemNamespaces(
        ("cis-operator-system", "tigera-operator"),
        Source("RKE2 documentation, CIS hardening, exemptions of pod security admission"),
    ),
    _RANCHER,
)

CALICO = (
    SystemNamespaces(
        ("calico-system", "calico-apiserver", "tigera-operator"),
        Source("Calico documentation, installation by the operator"),
    ),
)
CILIUM = (
    SystemNamespaces(
        ("cilium-secrets", "cilium-spire"), Source("Cilium documentation, Helm reference")
    ),
)
OVN_KUBERNETES = (SystemNamespaces(("ovn-kubernetes",), Source("OVN-Kubernetes, Helm chart")),)

# By their own installation guides.
GATEWAY_NAMESPACES: tuple[str, ...] = (
    "ingress-nginx",
    "nginx-gateway",
    "istio-system",
    "istio-ingress",
    "traefik",
    "envoy-gateway-system",
    "projectcontour",
    "kong",
    "haproxy-controller",
    "openshift-ingress",
)
# Istio documentation, "Installing Gateways"; Traefik's Helm chart, and k3s, which has it packaged;
# OpenShift documentation, Ingress Operator.
ISTIO_GATEWAYS: tuple[str, ...] = ("istio-system", "istio-ingress")
TRAEFIK_GATEWAYS: tuple[str, ...] = ("traefik", "kube-system")
OPENSHIFT_ROUTERS: tuple[str, ...] = ("openshift-ingress",)
MONITORING_NAMESPACES: tuple[str, ...] = (
    "monitoring",
    "prometheus",
    "observability",
    "openshift-monitoring",
    "openshift-user-workload-monitoring",
    "cattle-monitoring-system",
)
