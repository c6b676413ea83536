"""What imds-guard writes is green by its own audit, whatever the platform and the engine."""

from __future__ import annotations

from itertools import product

import pytest

from imds_guard.platforms import CNIS, PLATFORMS
from tests.support.program import imds_guard

INPUT = b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, annotations: {imds-guard.dev/allow-metadata: its zone}}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: example.com/api}]}
"""
FAMILIES = ("IPv4,IPv6", "IPv4", "IPv6")


@pytest.mark.parametrize("cni", ["", *CNIS])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_that_is_written_is_found_at_fault(platform: str, cni: str) -> None:
    for egress, families, scope, identity in product(
        ("dns", "web", "any"), FAMILIES, ("namespace", "workload"), ("false", "true")
    ):
        pairs = {
            "platform": platform,
            "cni": cni,
            "egress": egress,
            "ipFamilies": families,
            "scope": scope,
            "podIdentity": identity,
        }
        args = [word for key, text in pairs.items() for word in ("--set", f"{key}={text}")]
        ended = imds_guard(*args, stdin=INPUT)
        found = [line for line in ended.stderr.splitlines() if " IG0" in line.partition(":")[0]]
        assert (ended.status, found) == (0, []), pairs


def test_cluster_dns_that_is_governed_lets_its_clients_in() -> None:
    coredns = INPUT.replace(b"namespace: shop", b"namespace: kube-system").replace(
        b"app: web", b"k8s-app: kube-dns"
    )
    include = ["--set", "namespaces.include=shop,kube-system"]
    ended = imds_guard(*include, stdin=coredns + b"---\n" + INPUT)
    assert ended.status == 0, ended.stderr
    assert b"name: allow-dns-ingress" in ended.stdout
    again = imds_guard(*include, stdin=ended.stdout)
    assert again.stdout == ended.stdout
