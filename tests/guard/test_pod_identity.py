"""Pod identity under the policies of imds-guard: what cuts it, and the setting that mends it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.applications import config, guarded, resource, stream
from tests.support.applications import workload as deployment

# Platform, annotations of the service account, labels of the pods, and what lets it through.
CASES: dict[str, tuple[str, dict[str, str], dict[str, str], str]] = {
    "IRSA": ("eks", {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/web"}, {}, "web"),
    "GKE": ("gke", {"iam.gke.io/gcp-service-account": "web@example.com"}, {}, "podIdentity"),
    "AKS": ("aks", {"azure.workload.identity/client-id": "1"}, {}, "web"),
    "AKS by label": ("aks", {}, {"azure.workload.identity/use": "true"}, "web"),
}


def identity_cut(name: str, **spec: Any) -> list[str]:
    """The workloads whose identity is cut when the function runs with this configuration."""
    platform, annotations, labels, _ = CASES[name]
    web = deployment("web", labels={"app": "web", **labels}, pod={"serviceAccountName": "web"})
    account = resource("v1", "ServiceAccount", "web", "shop")
    account["metadata"]["annotations"] = annotations
    _, results = guarded(stream([web, account]), config(platform=platform, **spec))
    return [one.subject for one in results if one.id == "IG008"]


@pytest.mark.parametrize("name", CASES)
def test_dns_alone_cuts_the_identity(name: str) -> None:
    assert identity_cut(name, egress="dns") == ["shop/web"]


@pytest.mark.parametrize("name", CASES)
def test_the_setting_that_the_fix_names_lets_it_through(name: str) -> None:
    if CASES[name][-1] == "web":
        assert identity_cut(name, egress="web") == []
    else:
        assert identity_cut(name, egress="any") == ["shop/web"]
        assert identity_cut(name, egress="dns", podIdentity=True) == []
