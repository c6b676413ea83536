"""Kyverno's own program on what is written for it. It is tried where `kyverno` is on PATH."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from imds_guard.guard.verify import examine
from imds_guard.resources import resources
from imds_guard.wire import read
from tests.cluster.sets import Sets
from tests.support.applications import config, guarded, resource, stream

PLATFORM = "gke"
ADDRESSES = ("169.254.169.254", "169.254.169.252", "fd20:ce::254")
SETS = 60


@pytest.fixture
def kyverno() -> str:
    """The program: `go build ./cmd/cli/kubectl-kyverno` in a copy of its module makes it."""
    found = shutil.which("kyverno")
    if found is None:
        pytest.skip("kyverno is not on PATH")
    return found


def written(kind: str, folder: Path) -> Path:
    """The policy of a kind, in a file."""
    given = config(platform=PLATFORM, scope="cluster", admission=["kyverno"])
    out, _ = guarded(stream([resource("v1", "Namespace", "shop", None)]), given)
    (found,) = (one for one in yaml.safe_load_all(out) if one["kind"] == kind)
    path = folder / f"{kind}.yaml"
    path.write_text(yaml.safe_dump(found))
    return path


def apply(program: str, policy: Path, resources: list[dict[str, Any]]) -> str:
    path = policy.with_name("resources.yaml")
    path.write_bytes(stream(resources))
    command = [program, "apply", str(policy), "--resource", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def opens(policy: dict[str, Any]) -> bool | None:
    """Whether the audit finds that the policy opens metadata; None for one that is no policy."""
    context, report = examine(resources(read(stream([policy]))), config(platform=PLATFORM))
    if any(finding.id == "IG005" for finding in report.findings):
        return None
    return any(context.leaks(one) for one in context.network_policies)


def test_it_refuses_what_the_audit_finds_and_nothing_else(kyverno: str, tmp_path: Path) -> None:
    sets = Sets(ADDRESSES)
    policies: list[dict[str, Any]] = []
    wanted: dict[str, bool] = {}
    for number in range(SETS):
        for at, policy in enumerate(sets.case(number).policies):
            name = policy["metadata"]["name"] = f"p{number}-{at}"
            is_open = opens(policy)
            if is_open is not None:
                policies.append(policy)
                wanted[name] = is_open
    said = apply(kyverno, written("ValidatingPolicy", tmp_path), policies)
    failed = set(re.findall(r"NetworkPolicy/(\S+) failed", said))
    assert failed == {name for name, is_open in wanted.items() if is_open}
    assert 0 < len(failed) < len(policies)


def test_a_labelled_namespace_gets_what_the_function_writes(kyverno: str, tmp_path: Path) -> None:
    label = {"imds-guard.dev/generate": ""}
    names = ("shop", "bare", "kube-system")
    namespaces = [resource("v1", "Namespace", name, None) for name in names]
    for one in (namespaces[0], namespaces[2]):
        one["metadata"]["labels"] = label
    said = apply(kyverno, written("GeneratingPolicy", tmp_path), namespaces)
    texts = re.findall(r"^apiVersion: .*?(?=^---$)", said, re.DOTALL | re.MULTILINE)
    generated = [yaml.safe_load(text) for text in texts]
    out, _ = guarded(stream([namespaces[0]]), config(platform=PLATFORM))
    wanted = list(yaml.safe_load_all(out))[1:]
    assert generated == wanted
