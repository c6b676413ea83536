"""Where the Kubernetes API server answers. A policy sees that port, not 443 of its Service."""

from __future__ import annotations

from imds_guard.platforms.model import ApiServer, Source

_KUBERNETES = Source("Kubernetes documentation, ports and protocols")
_EKS = Source("EKS user guide, requirements of the cluster's security group")
_GKE = Source("GKE documentation, automatically created firewall rules")
_AKS = Source("AKS documentation, outbound network rules")

# 443 is that of most clouds' control planes, 6443 that of kube-apiserver itself.
ANY = ApiServer((443, 6443), (_KUBERNETES, _EKS, _GKE, _AKS))
SELF_MANAGED = ApiServer((6443,), (_KUBERNETES,))

EKS = ApiServer((443,), (_EKS,))
GKE = ApiServer((443,), (_GKE,))
AKS = ApiServer((443,), (_AKS,))
OKE = ApiServer((6443,), (Source("OCI documentation, OKE network resource configuration"),))
DOKS = ApiServer((443,), (Source("DigitalOcean, kubeconfig of a DOKS cluster", "medium"),))
ACK = ApiServer((6443,), (Source("ACK documentation, access control of the API server"),))
# The public name has port 443; which one the Service's endpoints have, no page of theirs says.
LINODE = ApiServer((443, 6443), (Source("Linode, kubeconfig of an LKE cluster", "medium"),))

OPENSHIFT = ApiServer(
    (6443,), (Source("OpenShift documentation, network connectivity requirements"),)
)
K3S = ApiServer((6443,), (Source("k3s documentation, requirements, inbound rules"),))
RKE2 = ApiServer((6443,), (Source("RKE2 documentation, requirements, inbound network rules"),))
GARDENER = ApiServer((443,), (Source("Gardener, GEP-8, SNI passthrough for kube-apiservers"),))
KUBESPRAY = ApiServer((6443,), (Source("kubespray, default variables (kube_apiserver_port)"),))
TALOS = ApiServer((6443,), (Source("Talos documentation, network connectivity"),))
MICROK8S = ApiServer((16443,), (Source("MicroK8s documentation, services and ports"),))
