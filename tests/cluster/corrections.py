"""Corrections of pinned sources that have a known fault, for the time of a build."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.cluster.missing import Broken


def corrected(module: Path, scratch: Path) -> list[str]:
    """Flags of `go build` that put in what the module's corrections.json says, if it has one.

    The program is then built of a corrected copy; the pinned sources stay as they are.
    """
    path = module / "corrections.json"
    if not path.exists():
        return []
    found = json.loads(path.read_text())
    copy = scratch / "source"
    shutil.copytree(_source(module, found["module"]), copy, copy_function=shutil.copyfile)
    for one in found["corrections"]:
        file = copy / one["file"]
        text = file.read_text()
        if text.count(one["old"]) != 1:
            raise Broken(f"{path}: {one['old']!r} does not stand once in {one['file']}")
        file.write_text(text.replace(one["old"], one["new"]))
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(module / name, scratch / name)
    with (scratch / "go.mod").open("a") as requirements:
        requirements.write(f"\nreplace {found['module']} => {copy}\n")
    return [f"-modfile={scratch / 'go.mod'}"]


def _source(module: Path, name: str) -> Path:
    """Where the sources of a module that this one requires stand, fetched where they do not."""
    command = ["go", "mod", "download", "-json", name]
    said = subprocess.run(command, cwd=module, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        raise Broken(f"{name} cannot be fetched: {said.stderr or said.stdout}")
    return Path(json.loads(said.stdout)["Dir"])
