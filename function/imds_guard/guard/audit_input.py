"""What an audit looks at: files, folders and standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.guard.files import read_files
from imds_guard.guard.function import config_of
from imds_guard.resources import Resource, resources
from imds_guard.wire import InputError, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imds_guard.config import Config
    from imds_guard.wire import Result

STDIN = "-"


class Intake:
    """Resources, read as they are asked for, and the configuration that comes with them."""

    def __init__(self, paths: Iterable[str], stdin: Callable[[], bytes]) -> None:
        self._paths = list(paths)
        self._listing = read(stdin()) if STDIN in self._paths else None
        self.notes: list[Result] = []  # what is in a folder and was not read

    def config(self) -> Config | None:
        """The functionConfig of a ResourceList on standard input. Raises InputError."""
        frame = self._listing.frame if self._listing else None
        return config_of(frame.function_config) if frame and frame.function_config else None

    def resources(self) -> Iterator[Resource]:
        """Everything in the order of the paths. Raises InputError, also where there is nothing."""
        count = 0
        for path in self._paths:
            found = resources(self._listing) if path == STDIN and self._listing else None
            for resource in found if found is not None else read_files([path], self.notes):
                count += 1
                yield resource
        if not count:
            where = ", ".join("standard input" if one == STDIN else one for one in self._paths)
            left_out = "".join(f"; {one.subject}: {one.message}" for one in self.notes[:1])
            raise InputError(f"nothing to audit: no Kubernetes resource in {where}{left_out}")
