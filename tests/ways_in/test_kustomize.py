"""The function under kustomize, as an executable on PATH."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.packages import (
    APP,
    Files,
    Resource,
    base_set,
    build,
    config_map,
    imds_guard,
    imds_guard_config,
    kustomization,
    kustomize,
    named,
    names,
    namespace,
    pod_selectors,
    policy,
    write,
)

FUNCTION = {"imds-guard.yaml": imds_guard_config()}
TRANSFORM = {"transformers": ["imds-guard.yaml"]}
GENERATE = {"generators": ["imds-guard.yaml"]}


# Transformers come after kustomize's own, and see the final names, namespaces and labels.


@pytest.mark.parametrize(
    "fields,expected",
    [
        ({}, base_set()),
        ({"namespace": "prod"}, base_set("prod")),
        ({"namespace": "prod", "namePrefix": "blue-", "nameSuffix": "-1"}, base_set("prod")),
        ({"namespace": "prod", "commonLabels": {"team": "shop"}}, base_set("prod")),
        ({"labels": [{"pairs": {"team": "shop"}, "includeSelectors": True}]}, base_set()),
        ({"buildMetadata": ["managedByLabel", "originAnnotations"]}, base_set()),
    ],
)
def test_a_transformer_adds_policies(
    fields: Mapping[str, Any], expected: list[str], tmp_path: Path
) -> None:
    found = build(kustomization(tmp_path, FUNCTION, **TRANSFORM, **fields))
    assert names(found) == expected
    assert pod_selectors(found) == [{}]


def test_a_transformer_sees_every_namespace(tmp_path: Path) -> None:
    files: Files = {
        "a.yaml": named(APP, namespace="a"),
        "b.yaml": namespace("b"),
        "system.yaml": namespace("kube-system"),
        **FUNCTION,
    }
    folder = kustomization(tmp_path, files, **TRANSFORM, resources=[*files][:3])
    assert names(build(folder)) == base_set("a", "b")


def test_a_transformer_can_stand_in_the_kustomization(tmp_path: Path) -> None:
    inline = yaml.safe_dump(imds_guard_config())
    assert names(build(kustomization(tmp_path, transformers=[inline]))) == base_set()


def test_a_transformer_by_workload_selects_what_the_build_made_of_the_labels(
    tmp_path: Path,
) -> None:
    folder = kustomization(
        tmp_path,
        {"imds-guard.yaml": imds_guard_config({"scope": "workload"})},
        **TRANSFORM,
        namePrefix="blue-",
        commonLabels={"team": "shop"},
    )
    found = build(folder)
    assert names(found) == base_set(prefix="blue-web-")
    assert pod_selectors(found) == [{"matchLabels": {"app": "web", "team": "shop"}}]


# An overlay renames and labels what the function wrote for its base.

OVERLAY: Resource = {
    "resources": ["base"],
    "namespace": "prod",
    "namePrefix": "blue-",
    "commonLabels": {"team": "shop"},
}


@pytest.mark.parametrize("mode", [TRANSFORM, GENERATE], ids=["transformer", "generator"])
def test_an_overlay_of_a_protected_base_stays_protected(mode: Resource, tmp_path: Path) -> None:
    kustomization(tmp_path / "base", FUNCTION, **mode)
    found = build(write(tmp_path, {"kustomization.yaml": OVERLAY}))
    assert names(found) == base_set("prod", prefix="blue-")
    assert pod_selectors(found) == [{}]


def test_labels_of_an_overlay_reach_pods_and_policies_alike(tmp_path: Path) -> None:
    by_workload = {"imds-guard.yaml": imds_guard_config({"scope": "workload"})}
    kustomization(tmp_path / "base", by_workload, **TRANSFORM)
    found = build(write(tmp_path, {"kustomization.yaml": OVERLAY}))
    assert names(found) == base_set("prod", prefix="blue-web-")
    assert pod_selectors(found) == [{"matchLabels": {"app": "web", "team": "shop"}}]


def test_a_protected_overlay_of_a_protected_base_has_one_set(tmp_path: Path) -> None:
    """The base's policies, by now of other names, make way for those that the overlay wants."""
    kustomization(tmp_path / "base", FUNCTION, **TRANSFORM)
    folder = write(tmp_path, {"kustomization.yaml": {**OVERLAY, **TRANSFORM}, **FUNCTION})
    assert names(build(folder)) == base_set("prod")


def test_one_overlay_can_take_two_protected_bases(tmp_path: Path) -> None:
    for name in ("a", "b"):
        kustomization(tmp_path / name, FUNCTION, **TRANSFORM, namespace=name)
    found = build(write(tmp_path, {"kustomization.yaml": {"resources": ["a", "b"]}}))
    assert names(found) == base_set("a", "b")


# Generators see nothing but their configuration.


@pytest.mark.parametrize(
    "fields,expected",
    [
        ({}, base_set()),
        ({"namespace": "prod"}, base_set("prod")),
        (
            {"namespace": "prod", "namePrefix": "blue-", "commonLabels": {"team": "shop"}},
            base_set("prod", prefix="blue-"),
        ),
    ],
)
def test_a_generator_adds_policies(
    fields: Mapping[str, Any], expected: list[str], tmp_path: Path
) -> None:
    found = build(kustomization(tmp_path, FUNCTION, **GENERATE, **fields))
    assert names(found) == expected
    assert pod_selectors(found) == [{}]


TWO_NAMESPACES = {"imds-guard.yaml": imds_guard_config({"namespaces": {"include": ["a", "b"]}})}


def test_a_generator_takes_two_namespaces(tmp_path: Path) -> None:
    found = build(kustomization(tmp_path, TWO_NAMESPACES, **GENERATE))
    assert names(found) == base_set("a", "b")


