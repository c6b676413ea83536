"""The function in a pipe behind kustomize, and without any orchestrator."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import clients
from tests.support.packages import (
    APP,
    Resource,
    base_set,
    imds_guard,
    kustomization,
    named,
    names,
    namespace,
    policies,
    write,
)

FIELDS: list[Resource] = [
    {},
    {"namespace": "prod", "namePrefix": "blue-"},
    {"labels": [{"pairs": {"team": "shop"}, "includeSelectors": True}]},
    {"resources": ["app.yaml", "namespace.yaml"], "namespace": "prod"},
    {"configMapGenerator": [{"name": "settings", "literals": ["on=yes", "mode=012"]}]},
]


def built(folder: Path) -> bytes:
    """What kustomize builds of the folder, without any function."""
    return clients.kustomize().run("build", folder).ok().stdout


@pytest.mark.parametrize("fields", FIELDS)
def test_the_pipe_adds_policies_behind_what_kustomize_wrote(
    fields: Resource, tmp_path: Path
) -> None:
    """All that kustomize wrote comes first and to the byte; then the policies."""
    plain = built(kustomization(tmp_path, {"namespace.yaml": namespace("prod")}, **fields))
    piped = imds_guard().run(stdin=plain).ok().stdout
    assert piped.startswith(plain)
    found = policies(piped)
    assert names(found) == (base_set("prod") if "namespace" in fields else base_set())
    assert imds_guard().run(stdin=piped).ok().stdout == piped


def test_generate_writes_what_the_pipe_adds(tmp_path: Path) -> None:
    files = {"a.yaml": APP, "b/c.yml": named(APP, namespace="prod"), "kustomization.yaml": "{}"}
    write(tmp_path / "deploy", files)
    generated = imds_guard().run("generate", "deploy", cwd=tmp_path).ok().stdout
    assert names(policies(generated)) == sorted([*base_set(), *base_set("prod")])
    stream = f"{files['a.yaml']}---\n{files['b/c.yml']}".encode()
    assert imds_guard().run(stdin=stream).ok().stdout == stream + b"---\n" + generated


def test_generate_takes_a_patch_for_a_part_of_its_workload(tmp_path: Path) -> None:
    """A patch is a part of the workload that it names, not a second one of that name."""
    metadata, _, _ = APP.partition("spec:")
    patch = f"{metadata}spec:\n  template:\n    spec:\n      priorityClassName: high\n"
    write(tmp_path, {"base/web.yaml": APP, "overlay/patch.yaml": patch})
    done = imds_guard().run("generate", ".", "--set", "scope=workload", cwd=tmp_path).ok()
    assert names(policies(done.stdout)) == base_set(prefix="web-")


def test_generate_writes_a_file_for_a_kustomization(tmp_path: Path) -> None:
    """For builds without plugins, such as Flux: the policies are written down and checked in."""
    folder = kustomization(tmp_path, resources=["app.yaml", "policies.yaml"], namespace="prod")
    imds_guard().run("generate", "app.yaml", "-o", "policies.yaml", cwd=folder).ok()
    assert names(policies(built(folder))) == base_set("prod")
