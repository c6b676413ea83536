"""Results: what a function has to say, in the ResourceList and to the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imds_guard.config.setting import Remedy

RESULT_OWNER = ("function", "imds-guard")
"""The tag by which results of an earlier run of ours are known."""
Severity = Literal["error", "warning", "info"]


class Member(NamedTuple):
    """How a finding is named where one line stands for all of its kind in a namespace."""

    what: str  # of all of them, behind their number: declared connections are cut
    name: str  # of this one, in a few words; findings of one name are counted once
    namespace: str = ""
    rank: int = 0  # the lowest ones are named


class Result(NamedTuple):
    """One result of the KRM functions specification.

    `id` is a finding's id (IG001) or a word; `subject` is what a person calls the resource;
    `reference` holds apiVersion, kind, name and namespace. Each of `remedies` mends it, the best
    first. What has a `member` is said to a person in one line together with others like it.
    """

    severity: Severity
    id: str
    message: str
    subject: str = ""
    reference: Mapping[str, str] | None = None
    field: str | None = None
    current: Any = None
    proposed: Any = None
    path: str | None = None
    file_index: int | None = None
    line_number: int | None = None  # in the file at `path`, where that was read
    column: int | None = None
    fix: str = ""
    remedies: tuple[Remedy, ...] = ()
    member: Member | None = None

    def manifest(self) -> dict[str, Any]:
        """The result as it stands in a ResourceList."""
        message = f"{self.message} (fix: {self.fix})" if self.fix else self.message
        if self.subject and not self.reference:
            message = f"{self.subject}: {message}"
        found: dict[str, Any] = {"message": message, "severity": self.severity}
        if self.reference:
            found["resourceRef"] = dict(self.reference)
        if self.field:
            found["field"] = {"path": self.field}
            if self.current is not None:
                found["field"]["currentValue"] = self.current
            if self.proposed is not None:
                found["field"]["proposedValue"] = self.proposed
        if self.path:
            found["file"] = {"path": self.path}
            if self.file_index is not None:
                found["file"]["index"] = self.file_index
        found["tags"] = {RESULT_OWNER[0]: RESULT_OWNER[1], "id": self.id}
        return found

    def line(self) -> str:
        """The result as one line for a person."""
        return line(self.severity, self.id, self.subject, self.message, self.fix)


def line(severity: Severity, id: str, subject: str, message: str, fix: str = "") -> str:
    """What there is to say as one line for a person."""
    subject = f" {subject}" if subject else ""
    fix = f" (fix: {fix})" if fix else ""
    return f"{severity} {id}{subject}: {message}{fix}".replace("\n", " ")
