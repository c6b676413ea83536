"""Manifests in files and folders.

In a folder, everything that kubectl would load is read, or a warning says what is not: a document
that is no resource, a chart, a hidden file. A file that is named has to be what it should.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from imds_guard.guard.kustomizations import Kustomizations
from imds_guard.resources import resources
from imds_guard.resources.resource import KUSTOMIZATIONS
from imds_guard.wire import InputError, Place, Result, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from imds_guard.resources import Resource
    from imds_guard.wire import NoResourceError

_SUFFIXES = frozenset((".yaml", ".yml", ".json"))  # what kubectl loads from a folder
# Files that kustomize, kpt and Helm read for themselves.
_CHART = "Chart.yaml"
_TOOLS_OWN = frozenset((*KUSTOMIZATIONS, _CHART, "values.yaml"))
# Of a chart: templates, and charts that it needs. Its other folders are read.
_CHART_FOLDERS = frozenset(("templates", "charts"))
_OWN_GROUP = "imds-guard.dev"  # our configuration is no resource of a cluster
# Without this word, or a spelling that hides it, a text has no resource.
_KIND = re.compile(rb"kind|\\|!!binary")
_RENDER = "render it (helm template) and name what comes out"


def read_files(
    paths: Iterable[str], notes: list[Result], *, judged: bool = True
) -> Iterator[Resource]:
    """The resources in these files and folders, in the order of their names.

    What a folder holds and is not read is added to `notes`, and where they are to be `judged` also
    that kustomize would build something else of them. Raises InputError, with the file.
    """
    from pathlib import Path

    for path in paths:
        if os.path.isdir(path):
            yield from _Folder(Path(path), notes, is_judged=judged).resources()
        else:
            yield from _read_file(path)


def read_bytes(path: str) -> bytes:
    """A file's content. Raises InputError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(reason, Place(source=path)) from None


def _read_file(path: str) -> Iterator[Resource]:
    try:
        yield from resources(read(read_bytes(path)), path)
    except InputError as error:
        raise error.inside(source=path) from None


class _Folder:
    """What is in a folder and below it, and what of that is left out."""

    def __init__(self, path: Path, notes: list[Result], *, is_judged: bool) -> None:
        self._path = path
        self._is_judged = is_judged
        self._notes = notes

    def resources(self) -> Iterator[Resource]:
        """The resources of all files that are not left out. Raises InputError."""
        files = [
            one
            for one in sorted(self._path.rglob("*"))
            if (one.suffix in _SUFFIXES or one.name in KUSTOMIZATIONS) and one.is_file()
        ]
        charts = {one.parent for one in files if one.name == _CHART and not self._hides(one)}
        for chart in sorted(charts):
            self._leave_out(str(chart), "a Helm chart is not read", _RENDER)
        kustomizations = Kustomizations(one for one in files if not self._hides(one))
        self._notes += kustomizations.notes() if self._is_judged else ()
        for file in files:
            if _is_of(charts, file):
                continue
            if self._hides(file):
                self._look_at(file, "a hidden file with resources is not read", "name it")
            elif file.name in _TOOLS_OWN:
                self._look_at(file, f"{file.name} with resources is not read", "name it")
            else:
                for resource in self._read(file):
                    resource.kustomization = kustomizations.of(file)
                    yield resource

    def _hides(self, file: Path) -> bool:
        return any(part.startswith(".") for part in file.relative_to(self._path).parts)

    def _read(self, file: Path) -> Iterator[Resource]:
        source = str(file)
        data = read_bytes(source)
        if not data.strip():
            return

        def skip(error: NoResourceError) -> None:
            self._not_read(error.inside(source=source), "a document that is no resource")

        try:
            yield from resources(read(data), source, skip)
        except InputError as error:
            if b"{{" in data:
                self._leave_out(source, "a template is not read", _RENDER)
            elif not _KIND.search(data):
                self._not_read(error.inside(source=source), "a file without a resource")
            else:
                raise error.inside(source=source) from None

    def _look_at(self, file: Path, message: str, fix: str) -> None:
        """Say that a file is left out, where kubectl would load resources from it."""
        try:
            data = file.read_bytes()
            found = list(resources(read(data), skip=lambda _: None)) if _KIND.search(data) else []
        except (OSError, InputError):
            return
        if any(one.group != _OWN_GROUP for one in found):
            self._leave_out(str(file), message, fix)

    def _not_read(self, error: InputError, what: str) -> None:
        place = error.place
        message = f"{what} is not read: {error.message}"
        self._leave_out(place.source, message, "", place)

    def _leave_out(self, path: str, message: str, fix: str, place: Place | None = None) -> None:
        at = place or Place(source=path)
        self._notes.append(
            Result(
                "warning",
                "not-read",
                message,
                subject=str(at),
                path=path,
                line_number=at.line,
                column=at.column,
                fix=fix,
            )
        )


def _is_of(charts: set[Path], file: Path) -> bool:
    """Whether a file belongs to one of these charts and is written for Helm."""
    if file.parent in charts and file.name.startswith("values"):
        return True
    inside = (outer.name for outer in file.parents if outer.parent in charts)
    return any(name in _CHART_FOLDERS for name in inside)
