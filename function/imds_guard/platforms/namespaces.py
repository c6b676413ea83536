"""Namespaces of the cluster itself, and those in which the usual gateways and monitoring live."""

from __future__ import annotations

# Kubernetes documentation, Namespaces, initial namespaces.
SYSTEM_NAMESPACES: tuple[str, ...] = ("kube-system", "kube-public", "kube-node-lease")

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
MONITORING_NAMESPACES: tuple[str, ...] = (
    "monitoring",
    "prometheus",
    "observability",
    "openshift-monitoring",
    "openshift-user-workload-monitoring",
    "cattle-monitoring-system",
)
