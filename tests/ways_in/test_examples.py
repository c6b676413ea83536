"""Every example gives what its folder .expected holds, to the byte.

IMDS_GUARD_UPDATE=1 writes down what comes out now: read the difference before you commit it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from imds_guard.policies.deny import DENIERS
from tests.support import clients
from tests.support.packages import (
    ENV,
    imds_guard,
    kustomize,
    others,
    policies,
    shipped,
    tree,
    write,
)

EXAMPLES = shipped("examples")
UPDATE = os.environ.get("IMDS_GUARD_UPDATE") == "1"
WIDE = {**ENV, "COLUMNS": "100"}
CLUSTER = ("cluster-admission", *(f"cluster-deny-{name}" for name in DENIERS))
KUSTOMIZE = ("kustomize-transformer", "kustomize-generator", "component")


def expect(name: str, found: dict[str, bytes]) -> None:
    """The same as `keep`, of an example that writes NetworkPolicies."""
    keep(name, found)
    assert policies(*(data for path, data in found.items() if path.endswith(".yaml"))) != []


def keep(name: str, found: dict[str, bytes]) -> None:
    """These files, and no others, are what the example's folder .expected holds."""
    expected = EXAMPLES / name / ".expected"
    if UPDATE:
        shutil.rmtree(expected, ignore_errors=True)
        write(expected, {path: data.decode() for path, data in found.items()})
    assert tree(expected) == found


@pytest.mark.parametrize("name", CLUSTER)
def test_an_example_for_the_cluster_builds_what_is_expected(name: str) -> None:
    built = kustomize(EXAMPLES / name).ok()
    kinds = {one["kind"] for one in yaml.safe_load_all(built.stdout)}
    assert "NetworkPolicy" not in kinds
    keep(name, {"output.yaml": built.stdout})


@pytest.mark.parametrize("name", KUSTOMIZE)
def test_an_example_for_kustomize_builds_what_is_expected(name: str) -> None:
    built = kustomize(EXAMPLES / name).ok()
    expect(name, {"output.yaml": built.stdout})


def test_the_kpt_package_renders_what_is_expected(tmp_path: Path) -> None:
    """Rendering adds files, which .expected holds, and changes none."""
    package = tmp_path / "shop"
    shutil.copytree(EXAMPLES / "kpt-package", package)
    before = tree(package)
    clients.kpt().run("fn", "render", package, "--allow-exec", env=ENV).ok()
    after = tree(package)
    assert {path: after.get(path) for path in before} == before
    expect("kpt-package", {path: after[path] for path in after.keys() - before.keys()})


def test_the_pipe_writes_what_is_expected() -> None:
    folder = EXAMPLES / "pipe"
    given = (folder / "input.yaml").read_bytes()
    done = imds_guard().run("--config", folder / "config.yaml", stdin=given).ok()
    assert done.stdout.startswith(given)
    assert others(done.stdout) == others(given)
    expect("pipe", {"output.yaml": done.stdout})


def test_the_example_with_a_gateway_shows_what_is_expected() -> None:
    """Without `allow` it says what is cut; with `allow.infer` nothing is, and it says nothing."""
    folder = EXAMPLES / "with-gateway"
    given = (folder / "app.yaml").read_bytes()
    cut = imds_guard().run(stdin=given).ok()
    assert " IG007 " in cut.stderr
    done = imds_guard().run("--config", folder / "config.yaml", stdin=given).ok()
    assert done.stderr == ""
    seen = imds_guard().run("audit", "-", "--traffic", stdin=done.stdout, env=WIDE).ok()
    expect(
        "with-gateway",
        {
            "output.yaml": done.stdout,
            "without-allow.txt": cut.stderr.encode(),
            "traffic.txt": seen.stdout,
        },
    )


def test_every_example_is_tested() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    others = {"kpt-package", "pipe", "published", "shop", "with-gateway"}
    assert folders == {*KUSTOMIZE, *CLUSTER, *others}


def demo(path: str) -> str:
    """What demo.sh says with this PATH."""
    done = subprocess.run(
        ["bash", EXAMPLES / "demo.sh"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def assert_shows_the_main_job(said: str) -> None:
    """The demo fits on a screen, and shows a policy that keeps metadata away."""
    assert "deny-cloud-metadata" in said
    assert "169.254.0.0/16" in said
    assert ", 0 lines changed or removed" in said
    assert len(said.splitlines()) <= 50
    assert max(map(len, said.splitlines())) <= 100


def test_the_demo_builds_with_kustomize() -> None:
    clients.kustomize()
    said = demo(ENV["PATH"])
    assert "kustomize build" in said
    assert_shows_the_main_job(said)


def test_the_demo_does_without_kustomize(tmp_path: Path) -> None:
    """With nothing on PATH but what every machine has, and imds-guard."""
    for name in ("awk", "bash", "cat", "diff", "dirname", "grep", "mktemp", "rm", "sed"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    (tmp_path / "imds-guard").symlink_to(imds_guard().path)
    said = demo(str(tmp_path))
    assert "examples/pipe/input.yaml" in said
    assert_shows_the_main_job(said)
