"""What the folder kustomize/ holds for people to refer to or to copy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from imds_guard import __version__
from tests.support.packages import (
    Resource,
    base_set,
    build,
    egress_of,
    kustomization,
    kustomize,
    names,
    namespace,
    pod_selectors,
    policies,
    shipped,
    write,
)

OVERLAY: Resource = {
    "resources": ["base"],
    "namespace": "prod",
    "namePrefix": "blue-",
    "labels": [{"pairs": {"team": "shop"}, "includeSelectors": True}],
}


def reference(folder: Path, name: str) -> list[str]:
    """A shipped folder as the one entry of a kustomization, relative as kustomize wants it."""
    return [os.path.relpath(shipped(f"kustomize/{name}"), folder)]


def overlay(folder: Path, **fields: Any) -> Path:
    """An overlay of the application in a folder of its own."""
    kustomization(folder / "base")
    return write(folder, {"kustomization.yaml": {"resources": ["base"], **fields}})


@pytest.mark.parametrize("fields", [{}, OVERLAY], ids=["alone", "among-other-fields"])
def test_the_component_can_be_referred_to(fields: Resource, tmp_path: Path) -> None:
    """The fields of the overlay that takes it apply to its policies."""
    found = build(overlay(tmp_path, **fields, components=reference(tmp_path, "component")))
    assert names(found) == (base_set("prod", prefix="blue-") if fields else base_set())
    assert pod_selectors(found) == [{}]


@pytest.mark.parametrize("fields", [{}, OVERLAY], ids=["alone", "among-other-fields"])
def test_the_transformer_can_be_referred_to(fields: Resource, tmp_path: Path) -> None:
    found = build(overlay(tmp_path, **fields, transformers=reference(tmp_path, "transformer")))
    assert names(found) == (base_set("prod") if fields else base_set())


def test_the_component_runs_beside_a_namespace_that_the_kustomization_sets(tmp_path: Path) -> None:
    """The component comes before `namespace:` and sees two namespaces that become one.

    kustomize refuses what comes of it. The transformer, and a kustomization around, do not have
    that difficulty.
    """
    files = {"namespace.yaml": namespace("prod")}
    fields: Resource = {"resources": ["app.yaml", "namespace.yaml"], "namespace": "prod"}
    inner, outer = tmp_path / "inner", tmp_path / "outer"

    kustomization(inner, files, **fields, components=reference(inner, "component"))
    built = kustomize(inner)
    assert (built.returncode, built.stdout) == (1, b"")
    assert "ID conflict" in built.stderr

    kustomization(inner, files, **fields, transformers=reference(inner, "transformer"))
    assert names(build(inner)) == base_set("prod")

    kustomization(inner, files, **fields)
    around = {"resources": ["../inner"], "components": reference(outer, "component")}
    assert names(build(write(outer, {"kustomization.yaml": around}))) == base_set("prod")


def test_the_configuration_of_the_transformer_can_be_patched(tmp_path: Path) -> None:
    patch = [{"op": "add", "path": "/spec", "value": {"egress": "dns"}}]
    mine = {
        "resources": reference(tmp_path / "mine", "transformer"),
        "patches": [{"target": {"kind": "ImdsGuard"}, "patch": yaml.safe_dump(patch)}],
    }
    write(tmp_path, {"mine/kustomization.yaml": mine})
    found = build(overlay(tmp_path, transformers=["mine"]))
    assert names(found) == ["allow-dns-egress", "default-deny-all"]


def test_the_container_is_the_program_but_for_the_image_of_this_version() -> None:
    """By its text: the tests of kubectl and kpt run an image that is built of this checkout."""
    configs = [shipped(f"kustomize/{name}") for name in ("transformer", "transformer-container")]
    program, container = (yaml.safe_load((one / "imds-guard.yaml").read_text()) for one in configs)
    (function,) = container["metadata"].pop("annotations").values()
    image = f"ghcr.io/imds-guard/imds-guard:{__version__}"
    assert yaml.safe_load(function) == {"container": {"image": image}}
    del program["metadata"]["annotations"]
    assert container == program


CONFIGS = sorted(path.name for path in shipped("kustomize/configs").iterdir())
WITHOUT_DEFAULT_DENY = ("all-but-link-local.yaml", "metadata-only.yaml")


def policies_with(config: str, folder: Path) -> list[Resource]:
    """The policies of a build with a ready configuration."""
    files = {"config.yaml": (shipped("kustomize/configs") / config).read_text()}
    folder = kustomization(folder, files, transformers=["config.yaml"], namespace="prod")
    return policies(kustomize(folder).ok().stdout)


@pytest.mark.parametrize("config", CONFIGS)
def test_a_ready_configuration_works(config: str, tmp_path: Path) -> None:
    found = policies_with(config, tmp_path)
    prefix = "web-" if config == "workload-scope.yaml" else ""
    expected = {f"prod/{prefix}default-deny-all", f"prod/{prefix}allow-dns-egress"}
    if config in WITHOUT_DEFAULT_DENY:
        assert {tuple(one["spec"]["policyTypes"]) for one in found} == {("Egress",)}
        expected = {"prod/deny-cloud-metadata"}
    assert expected <= set(names(found))


def test_the_first_step_is_one_rule_for_metadata_and_one_for_names(tmp_path: Path) -> None:
    found = policies_with("metadata-only.yaml", tmp_path)
    assert names(found) == ["prod/allow-dns-egress", "prod/deny-cloud-metadata"]
    v4, v6, pods = egress_of(found, "deny-cloud-metadata")
    blocks = [one["to"][0]["ipBlock"] for one in (v4, v6)]
    assert [one["cidr"] for one in blocks] == ["0.0.0.0/0", "::/0"]
    assert "169.254.169.254/32" in blocks[0]["except"]
    assert pods == {"to": [{"namespaceSelector": {}}]}
