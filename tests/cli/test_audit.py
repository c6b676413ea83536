"""`imds-guard audit`: what it reads, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.packages import imds_guard_config, kustomization, kustomize, write
from tests.support.shop import AGENT, OPEN, OPEN_BLOCK, OPEN_LINE, WEB, as_json, audit, guarded


def test_a_folder_is_read_with_the_places_of_what_is_in_it(shop: Path) -> None:
    found = as_json("deploy")
    assert found["summary"] == {
        "workloads": 1,
        "open": 1,
        "unenforced": 0,
        "uncertain": 0,
        "ungoverned": 0,
        "excepted": 0,
        "blocked": 0,
        "errors": 1,
        "warnings": 0,
        "ignored": 0,
    }
    (verdict,) = found["verdicts"]
    opening = {"address": "169.254.169.254", "ports": [80]}
    assert verdict == {
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "file": {"path": "deploy/web.yaml"},
        "state": "open",
        "openings": [opening],
    }
    (finding,) = found["findings"]
    assert finding["id"] == finding["tags"]["id"] == "IG001"
    assert finding["field"]["path"] == OPEN_BLOCK
    assert finding["file"]["path"] == "deploy/my policies.yaml"
    assert finding["file"]["line"] == OPEN_LINE
    assert finding["resourceRef"]["name"] == "open"


def test_files_that_are_no_resources_are_passed_over_in_folders_alone(shop: Path) -> None:
    write(shop, {"deploy/values.yaml": "image: {tag: 1}\n", "deploy/notes.yaml": "title: a\n"})
    assert as_json("deploy")["summary"]["workloads"] == 1
    ended = audit("deploy/notes.yaml")
    assert (ended.status, ended.stdout) == (2, b"")
    assert "deploy/notes.yaml" in ended.stderr


@pytest.mark.parametrize("as_text", [json.dumps, yaml.safe_dump])
def test_a_list_from_kubectl_is_read(as_text: Any) -> None:
    items = [yaml.safe_load(WEB), yaml.safe_load(OPEN)]
    text = as_text({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {}})
    for args in (["-"], []):
        found = as_json(*args, stdin=text)
        assert [one["state"] for one in found["verdicts"]] == ["open"]
        assert [one["id"] for one in found["findings"]] == ["IG001"]
        assert "file" not in found["findings"][0]


def test_a_resource_list_brings_its_configuration() -> None:
    config = imds_guard_config({"egress": "any"})
    config["spec"]["exceptions"] = [{"workload": "shop/web", "reason": "reads its zone"}]
    items = [yaml.safe_load(WEB), yaml.safe_load(OPEN)]
    kind = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList"}
    text = yaml.safe_dump({**kind, "items": items, "functionConfig": config})
    (verdict,) = as_json("-", stdin=text)["verdicts"]
    assert (verdict["state"], verdict["reason"]) == ("excepted", "reads its zone")
    assert as_json("-", "--set", "egress=any", stdin=text)["summary"]["open"] == 1


def test_files_and_standard_input_are_audited_together(shop: Path) -> None:
    assert as_json("deploy/web.yaml", "-", stdin=AGENT)["summary"]["workloads"] == 2


def test_the_configuration_is_heeded(shop: Path) -> None:
    write(shop, {"config.yaml": imds_guard_config({"namespaces": {"exclude": ["shop"]}})})
    ended = audit("deploy", "--config", "config.yaml")
    assert ended.status == 0
    assert "Left out\n  shop  namespaces.exclude names it\n" in ended.stdout.decode()
    assert as_json("deploy", "--platform", "aks")["summary"]["open"] == 1
    assert "did you mean eks" in audit("deploy", "--platform", "ekss").stderr


@pytest.mark.parametrize(
    "args, stdin, said",
    [
        (["nowhere"], "", "nowhere: no such file or directory"),
        (["empty"], "", "nothing to audit: no Kubernetes resource in empty"),
        (["-"], "", "the input is empty"),
        (["-"], "kind: Pod\n  a: b\n", "line 2"),
        (["-"], "apiVersion: v1\nkind: List\nitems: []\n", "no Kubernetes resource in standard"),
        (["deploy", "--explain", "wep"], "", "no such workload was audited; did you mean shop/web"),
        (["deploy", "--explain", "web", "--format", "sarif"], "", "--explain has no format sarif"),
    ],
)
def test_what_cannot_be_audited_is_told(shop: Path, args: list[str], stdin: str, said: str) -> None:
    (shop / "empty").mkdir()
    ended = audit(*args, stdin=stdin)
    assert (ended.status, ended.stdout) == (2, b"")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "text, statuses",
    [
        (WEB + "---\n" + OPEN, {"error": 1, "warning": 1, "never": 0}),
        (AGENT, {"error": 0, "warning": 1, "never": 0}),
    ],
)
def test_fail_on_sets_the_exit_status(text: str, statuses: dict[str, int]) -> None:
    assert {one: audit("-", "--fail-on", one, stdin=text).status for one in statuses} == statuses
    assert audit("-", stdin=text).status == statuses["error"]


def test_a_guarded_workload_has_no_findings() -> None:
    ended = audit("-", stdin=guarded(WEB))
    assert (ended.status, ended.stderr) == (0, "")
    text = ended.stdout.decode()
    assert text.startswith("The workload is kept from the cloud metadata service.\n")
    assert "No errors, no warnings." in text


def test_the_report_goes_into_a_file(shop: Path) -> None:
    ended = audit("deploy", "--format", "json", "-o", "found.json")
    assert (ended.status, ended.stdout) == (1, b"")
    assert ended.stderr == (
        "The workload can reach the cloud metadata service, through policies (IG001); 1 error\n"
    )
    assert json.loads((shop / "found.json").read_text())["summary"]["errors"] == 1


@pytest.mark.parametrize("mode", ["transformers", "generators"])
def test_a_function_that_kustomize_left_out_is_found(mode: str, tmp_path: Path) -> None:
    """Without --enable-exec kustomize says nothing; the audit of what it built does."""
    config = {"imds-guard.yaml": imds_guard_config()}
    folder = kustomization(tmp_path, config, namespace="prod", **{mode: ["imds-guard.yaml"]})
    skipped = audit("-", stdin=kustomize(folder, "--enable-alpha-plugins").ok().stdout)
    assert skipped.status == 1
    assert "IG002 unprotected" in skipped.stdout.decode()
    assert audit("-", stdin=kustomize(folder).ok().stdout).status == 0
