"""`python release/sbom.py > sbom.cdx.json`: the software bill of materials, CycloneDX in JSON.

It is made of requirements.txt and pyproject.toml alone, so that the same lock gives the same
bytes: no time stamp and no serial number, which CycloneDX leaves optional.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"([a-z0-9][a-z0-9.-]*)==([^\s;]+)(?: ; (.*?))? \\$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(r"    #(?: via)? +(?!via$)(\S+.*)$")


def bill(lock: str, project: str) -> dict[str, Any]:
    """The bill of a hash-locked requirements file, for the project of this pyproject.toml."""
    components: dict[str, dict[str, Any]] = {}
    needed_by: dict[str, list[str]] = {}
    name = ""
    for line in lock.splitlines():
        if pin := _PIN.match(line):
            name = pin[1]
            components[name] = _component(name, pin[2], pin[3])
            needed_by[name] = []
        elif found := _HASH.search(line):
            components[name]["hashes"].append({"alg": "SHA-256", "content": found[1]})
        elif via := _VIA.match(line):
            needed_by[name].append(via[1])
    root = _project(project)
    references = {one: component["bom-ref"] for one, component in components.items()}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": root},
        "components": list(components.values()),
        "dependencies": [
            {
                "ref": root["bom-ref"],
                "dependsOn": _needs("-r requirements.in", needed_by, references),
            },
            *(
                {"ref": reference, "dependsOn": _needs(one, needed_by, references)}
                for one, reference in references.items()
            ),
        ],
    }


def _component(name: str, version: str, marker: str | None) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    # One hash for each file that the lock lets in; of these, one is installed.
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [],
    }
    if marker:
        made["scope"] = "optional"
        made["properties"] = [{"name": "python:marker", "value": marker}]
    return made


def _project(text: str) -> dict[str, Any]:
    # tomllib came with Python 3.11.
    fields = dict(re.findall(r'^(name|version|license) = "(.+)"$', text, re.MULTILINE))
    return {
        "type": "application",
        "bom-ref": f"pkg:pypi/{fields['name']}@{fields['version']}",
        "name": fields["name"],
        "version": fields["version"],
        "licenses": [{"license": {"id": fields["license"]}}],
    }


def _needs(name: str, needed_by: dict[str, list[str]], references: dict[str, str]) -> list[str]:
    return [references[one] for one, users in needed_by.items() if name in users]


if __name__ == "__main__":
    made = bill((ROOT / "requirements.txt").read_text(), (ROOT / "pyproject.toml").read_text())
    print(json.dumps(made, indent=2))
