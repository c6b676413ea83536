"""The benchmarks run, and compare like with like. Nothing here is about time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import generate
from benchmarks.chart import chart
from benchmarks.measure import Failed, Program, Run, Runs, in_turns, measure
from benchmarks.stages import STAGES
from tests.support import clients
from tests.support.program import imds_guard


def load(text: str | bytes) -> list[Any]:
    """The documents of a YAML text."""
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


def policies(items: list[Any]) -> list[Any]:
    """The NetworkPolicies, without where a host is to keep them."""
    found = [item for item in items if item["kind"] == "NetworkPolicy"]
    for one in found:
        annotations = one["metadata"]["annotations"]
        for key in [key for key in annotations if "config.kubernetes.io/" in key]:
            del annotations[key]
    return sorted(found, key=lambda one: (one["metadata"]["namespace"], one["metadata"]["name"]))


def listed(data: bytes) -> list[Any]:
    """The items of a ResourceList."""
    items = load(data)[0]["items"]
    assert isinstance(items, list)
    return items


def test_the_list_is_the_same_every_time() -> None:
    text = "".join(generate.resource_list(100))
    command = [sys.executable, "-m", "benchmarks.generate", "100"]
    again = subprocess.run(command, cwd=clients.ROOT, capture_output=True, check=True, text=True)
    assert again.stdout == text
    items = load(text)[0]["items"]
    assert len(items) == 100
    assert Counter(item["kind"] for item in items) == {
        "Namespace": 5,
        "Deployment": 50,
        "Service": 25,
        "ConfigMap": 20,
    }
    metadata = [(item["kind"], item["metadata"]) for item in items]
    assert len({(kind, one.get("namespace"), one["name"]) for kind, one in metadata}) == 100


def test_every_workload_of_the_list_is_guarded() -> None:
    ended = imds_guard(stdin="".join(generate.resource_list(100)).encode())
    assert ended.status == 0
    assert len(policies(listed(ended.stdout))) == 15


def test_what_is_audited_has_the_policies_that_are_written() -> None:
    stream = "".join(generate.audited(40))
    found = load(stream)
    assert Counter(one["kind"] for one in found) == {
        "Namespace": 2,
        "Deployment": 40,
        "NetworkPolicy": 8,
    }
    assert imds_guard("audit", "-", stdin=stream.encode()).status == 0
    data = "".join(generate.resource_list(20)).encode()
    written = policies(listed(imds_guard(stdin=data).stdout))
    template = generate.POLICIES.read_text().replace("NAMESPACE", "shop-00000")
    assert policies(load(template)) == written


def test_packages_are_sent_as_a_host_sends_them(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n"
        "---\n"
        "# with its own\n"
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: b\n  annotations:\n    c: d\n"
        "  labels:\n    e: f\n"
        "---\n"
        "{apiVersion: v1, kind: Pod, metadata: {name: g}}\n"
    )
    (tmp_path / "values.yaml").write_text("image: nginx\n")
    (tmp_path / "template.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ a }}\n"
    )
    items = load("".join(generate.packages([tmp_path])))[0]["items"]
    assert [item["metadata"]["name"] for item in items] == ["a", "b", "g"]
    assert items[0]["metadata"]["annotations"]["config.kubernetes.io/path"] == "a.yaml"
    assert items[1]["metadata"]["annotations"]["config.kubernetes.io/index"] == "1"
    assert items[1]["metadata"]["annotations"]["c"] == "d"
    assert items[1]["metadata"]["labels"] == {"e": "f"}
    assert "annotations" not in items[2]["metadata"]


def test_a_turn_runs_every_program(tmp_path: Path) -> None:
    say = Program([sys.executable, "-c", "print('here')"])
    found = in_turns({"a": say, "b": say}, 2, 60, tmp_path)
    assert [len(runs.runs) for runs in found.values()] == [2, 2]
    assert (tmp_path / "stdout").read_text() == "here\n"
    with pytest.raises(Failed, match="status 3: why"):
        measure(Program(["sh", "-c", "echo why >&2; exit 3"], worst=1), tmp_path)


def test_ratios_are_of_each_turn() -> None:
    mine = Runs([Run(1, 1, 1), Run(10, 1, 1), Run(3, 1, 1)])
    other = Runs([Run(2, 1, 1), Run(20, 1, 1), Run(2, 1, 1)])
    assert mine.over(other, "wall") == 0.5
    assert chart(100, {"<mine>": mine, "other": other}).count("<rect") == 4


def test_a_quick_run_measures_everything(tmp_path: Path) -> None:
    options = ["--quick", "--resources", "100", "--runs", "1", "--without-go"]
    options += ["--packages", str(clients.ROOT / "examples" / "shop"), "--write", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", *options],
        check=False,
        cwd=clients.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "performance.md").read_text()
    assert "## 100 resources" in page
    assert "Go on kyaml is not measured: left out by --without-go." in page
    assert str(clients.ROOT) not in page
    assert (tmp_path / "performance.svg").read_text().startswith("<svg ")


def test_the_function_on_kyaml_writes_the_same_policies(tmp_path: Path) -> None:
    function = clients.built_by_go(clients.ROOT / "benchmarks" / "kyaml", tmp_path / "kyaml")
    data = "".join(generate.resource_list(100)).encode()
    written = function.run(stdin=data).ok().stdout
    assert policies(listed(written)) == policies(listed(imds_guard(stdin=data).stdout))


def test_the_stages_are_those_of_the_function(tmp_path: Path) -> None:
    data = tmp_path / "list.yaml"
    data.write_text("".join(generate.resource_list(20)))
    command = [sys.executable, "-m", "benchmarks.stages", str(data)]
    done = subprocess.run(command, cwd=clients.ROOT, capture_output=True, check=True)
    taken = json.loads(done.stdout)
    assert list(taken) == ["import", *STAGES, "write"]
    assert min(taken.values()) > 0
