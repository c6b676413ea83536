"""imds-guard as these tests see it: from outside, by its command line."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.cluster.api import Resource
from tests.support.program import Ended, imds_guard

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def configured(spec: dict[str, Any]) -> list[str]:
    """The options that set these fields, `{"allow": {"infer": [...]}}` among them."""
    return [part for key, value in _flat(spec) for part in ("--set", f"{key}={value}")]


def guarded(resources: list[Resource], *options: str) -> Ended:
    """What comes out of the pipe for these resources."""
    return imds_guard(*options, stdin=stream(resources))


def audited(resources: list[Resource], *options: str) -> dict[str, Any]:
    """The audit of these resources; its report stands on stdout whatever the exit status says."""
    ended = imds_guard("audit", "-", "--format", "json", *options, stdin=stream(resources))
    assert ended.status in (0, 1), ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def platforms() -> list[dict[str, Any]]:
    """What it knows of each platform."""
    found: list[dict[str, Any]] = json.loads(imds_guard("platforms", "--format", "json").stdout)[
        "platforms"
    ]
    return found


def stream(resources: list[Resource]) -> bytes:
    """Resources as JSON documents of one YAML stream."""
    return "".join(f"---\n{json.dumps(one)}\n" for one in resources).encode()


def read(text: bytes) -> list[Resource]:
    """The resources of a stream."""
    return [one for one in yaml.load_all(text, _LOADER) if one is not None]


def _flat(spec: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in spec.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{key}.")
        else:
            values = value if isinstance(value, (list, tuple)) else [value]
            text = ",".join(map(str, values))
            found.append((prefix + key, text.lower() if isinstance(value, bool) else text))
    return found
