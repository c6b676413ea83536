"""Manifests in files and folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from imds_guard.resources import resources
from imds_guard.wire import InputError, Place, ShapeError, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.resources import Resource

_SUFFIXES = frozenset((".yaml", ".yml", ".json"))
# Files that kustomize, kpt and Helm read for themselves.
_TOOLS_OWN = frozenset(("kustomization.yaml", "kustomization.yml", "Chart.yaml", "values.yaml"))


def read_files(paths: Iterable[str]) -> Iterator[Resource]:
    """The resources in these files and folders, in the order of their names.

    A folder's files that hold no Kubernetes resource are passed over; a file that is named is not.
    Raises InputError, with the file.
    """
    for path in paths:
        if os.path.isdir(path):
            for file in _files_below(Path(path)):
                yield from _read(file, strict=False)
        else:
            yield from _read(Path(path), strict=True)


def read_bytes(path: str) -> bytes:
    """A file's content. Raises InputError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(reason, Place(source=path)) from None


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        wanted = path.suffix in _SUFFIXES and path.name not in _TOOLS_OWN
        if wanted and not hidden and path.is_file():
            yield path


def _read(path: Path, *, strict: bool) -> Iterator[Resource]:
    data = read_bytes(str(path))
    if not strict and not data.strip():
        return
    try:
        yield from resources(read(data), str(path))
    except ShapeError as error:
        # Well-formed text that is not a resource: a tool's configuration, a chart's values.
        if strict:
            raise error.inside(source=str(path)) from None
    except InputError as error:
        raise error.inside(source=str(path)) from None
