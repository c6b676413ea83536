"""A folder that kustomize builds from: what is the same is said once, and that a build differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imds_guard.guard.files import read_files
from imds_guard.wire import Result
from tests.support.packages import write
from tests.support.program import Ended, imds_guard

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web{namespace}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{hostNetwork: {host}, containers: [{{name: web, image: example.com/web}}]}}
"""
BASE = "resources: [web.yaml]\n"
OVERLAY = "resources: [../../base]\nnamespace: shop\n"


def web(replicas: int = 1, host: str = "false", namespace: str = "") -> str:
    return DEPLOYMENT.format(replicas=replicas, host=host, namespace=namespace)


def tree(*overlays: str, base: str = BASE, **more: str) -> dict[str, str]:
    """A base and as many overlays, each with a copy of the Deployment."""
    files = {"base/kustomization.yaml": base, "base/web.yaml": web()}
    for at, text in enumerate(overlays):
        files[f"overlays/{at}/kustomization.yaml"] = OVERLAY
        files[f"overlays/{at}/web.yaml"] = text
    return files | more


def audit(folder: Path, form: str = "json") -> Ended:
    return imds_guard("audit", str(folder), "--format", form)


def found(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(audit(folder).stdout)
    return report


def notes(folder: Path) -> list[Result]:
    said: list[Result] = []
    list(read_files([str(folder)], said))
    return said


def test_the_same_about_copies_of_an_object_is_said_once(tmp_path: Path) -> None:
    report = found(write(tmp_path, tree(web(2), web(3))))
    (unprotected,) = [one for one in report["findings"] if one["id"] == "IG002"]
    assert unprotected["file"]["path"] == str(tmp_path / "base/web.yaml")
    assert [one["path"] for one in unprotected["also"]] == [
        str(tmp_path / f"overlays/{at}/web.yaml") for at in (0, 1)
    ]
    assert report["summary"]["workloads"] == report["summary"]["open"] == 1
    assert [one for one in report["findings"] if one["id"] == "IG013"] == []
    table = audit(tmp_path, "table").stdout.decode()
    assert "web.yaml:1:1 (and 2 copies)" in table
    (result,) = [
        one
        for one in json.loads(audit(tmp_path, "sarif").stdout)["runs"][0]["results"]
        if one["ruleId"] == "IG002"
    ]
    assert len(result["relatedLocations"]) == 2


def test_what_is_decided_otherwise_about_a_copy_is_not_lost(tmp_path: Path) -> None:
    report = found(write(tmp_path, tree(web(2, host="true"))))
    assert sorted(one["id"] for one in report["findings"]) == ["IG002", "IG003", "not-built"]
    assert sorted(one["state"] for one in report["verdicts"]) == ["open", "ungoverned"]


def test_objects_of_several_namespaces_are_several(tmp_path: Path) -> None:
    dev, prod = (web(namespace=f", namespace: {name}") for name in ("dev", "prod"))
    report = found(write(tmp_path, tree(dev, prod)))
    assert [one["subject"] for one in report["findings"] if one["id"] == "IG002"] == [
        "web",
        "dev/web",
        "prod/web",
    ]
    assert report["summary"]["workloads"] == 3


def test_copies_in_one_kustomization_are_duplicates(tmp_path: Path) -> None:
    report = found(write(tmp_path, tree(web(2), **{"overlays/0/more/web.yaml": web(3)})))
    (duplicate,) = [one for one in report["findings"] if one["id"] == "IG013"]
    assert "stands 2 times" in duplicate["message"]
    assert "base" not in duplicate["message"]


def test_pods_of_a_generated_name_are_not_one_another(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: job-, labels: {app: a}}\n"
    report = found(write(tmp_path, {"a.yaml": f"{pod}---\n{pod}"}))
    assert report["summary"]["open"] == report["summary"]["errors"] == 2


@pytest.mark.parametrize(
    "files, subject",
    [
        (tree(web()), "overlays/0"),
        (tree(web(), web()), "overlays/0, overlays/1"),
        (tree(web(), web(), web()), "overlays/0, overlays/1 and 1 more"),
        (tree(base="resources: [web.yaml]\nnamePrefix: a-\n"), "base"),
        (tree(base="resources: [https://example.com/web.yaml]\n"), "base"),
        (tree(base="- no mapping\n"), None),
        (tree(base="resources: ["), "base"),
        (tree(), None),
        (
            {
                **tree(),
                "Kustomization": "resources: [base]\ncomponents: [c]\n",
                "c/kustomization.yml": "kind: Component\nreplicas: []\n",
            },
            "",
        ),
    ],
)
def test_that_a_build_differs_is_said_of_what_is_built(
    files: dict[str, str], subject: str | None, tmp_path: Path
) -> None:
    said = [one for one in notes(write(tmp_path, files)) if one.id == "not-built"]
    if subject is None:
        assert said == []
        return
    (one,) = said
    root = tmp_path / subject.partition(",")[0]
    assert one.fix.startswith(f"kustomize build {root} | imds-guard audit -")
    assert one.subject == ", ".join(
        str(tmp_path / name) if name[:1].isalnum() or not name else name
        for name in subject.split(", ")
    )
    headline = audit(tmp_path, "table").stdout.decode().replace("\n", " ")
    assert "kustomize may build something else" in headline


def test_a_generator_is_not_told_that_kustomize_builds(tmp_path: Path) -> None:
    write(tmp_path, tree(web()))
    assert [one.id for one in notes(tmp_path)] == ["not-built"]
    said: list[Result] = []
    list(read_files([str(tmp_path)], said, judged=False))
    assert said == []
