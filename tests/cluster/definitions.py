"""Definitions of the policy kinds that are not Kubernetes' own, out of pinned Go modules."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.cluster import binaries
from tests.cluster.api import Api, Resource
from tests.cluster.missing import Missing
from tests.cluster.processes import wait_for


@dataclass(frozen=True)
class Source:
    """A module with its checksum, and the files of definitions in it."""

    module: str
    sum: str
    files: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return binaries.cache() / "definitions" / self.module.replace("/", "_")


_CILIUM = "pkg/k8s/apis/cilium.io/client/crds/v2"
_KYVERNO = "config/crds/policies.kyverno.io/policies.kyverno.io"
_SIG = "config/crd/experimental/policy.networking.k8s.io"
# The first of the Network Policy API's versions has ClusterNetworkPolicy alone, the other its
# forerunners alone.
SOURCES = (
    Source(
        "github.com/cilium/cilium@v1.20.2",
        "h1:dqiEGIcXc+gqCLYG/l7VCFJ8GHyb4HUrwbZOpkX5dL8=",
        (
            f"{_CILIUM}/ciliumnetworkpolicies.yaml",
            f"{_CILIUM}/ciliumclusterwidenetworkpolicies.yaml",
        ),
    ),
    Source(
        "sigs.k8s.io/network-policy-api@v0.2.0",
        "h1:W/f0Y9VoeQdOWjX/h2gZyLH6gZ5LLEXmh/9wy9mQWKw=",
        (f"{_SIG}_clusternetworkpolicies.yaml",),
    ),
    Source(
        "sigs.k8s.io/network-policy-api@v0.1.7",
        "h1:obY2FTEidLXVdRYu7gJ4q1RYE57pBnrpMqoE2LZgp4g=",
        (f"{_SIG}_adminnetworkpolicies.yaml", f"{_SIG}_baselineadminnetworkpolicies.yaml"),
    ),
    Source(
        "github.com/kyverno/kyverno@v1.19.1",
        "h1:/MkgFii3/VlQfKR1JpC9tVwNNVNQTt2S4U6qCsafsTU=",
        (f"{_KYVERNO}_validatingpolicies.yaml", f"{_KYVERNO}_generatingpolicies.yaml"),
    ),
)


def install(api: Api) -> list[str]:
    """Installs the definitions and returns their names, once the server serves all of them."""
    names = []
    for definition in _definitions():
        api.apply(definition).ok()
        names.append(str(definition["metadata"]["name"]))
    root = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    wait_for(
        "all definitions are served",
        lambda: all(_served(api.get(f"{root}/{name}")) for name in names),
        30,
    )
    return names


def _served(definition: Resource) -> bool:
    conditions = definition.get("status", {}).get("conditions", [])
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def fetch() -> None:
    """Puts all definitions into the cache."""
    for source in SOURCES:
        if not source.folder.is_dir():
            _fetch(source)


def _definitions() -> Iterator[Resource]:
    """Those of the modules, and those in the files of a folder that the environment names."""
    fetch()
    paths = [path for source in SOURCES for path in sorted(source.folder.iterdir())]
    if folder := os.environ.get("IMDS_GUARD_DEFINITIONS"):
        paths += sorted(Path(folder).glob("*.yaml"))
    for path in paths:
        yield yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _fetch(source: Source) -> None:
    """Copies the definitions into the cache, so that a full one needs no module any more."""
    command = ["go", "mod", "download", "-json", source.module]
    said = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    found = json.loads(said.stdout or "{}")
    if said.returncode != 0:
        raise Missing(f"{source.module} cannot be fetched: {found.get('Error', said.stderr)}")
    if found["Sum"] != source.sum:
        raise Missing(f"{source.module} is not what it was: {found['Sum']}")
    partial = source.folder.with_name(f".{source.folder.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    for name in source.files:
        path = Path(found["Dir"]) / name
        (partial / path.name).write_bytes(path.read_bytes())
    partial.rename(source.folder)