def test_a_generator_for_two_namespaces_that_the_kustomization_makes_one_fails(
    tmp_path: Path,
) -> None:
    """Then two policies have one name: kustomize refuses, and nothing is lost unseen."""
    folder = kustomization(tmp_path, TWO_NAMESPACES, **GENERATE, namespace="prod")
    built = kustomize(folder)
    assert built.returncode == 1
    assert built.stdout == b""
    assert "ID conflict" in built.stderr


def test_a_generator_takes_workloads(tmp_path: Path) -> None:
    workloads = [
        {"name": "web", "namespace": "prod", "matchLabels": {"app": "web"}},
        {"name": "api", "namespace": "prod", "matchLabels": {"app": "api"}},
    ]
    config = imds_guard_config({"scope": "workload", "workloads": workloads})
    found = build(kustomization(tmp_path, {"imds-guard.yaml": config}, **GENERATE))
    expected = base_set("prod", prefix="web-") + base_set("prod", prefix="api-")
    assert names(found) == sorted(expected)
    assert pod_selectors(found) == [
        {"matchLabels": {"app": "api"}},
        {"matchLabels": {"app": "web"}},
    ]


def test_a_generator_reads_manifests(tmp_path: Path) -> None:
    """Paths are those of the kustomization, wherever kustomize is called."""
    config = imds_guard_config({"scope": "workload", "manifests": ["deploy", "app.yaml"]})
    files: Files = {
        "imds-guard.yaml": config,
        "deploy/api.yaml": named(APP, name="api", namespace="prod"),
    }
    found = build(kustomization(tmp_path, files, **GENERATE))
    assert names(found) == base_set("prod", prefix="api-") + base_set(prefix="web-")


# Other forms of the configuration.


@pytest.mark.parametrize("mode", [TRANSFORM, GENERATE], ids=["transformer", "generator"])
def test_a_config_map_is_a_configuration_too(mode: Resource, tmp_path: Path) -> None:
    config = config_map({"egress": "dns", "labels": "{team: shop}"})
    folder = kustomization(tmp_path, {"imds-guard.yaml": config}, **mode, namespace="prod")
    found = build(folder)
    assert names(found) == ["prod/allow-dns-egress", "prod/default-deny-all"]
    assert {one["metadata"]["labels"]["team"] for one in found} == {"shop"}


# What goes wrong is told, and nothing is built.


@pytest.mark.parametrize("mode", [TRANSFORM, GENERATE], ids=["transformer", "generator"])
def test_a_wrong_configuration_fails_the_build(mode: Resource, tmp_path: Path) -> None:
    config = imds_guard_config({"egres": "any"})
    built = kustomize(kustomization(tmp_path, {"imds-guard.yaml": config}, **mode))
    assert (built.returncode, built.stdout) == (1, b"")
    assert "error: functionConfig.spec.egres" in built.stderr
    assert "unknown field; did you mean egress?" in built.stderr
    assert "exit status 2" in built.stderr


def test_a_finding_fails_the_build(tmp_path: Path) -> None:
    """A policy of one of our names that is not ours."""
    files = {"policy.yaml": policy("default-deny-all"), **FUNCTION}
    folder = kustomization(tmp_path, files, **TRANSFORM, resources=["app.yaml", "policy.yaml"])
    built = kustomize(folder)
    assert (built.returncode, built.stdout) == (1, b"")
    assert "error conflict default-deny-all: a NetworkPolicy of this name is not" in built.stderr
    assert "exit status 1" in built.stderr


def test_kustomize_sees_a_policy_of_a_generators_name(tmp_path: Path) -> None:
    files = {"policy.yaml": policy("default-deny-all"), **FUNCTION}
    folder = kustomization(tmp_path, files, **GENERATE, resources=["app.yaml", "policy.yaml"])
    built = kustomize(folder)
    assert (built.returncode, built.stdout) == (1, b"")
    assert 'Name:"default-deny-all"' in built.stderr


# Objects of the whole cluster: outermost they stay as they are; below, kustomize reaches into them.

CLUSTER = imds_guard_config({"scope": "cluster", "deny": ["calico", "cluster-network-policy"]})


def platform(folder: Path) -> Path:
    """A kustomization of a platform team, with nothing but what is for the whole cluster."""
    files = {"imds-guard.yaml": CLUSTER}
    return kustomization(folder, files, resources=[], generators=["imds-guard.yaml"])


def errors(built: bytes) -> set[str]:
    """The ids of the errors of an audit of what was built."""
    report = imds_guard().run("audit", "-", "--format", "json", stdin=built)
    findings = json.loads(report.stdout)["findings"]
    return {one["id"] for one in findings if one["severity"] == "error"}


def test_a_generator_in_the_outermost_kustomization_writes_whole_objects(tmp_path: Path) -> None:
    built = kustomize(platform(tmp_path)).ok().stdout
    assert errors(built) == set()
    assert all("namespace" not in one["metadata"] for one in yaml.safe_load_all(built))


def test_a_namespace_around_it_is_none_for_the_audit(tmp_path: Path) -> None:
    platform(tmp_path / "platform")
    outer = kustomization(tmp_path, {}, resources=["platform"], namespace="shop")
    built = kustomize(outer).ok().stdout
    assert b"namespace: shop" in built
    assert errors(built) == set()


def test_a_prefix_around_it_tears_the_tier_off_which_is_said(tmp_path: Path) -> None:
    platform(tmp_path / "platform")
    outer = kustomization(tmp_path, {}, resources=["platform"], namePrefix="dev-")
    assert errors(kustomize(outer).ok().stdout) == {"IG005"}
