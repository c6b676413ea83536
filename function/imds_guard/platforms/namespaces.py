"""Namespaces in which the usual gateways and monitoring live, by their own installation guides."""

from __future__ import annotations

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
