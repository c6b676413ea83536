"""The quick reader: what it takes is what pydantic makes of it, and it takes nearly all of that.

IMDS_GUARD_SPECS says how many random specs are tried.
"""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from imds_guard.config import ConfigError, Spec, parts, quick
from imds_guard.config.part import Part, forms_in
from imds_guard.config.read import read_by_pydantic
from tests.support.clients import ROOT
from tests.support.random_specs import Writer

COUNT = int(os.environ.get("IMDS_GUARD_SPECS", "3000"))
CONFIGS = sorted((ROOT / "kustomize" / "configs").glob("*.yaml"))


def by_pydantic(spec: Any) -> Spec | None:
    """What pydantic makes of it; None where it refuses."""
    try:
        return read_by_pydantic(copy.deepcopy(spec))
    except ConfigError:
        return None


def types(value: Any) -> Any:
    """The values with their types, which == does not tell apart, and which of them are given."""
    if isinstance(value, Part):
        given = {key: types(held) for key, held in sorted(vars(value).items())}
        return type(value), given, {key: types(getattr(value, key)) for key in defaults(value)}
    if isinstance(value, tuple):
        return tuple, [types(held) for held in value]
    if isinstance(value, dict):
        return dict, [(types(key), types(held)) for key, held in value.items()]
    return type(value), value


def defaults(part: Part) -> list[str]:
    return [name for name, _ in part.FORMS.values() if name not in vars(part)]


def test_it_reads_as_pydantic_does_and_nothing_that_pydantic_refuses() -> None:
    taken = right = 0
    for seed in range(COUNT):
        spec = Writer(seed).part(Spec)
        read, expected = quick.read(Spec, copy.deepcopy(spec)), by_pydantic(spec)
        right += expected is not None
        if read is not None:
            taken += 1
            assert expected is not None, f"seed {seed}: pydantic refuses {spec}"
            assert read == expected, f"seed {seed}: {spec}"
            assert types(read) == types(expected), f"seed {seed}: {spec}"
            assert read.as_given() == expected.as_given()
    assert COUNT * 0.4 < right < COUNT * 0.9, "the specs are too right, or too wrong, to say much"
    assert taken > right * 0.9, "the quick reader leaves too much to pydantic"


def test_what_is_given_is_read_as_the_same_again() -> None:
    """--set comes on top of what a file gives."""
    for seed in range(COUNT // 10):
        if (expected := by_pydantic(Writer(seed).part(Spec))) is not None:
            assert by_pydantic(expected.as_given()) == expected


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_it_reads_every_ready_configuration(path: Path) -> None:
    assert quick.read(Spec, yaml.safe_load(path.read_text())["spec"]) is not None


def test_every_check_of_every_model_is_known_to_it() -> None:
    """A check that is no rule of rules.py makes all runs with that field as slow as pydantic is."""
    kinds = [kind for kind in vars(parts).values() if isinstance(kind, type) and kind is not Part]
    models = [kind for kind in kinds if issubclass(kind, Part)]
    unknown = [f"{kind.__name__} as a whole" for kind in models if not kind.QUICK] + [
        f"{kind.__name__}.{key}"
        for kind in models
        for key, (_, form) in kind.FORMS.items()
        if any(held[0] == "doubt" for held in forms_in(form))
    ]
    assert len(models) > 10
    assert not unknown, "write their checks as rules in config/rules.py"


_LISTING = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items: []
functionConfig:
"""
_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
_OWN_KIND = """\
  apiVersion: imds-guard.dev/v1alpha1
  kind: ImdsGuard
  spec: {egress: dns, exceptions: [{workload: a/b, reason: "the agent", ports: [80]}]}
"""
_CONFIG_MAP = """\
  apiVersion: v1
  kind: ConfigMap
  data: {egress: any, ipFamilies: IPv4, dns.ports: "5353"}
"""


@pytest.mark.parametrize(
    "arguments,config",
    [([], _OWN_KIND), ([], _CONFIG_MAP), (["audit", "--set", "egress=any", "-"], "")],
    ids=["ImdsGuard", "ConfigMap", "--set"],
)
def test_a_plain_configuration_does_without_pydantic(arguments: list[str], config: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "imds_guard", *arguments],
        input=(_LISTING + config).encode() if config else _NAMESPACE.encode(),
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert "imds_guard.config.quick" in loaded
    assert not loaded & {"pydantic", "pydantic_core"}
    assert arguments or not loaded & {"click", "dataclasses", "inspect"}
