"""Results about resources of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from imds_guard.config.setting import in_words
from imds_guard.wire import Result, WorkloadName, path_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imds_guard.config.setting import Remedy
    from imds_guard.resources.resource import Address, Resource
    from imds_guard.wire import Member, Severity


class Named(Protocol):
    """What has the name of a workload."""

    @property
    def kind(self) -> str:
        """Its kind; empty where the configuration names it."""

    @property
    def namespace(self) -> str | None:
        """Where it will be; None where nobody knows."""

    @property
    def name(self) -> str:
        """Its name."""


def note(
    severity: Severity,
    id: str,
    subject: str,
    message: str,
    *,
    about: Resource | None = None,
    address: Address | None = None,
    field: str | None = None,
    current: Any = None,
    proposed: Any = None,
    fix: str = "",
    remedies: Sequence[Remedy] = (),
    member: Member | None = None,
    workloads: Iterable[Named] = (),
) -> Result:
    """A result, with the reference and the file of the resource that it is about.

    `address` is for a resource that does not stand in the input, but will in the output. Each of
    `remedies` mends it; `fix` says so in other words than theirs. `workloads` are those that it
    speaks of, where `about` is not the one.
    """
    address = about.address if about else address
    reference = None
    if address is not None:
        reference = {"apiVersion": address.api_version, "kind": address.kind, "name": address.name}
        if address.namespace:
            reference["namespace"] = address.namespace
    path = (about.path or about.source) if about else None
    line = column = None
    if about and about.source:
        place = place_of(about.item, path_of(field or ""))
        line, column = place.line, place.column
    return Result(
        severity,
        id,
        message,
        subject=subject,
        reference=reference,
        field=field,
        current=current,
        proposed=proposed,
        path=path,
        file_index=about.file_index if about and about.path else None,
        line_number=line,
        column=column,
        fix=fix or in_words(remedies),
        remedies=tuple(remedies),
        member=member,
        workloads=tuple(WorkloadName(one.kind, one.namespace, one.name) for one in workloads),
    )
