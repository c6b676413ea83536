"""The manifests in the documentation of the findings: each has the finding, or has it not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imds_guard.config import Config, from_pairs
from imds_guard.guard.verify import examine
from imds_guard.report.rule_docs import Example, known_findings
from imds_guard.resources import resources
from imds_guard.wire import read
from tests.support.validity import violations

EXAMPLES = [(one.id, example) for one in known_findings().values() for example in one.examples]
CONFIG = "# config: "
WEB = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: []}
"""

each_example = pytest.mark.parametrize(
    "id, example", EXAMPLES, ids=[f"{id}-{one.heading}-{one.caption}" for id, one in EXAMPLES]
)


def configured(example: Example) -> Config:
    """The configuration that an example states, or the default."""
    first = example.snippet.partition("\n")[0]
    if not first.startswith(CONFIG):
        return Config()
    return from_pairs(dict(pair.split("=", 1) for pair in first.removeprefix(CONFIG).split()))


def documents(example: Example) -> list[dict[str, Any]]:
    """The manifests of an example."""
    return list(yaml.safe_load_all(example.snippet))


def makes_pods(document: dict[str, Any]) -> bool:
    """Whether this is a workload; examples without one are about `web`."""
    return document["kind"] == "Pod" or "template" in document.get("spec", {})


@each_example
def test_an_example_has_the_finding_or_has_it_not(id: str, example: Example) -> None:
    text = example.snippet
    if not any(map(makes_pods, documents(example))):
        text = f"{WEB}---\n{text}"
    _, report = examine(resources(read(text.encode())), configured(example))
    assert (id in {one.id for one in report.findings}) is example.is_found


@each_example
def test_kubernetes_accepts_the_policies_of_an_example(id: str, example: Example) -> None:
    refused = [fault for one in documents(example) for fault in violations(one)]
    assert bool(refused) is (id == "IG005" and example.is_found)
