"""The cluster-wide objects over several runs: idempotent, changed, dropped, shared, with paths."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imds_guard.policies.admission import GUARDS
from imds_guard.policies.deny import DENIERS
from tests.support.applications import Resource, config, guarded, stream, workload

WEB = workload("web")
EVERY = [("deny", one) for one in DENIERS] + [("admission", one) for one in GUARDS]


def cluster(field: str, *names: str, **spec: Any) -> Any:
    return config(**{field: list(names), "scope": "cluster", **spec})


def objects(data: bytes) -> list[Resource]:
    """What is in no namespace."""
    return [one for one in yaml.safe_load_all(data) if "namespace" not in one["metadata"]]


def kinds(data: bytes) -> list[str]:
    return sorted(one["kind"] for one in objects(data))


@pytest.mark.parametrize(("field", "name"), EVERY)
def test_a_second_run_changes_nothing(field: str, name: str) -> None:
    once, _ = guarded(stream([WEB]), cluster(field, name))
    assert objects(once)
    assert guarded(once, cluster(field, name))[0] == once


@pytest.mark.parametrize(("field", "name"), EVERY)
def test_another_platform_replaces_it_in_place(field: str, name: str) -> None:
    once, _ = guarded(stream([WEB]), cluster(field, name, platform="eks"))
    changed, _ = guarded(once, cluster(field, name, platform="gke"))
    fresh, _ = guarded(stream([WEB]), cluster(field, name, platform="gke"))
    assert changed == fresh
    assert changed != once


def test_one_that_is_no_longer_named_goes() -> None:
    both, _ = guarded(stream([WEB]), cluster("deny", "cilium", "aws"))
    left, _ = guarded(both, cluster("deny", "aws"))
    assert kinds(both) == ["CiliumClusterwideNetworkPolicy", "ClusterNetworkPolicy"]
    assert kinds(left) == ["ClusterNetworkPolicy"]


def test_a_run_that_writes_no_cluster_wide_object_removes_none() -> None:
    once, _ = guarded(stream([WEB]), cluster("deny", "aws"))
    after, _ = guarded(once, config())
    assert kinds(after) == ["ClusterNetworkPolicy"]


def test_under_scope_cluster_nothing_else_is_written_or_removed() -> None:
    before, _ = guarded(stream([WEB]), config())
    after, results = guarded(before, cluster("deny", "aws"))
    assert after.startswith(before)
    assert kinds(after) == ["ClusterNetworkPolicy"]
    assert [one for one in results if one.severity != "info"] == []


def test_under_scope_cluster_the_policies_of_namespaces_are_not_judged() -> None:
    spec = {"podSelector": {"matchLabels": {"app": "unseen"}}, "egress": [{}]}
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "open", "namespace": "shop"},
        "spec": {**spec, "policyTypes": ["Egress"]},
    }
    given = cluster("admission", "validating-admission-policy")
    _, results = guarded(stream([WEB, policy]), given)
    assert [one.id for one in results if one.severity != "info"] == []


def test_namespaces_that_are_left_out_need_not_be_in_the_input() -> None:
    given = cluster("deny", "aws", namespaces={"exclude": ["cert-manager"]})
    out, results = guarded(stream([WEB]), given)
    assert b"cert-manager" in out
    assert [one.id for one in results if one.severity != "info"] == []


def test_a_namespace_that_kustomize_wrote_on_it_is_none() -> None:
    once, _ = guarded(stream([WEB]), cluster("deny", "aws", "cilium"))
    moved = []
    for one in yaml.safe_load_all(once):
        one["metadata"]["namespace"] = "team-a"
        moved.append(one)
    after, _ = guarded(stream(moved), cluster("deny", "aws", "cilium"))
    assert len(list(yaml.safe_load_all(after))) == len(moved)


def test_two_packages_that_write_it_are_named() -> None:
    once, _ = guarded(stream([WEB]), cluster("deny", "aws"))
    (denial,) = objects(once)
    other = {**denial, "metadata": {**denial["metadata"], "namespace": "team-b"}}
    _, results = guarded(stream([WEB, denial, other]), config())
    assert [one.id for one in results if one.id == "IG013"] == ["IG013"]


def test_in_a_package_of_files_it_has_a_path_of_its_own() -> None:
    path = {"internal.config.kubernetes.io/path": "app/web.yaml"}
    web = {**WEB, "metadata": {**WEB["metadata"], "annotations": path}}
    listing = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [web]}
    out, _ = guarded(yaml.safe_dump(listing).encode(), cluster("deny", "aws", "cilium"))
    items = yaml.safe_load(out)["items"][1:]
    places = [
        (
            one["metadata"]["annotations"]["internal.config.kubernetes.io/path"],
            one["metadata"]["annotations"]["internal.config.kubernetes.io/index"],
        )
        for one in items
    ]
    assert places == [("imds-guard.yaml", "0"), ("imds-guard.yaml", "1")]
