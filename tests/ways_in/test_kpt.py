"""The function under kpt, as a program and as a container."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import clients
from tests.support.packages import (
    APP,
    ENV,
    Files,
    Resource,
    base_set,
    imds_guard,
    named,
    names,
    policies,
    policy,
    tree,
    write,
)

NEW_FILES = {"web/imds-guard.yaml", "jobs/imds-guard.yaml"}
KPTFILE: Resource = {
    "apiVersion": "kpt.dev/v1",
    "kind": "Kptfile",
    "metadata": {
        "name": "shop",
        "annotations": {"config.kubernetes.io/local-config": "true"},
    },
}
PACKAGE: Files = {
    "Kptfile": KPTFILE,
    "README.md": "Not for functions.\n",
    "web/app.yaml": named(APP, namespace="shop"),
    # In flow style kpt writes its annotations into the same line.
    "jobs/namespace.yaml": "# Its own namespace.\n"
    "apiVersion: v1\n"
    "kind: Namespace\n"
    "metadata: {name: jobs, labels: {tier: 'batch'}} # kept as it is\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A kpt package on disk."""
    return write(tmp_path / "package", PACKAGE)


@pytest.fixture(params=["exec", "image"])
def function(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The two ways to name the function: on the command line and in a pipeline alike."""
    if request.param == "exec":
        return "exec", "imds-guard"
    return "image", request.getfixturevalue("image")


def kpt(*args: str | Path) -> clients.Completed:
    """`kpt fn` with these arguments."""
    return clients.kpt().run("fn", *args, env=ENV)


def render(package: Path, function: tuple[str, str], **fields: Any) -> clients.Completed:
    """Renders the package with the function as its only mutator."""
    how, what = function
    pipeline = {"mutators": [{how: what, **fields}]}
    write(package, {"Kptfile": {**KPTFILE, "pipeline": pipeline}})
    return kpt("render", package, "--allow-exec", "--results-dir", package.parent / "results")


def results(package: Path) -> list[dict[str, Any]]:
    """What kpt has kept of the function's results."""
    written = yaml.safe_load((package.parent / "results/results.yaml").read_text())
    (run,) = written["items"]
    found: list[dict[str, Any]] = run.get("results", [])
    return found


def added(package: Path, before: dict[str, bytes]) -> list[Resource]:
    """The policies in the files that are new; every other file is as it was, to the byte."""
    after = tree(package)
    assert {path: after.get(path) for path in before} == before
    return policies(*(data for path, data in after.items() if path not in before))


def test_eval_writes_policies_beside_what_they_protect(
    function: tuple[str, str], package: Path
) -> None:
    before = tree(package)
    how, what = function
    kpt("eval", package, f"--{how}", what, "--", "egress=any").ok()
    found = added(package, before)
    assert names(found) == base_set("jobs", "shop")
    assert tree(package).keys() - before.keys() == NEW_FILES


def test_eval_again_changes_nothing(function: tuple[str, str], package: Path) -> None:
    how, what = function
    kpt("eval", package, f"--{how}", what).ok()
    once = tree(package)
    kpt("eval", package, f"--{how}", what).ok()
    assert tree(package) == once


def test_render_writes_policies_beside_what_they_protect(
    function: tuple[str, str], package: Path
) -> None:
    before = tree(package)
    render(package, function, configMap={"egress": "dns"}).ok()
    before.pop("Kptfile")  # it has a pipeline now
    found = added(package, before)
    expected = ["allow-dns-egress", "default-deny-all"]
    assert names(found) == [f"{space}/{name}" for space in ("jobs", "shop") for name in expected]


def test_render_again_changes_nothing(function: tuple[str, str], package: Path) -> None:
    render(package, function).ok()
    once = tree(package)
    render(package, function).ok()
    assert tree(package) == once


def test_render_follows_a_change_of_the_configuration(package: Path) -> None:
    """What is no longer wanted goes; what is still right keeps its bytes, with people's notes."""
    config = "apiVersion: imds-guard.dev/v1alpha1\nkind: ImdsGuard\nmetadata:\n  name: shop\n"
    function = ("exec", "imds-guard")
    write(package, {"fn-config.yaml": config})
    render(package, function, configPath="fn-config.yaml").ok()
    file = package / "web/imds-guard.yaml"
    noted = "name: default-deny-all # asked for in review\n"
    file.write_text(file.read_text().replace("name: default-deny-all\n", noted))

    write(package, {"fn-config.yaml": config + "spec:\n  egress: dns\n"})
    render(package, function, configPath="fn-config.yaml").ok()
    expected = ["shop/allow-dns-egress", "shop/default-deny-all"]
    assert names(policies(file.read_bytes())) == expected
    assert noted in file.read_text()


def test_new_policies_go_into_a_file_that_is_there_already(package: Path) -> None:
    theirs = yaml.safe_dump(policy("theirs"), sort_keys=False)
    file = write(package, {"web/imds-guard.yaml": theirs}) / "web/imds-guard.yaml"
    kpt("eval", package, "--exec", "imds-guard").ok()
    assert file.read_text().startswith(theirs)
    assert names(policies(file.read_bytes())) == [*base_set("shop"), "theirs"]


def test_results_reach_the_person(function: tuple[str, str], package: Path) -> None:
    excluded = PACKAGE["jobs/namespace.yaml"]
    assert isinstance(excluded, str)
    note = "annotations: {imds-guard.dev/exclude: 'moves next week'}"
    write(package, {"jobs/namespace.yaml": excluded.replace("labels: {tier: 'batch'}", note)})
    done = render(package, function).ok()
    assert "[info] v1/Namespace/jobs: left out: moves next week" in done.stderr
    assert {
        "message": "left out: moves next week",
        "severity": "info",
        "resourceRef": {"apiVersion": "v1", "kind": "Namespace", "name": "jobs"},
        "file": {"path": "jobs/namespace.yaml"},
        "tags": {"function": "imds-guard", "id": "excluded"},
    } in results(package)


def test_a_finding_stops_the_pipeline(function: tuple[str, str], package: Path) -> None:
    theirs = policy("default-deny-all")
    theirs["metadata"]["namespace"] = "shop"
    write(package, {"web/policy.yaml": theirs})
    done = render(package, function)
    assert done.returncode == 1
    assert "[error] networking.k8s.io/v1/NetworkPolicy/shop/default-deny-all" in done.stderr
    found = next(one for one in results(package) if one["severity"] == "error")
    assert found["tags"]["id"] == "conflict"
    assert found["file"]["path"] == "web/policy.yaml"
    # kpt writes nothing back after a failure.
    assert not (package / "web/imds-guard.yaml").exists()


def test_a_wrong_configuration_changes_no_file(function: tuple[str, str], package: Path) -> None:
    done = render(package, function, configMap={"egres": "any"})
    assert done.returncode == 1
    assert "unknown field; did you mean egress?" in done.stderr
    assert "Exit code: 2" in done.stderr
    assert not (package / "web/imds-guard.yaml").exists()


def test_the_function_alters_no_more_than_kpt_itself(package: Path) -> None:
    """kpt formats some of what it reads, such as the space before a comment; so does `cat`."""
    app = named(APP, namespace="shop").replace(" # the", "     # the")
    write(package, {"web/app.yaml": app})
    other = package.with_name("other")
    shutil.copytree(package, other)
    kpt("eval", package, "--exec", "imds-guard").ok()
    kpt("eval", other, "--exec", "cat").ok()
    added(package, tree(other))


def test_a_kustomization_without_a_kind_is_left_alone(package: Path) -> None:
    """kpt hands over every YAML file, and refuses those without a kind, but not this one."""
    before = tree(write(package, {"web/kustomization.yaml": "resources:\n- app.yaml\n"}))
    kpt("eval", package, "--exec", "imds-guard").ok()
    assert names(added(package, before)) == base_set("jobs", "shop")


def test_doc_shows_the_help(image: str) -> None:
    shown = kpt("doc", "--image", image).ok().text
    assert shown.rstrip() == imds_guard().run("--help").ok().text.rstrip()
