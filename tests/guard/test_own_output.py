"""What imds-guard writes is green by its own audit, whatever the platform and the engine."""

from __future__ import annotations

from itertools import product

import pytest

from imds_guard.config import from_pairs
from imds_guard.platforms import CNIS, PLATFORMS
from imds_guard.settings import settings_of
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
        said = [line.partition(":")[0] for line in ended.stderr.splitlines()]
        found = {line.split()[1] for line in said if " IG0" in line}
        assert (ended.status, found) == (0, not_enforced(pairs)), pairs


def not_enforced(pairs: dict[str, str]) -> set[str]:
    """IG010 where the engine enforces nothing, or the platform keeps metadata from every pod."""
    settings = settings_of(from_pairs(pairs))
    is_own_rule = settings.own_rule is not None and 4 in settings.ip_versions
    return {"IG010"} if is_own_rule or any(not gap.signs for gap in settings.gaps) else set()


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
