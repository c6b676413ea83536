"""Folders that kustomize builds something of: what stands in their files is not what is applied."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from imds_guard.resources.resource import KUSTOMIZATIONS
from imds_guard.wire import InputError, Result
from imds_guard.wire.parser import documents, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PLAIN = frozenset(("apiVersion", "kind", "metadata", "resources", "bases"))
"""Fields with which what is built is what stands in the files."""
_FEW = 2  # folders that are named


class Kustomizations:
    """The kustomizations in a folder and below it."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = {file.parent: file for file in files if file.name in KUSTOMIZATIONS}

    def of(self, file: Path) -> str | None:
        """The folder of the kustomization that a file belongs to; None where it is of none."""
        return next((str(folder) for folder in file.parents if folder in self._files), None)

    def notes(self) -> Iterator[Result]:
        """What is to be said where a build changes what stands in the files."""
        contents = {folder: _content(file) for folder, file in self._files.items()}
        used = {
            os.path.normpath(folder / path)
            for folder, content in contents.items()
            for path in _listed(content)
        }
        changed = any(
            content.keys() - _PLAIN or any("://" in path for path in _listed(content))
            for content in contents.values()
        )
        if not changed:
            return
        built = [
            str(folder)
            for folder, content in contents.items()
            if os.path.normpath(folder) not in used and content.get("kind") != "Component"
        ]
        built = sorted(built) or sorted(map(str, contents))
        more = len(built) - _FEW
        names = ", ".join(built[:_FEW]) + (f" and {more:,} more" if more > 0 else "")
        others = ", and so for each" if len(built) > 1 else ""
        yield Result(
            "warning",
            "not-built",
            "its files are read as they stand; what kustomize makes of them, with patches, names "
            "and namespaces, is not known here",
            subject=names,
            path=str(self._files[next(folder for folder in contents if str(folder) == built[0])]),
            fix=f"kustomize build {built[0]} | imds-guard audit -{others}",
        )


def _content(file: Path) -> dict[str, Any]:
    """What a kustomization holds. One that cannot be read changes for all that is known."""
    try:
        found = [value(node) for node in documents(file.read_bytes().decode())]
    except (OSError, UnicodeDecodeError, InputError):
        return {"unreadable": None}
    content = next((one for one in found if isinstance(one, dict)), {})
    return {str(key): held for key, held in content.items()}


def _listed(content: dict[str, Any]) -> Iterator[str]:
    """The files and folders that a kustomization is made of."""
    for field in ("resources", "bases", "components"):
        paths = content.get(field)
        yield from (
            (path for path in paths if isinstance(path, str)) if isinstance(paths, list) else ()
        )
