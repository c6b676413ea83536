"""Annotations of our domain: those that count, and those that nobody reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from imds_guard import annotations as names
from tests.support.program import Ended, imds_guard


def workload(name: str, **places: dict[str, str]) -> dict[str, Any]:
    """A Deployment with annotations of its own (`own`) and of its pod template (`template`)."""
    pods = {"labels": {"app": name}, "annotations": places.get("template", {})}
    spec = {"containers": [{"name": "main", "image": f"example.com/{name}"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "annotations": places.get("own", {})},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": pods, "spec": spec},
        },
    }


def other(kind: str, version: str, spec: Any, name: str, found: dict[str, str]) -> dict[str, Any]:
    """A resource that makes no pods."""
    metadata: dict[str, Any] = {"name": name, "annotations": found}
    if kind != "Namespace":
        metadata["namespace"] = "shop"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def run(*documents: dict[str, Any], command: tuple[str, ...] = (), **pairs: str) -> Ended:
    """The program with these fields of the configuration."""
    args = [word for key, text in pairs.items() for word in ("--set", f"{key}={text}")]
    return imds_guard(*command, *args, stdin=yaml.safe_dump_all(documents).encode())


def test_every_annotation_of_ours_is_known() -> None:
    """One that is added later than the set would be warned of on our own policies."""
    ours = {
        value
        for value in vars(names).values()
        if isinstance(value, str) and value.startswith(names.DOMAIN)
    }
    assert ours - {names.DOMAIN, names.GENERATE} == names.KNOWN


@pytest.mark.parametrize(
    "resource,nearest",
    [
        (workload("web", own={"imds-guard.dev/allow-imds": "x"}), "allow-metadata"),
        (workload("web", template={"imds-guard.dev/Allow-Metadata": "x"}), "allow-metadata"),
        (workload("web", own={"imds-guard.dev/exclued": "x"}), "exclude"),
        (other("Namespace", "v1", {}, "web", {"imds-guard.dev/allow": "x"}), "exclude"),
        (
            other(
                *("NetworkPolicy", "networking.k8s.io/v1", {"podSelector": {}}, "web"),
                {"imds-guard.dev/raeson": "x"},
            ),
            "reason",
        ),
        (other("Service", "v1", {}, "web", {"imds-guard.dev/exclude-me": "x"}), "exclude"),
        (other("Widget", "example.com/v1", {}, "web", {"imds-guard.dev/excluded": "x"}), "exclude"),
    ],
)
def test_one_that_nobody_reads_is_a_warning_with_the_nearest(resource: Any, nearest: str) -> None:
    ended = run(resource)
    lines = [one for one in ended.stderr.splitlines() if one.startswith("warning annotation")]
    (line,) = lines
    assert "web: imds-guard.dev/" in line
    assert f"(fix: write imds-guard.dev/{nearest}, or remove it)" in line
    assert ended.status == 0 or resource["kind"] == "NetworkPolicy"


def test_a_template_in_the_depth_of_a_custom_resource_is_read_too() -> None:
    template = workload("web", template={"imds-guard.dev/alow-metadata": "x"})["spec"]["template"]
    deep = other("Widget", "example.com/v1", {"parts": [{"pod": template}]}, "web", {})
    assert "imds-guard.dev/alow-metadata is not an annotation" in run(deep).stderr


def test_one_that_stands_everywhere_is_said_once() -> None:
    """As kustomize's commonAnnotations puts it there."""
    wrong = {"imds-guard.dev/allow-imds": "x"}
    ended = run(*(workload(f"web-{at}", own=wrong, template=wrong) for at in range(50)))
    (line,) = ended.stderr.splitlines()
    assert "shop/web-0: imds-guard.dev/allow-imds " in line
    assert "so it does nothing, here and on 49 more" in line


def test_the_place_is_that_of_the_annotation(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    text = yaml.safe_dump(workload("web", template={"imds-guard.dev/allow-imds": "x"}))
    file.write_text(text)
    report = json.loads(imds_guard("audit", str(file), "--format", "json").stdout)
    (found,) = [one for one in report["findings"] if one["id"] == "annotation"]
    line = next(at for at, one in enumerate(text.splitlines(), 1) if "allow-imds" in one)
    assert found["file"]["path"].endswith("web.yaml")
    assert str(line) in json.dumps(found)


def test_what_counts_and_what_we_write_is_not_warned_of() -> None:
    reason = {"imds-guard.dev/allow-metadata": "reads its zone"}
    documents = (
        workload("web", template=reason),
        workload("job", own={"imds-guard.dev/exclude": "runs on the node"}),
        other("Namespace", "v1", {}, "lab", {"imds-guard.dev/exclude": "not ours"}),
        workload("api", own={"example.com/imds-guard.dev": "x", "other.dev/allow-imds": "x"}),
    )
    # The configuration may give any annotation to our policies.
    given = "{imds-guard.dev/team: shop, example.com/owner: shop}"
    ended = run(*documents, annotations=given)
    assert (ended.status, ended.stderr) == (0, "")
    for again in (
        imds_guard("--set", f"annotations={given}", stdin=ended.stdout),
        imds_guard("audit", "-", stdin=ended.stdout),
    ):
        assert "annotation" not in again.stderr


@pytest.mark.parametrize(
    "documents",
    [
        (workload("web", own={"imds-guard.dev/allow-metadata": "x"}),),
        (workload("web", template={"imds-guard.dev/allow-metadata": "x"}),),
        (workload("web", own={"imds-guard.dev/exclude": "x"}),),
        (workload("web", template={"imds-guard.dev/exclude": "x"}),),
        (
            other("Namespace", "v1", {}, "shop", {"imds-guard.dev/exclude": "x"}),
            workload("web"),
        ),
    ],
)
def test_without_trust_they_are_ig006_and_the_workload_is_kept_back(documents: Any) -> None:
    trusted = run(*documents, command=("audit", "-", "--format", "json"))
    assert "IG006" not in trusted.stdout.decode()
    ended = run(*documents, trustAnnotations="false")
    assert ended.status == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error IG006 shop")
    assert "does not count: trustAnnotations is false" in line
    audited = imds_guard(
        *("audit", "-", "--format", "json", "--set", "trustAnnotations=false"), stdin=ended.stdout
    )
    assert [one["state"] for one in json.loads(audited.stdout)["verdicts"]] == ["blocked"]


def test_without_trust_the_configuration_still_counts() -> None:
    named = "[{workload: shop/web, reason: reads its zone}]"
    plain = workload("web")
    ended = run(plain, trustAnnotations="false", exceptions=named)
    assert (ended.status, ended.stderr) == (0, "")
    # An annotation beside it says nothing new.
    both = workload("web", own={"imds-guard.dev/allow-metadata": "x"})
    assert run(both, trustAnnotations="false", exceptions=named).status == 0
