"""Results: what a function has to say, in the ResourceList and to the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from imds_guard.wire.errors import Place

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from imds_guard.config.setting import Remedy

RESULT_OWNER = ("function", "imds-guard")
"""The tag by which results of an earlier run of ours are known."""
Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst first."""


def is_at_least(severity: Severity, other: Severity) -> bool:
    """Whether one severity is as bad as another, or worse."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(other)


class WorkloadName(NamedTuple):
    """Which workload a result is about; its namespace is where it will be."""

    kind: str
    namespace: str | None
    name: str


class Member(NamedTuple):
    """How a finding is named where one line stands for all of its kind in a namespace."""

    what: str  # of all of them, behind their number: declared connections are cut
    name: str  # of this one, in a few words; findings of one name are counted once
    namespace: str = ""
    rank: int = 0  # the lowest ones are named


class Result(NamedTuple):
    """One result of the KRM functions specification.

    `id` is a finding's id (IG001) or a word; `subject` is what a person calls the resource;
    `reference` holds apiVersion, kind, name and namespace. `workloads` are all that it speaks of;
    none where it is about the resource itself. Each of `remedies` mends it, the best first. What
    has a `member` is said to a person in one line together with others like it. `also` holds the
    further places at which the same was found of the same resource.
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
    also: tuple[Place, ...] = ()
    workloads: tuple[WorkloadName, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place at which it was found; none where no file is known."""
        if not self.path:
            return ()
        return (Place(self.path, self.line_number, self.column), *self.also)

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
        message = self.message
        if self.also:
            more = len(self.also) - 1
            message += f"; the same in {self.also[0].source}"
            message += (
                f" and {more:,} more places" if more > 1 else " and 1 more place" if more else ""
            )
        return line(self.severity, self.id, self.subject, message, self.fix)


def line(severity: Severity, id: str, subject: str, message: str, fix: str = "") -> str:
    """What there is to say as one line for a person."""
    subject = f" {subject}" if subject else ""
    fix = f" (fix: {fix})" if fix else ""
    return f"{severity} {id}{subject}: {message}{fix}".replace("\n", " ")


def worst_first(results: Iterable[Result]) -> list[Result]:
    """The results by severity: kpt shows the first four."""
    order: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
    return sorted(results, key=lambda result: order[result.severity])


def merged(results: Iterable[Result]) -> list[Result]:
    """The results, the same about one resource once: a base and its overlay hold copies of it.

    What differs in anything but its place stays.
    """
    found: list[Result] = []
    known: dict[Hashable, int] = {}
    for one in results:
        # A name that the API server completes (generateName) stands for an object each time.
        if not one.places or one.reference is None or one.reference["name"].endswith("-"):
            found.append(one)
            continue
        named = *one[:4], tuple(one.reference.items()), one.field, one.fix, one.member
        at = known.setdefault((named, repr((one.current, one.proposed))), len(found))
        if at == len(found):
            found.append(one)
        else:
            found[at] = found[at]._replace(also=(*found[at].also, *one.places))
    return found
