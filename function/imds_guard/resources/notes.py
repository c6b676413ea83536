"""Results about resources of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.wire import Result

if TYPE_CHECKING:
    from imds_guard.resources import Resource
    from imds_guard.wire import Severity


def note(
    severity: Severity,
    id: str,
    subject: str,
    message: str,
    *,
    about: Resource | None = None,
    fix: str = "",
) -> Result:
    """A result, with the reference and the file of the resource that it is about."""
    if about is None:
        return Result(severity, id, message, subject=subject, fix=fix)
    address = about.address
    reference = {"apiVersion": address.api_version, "kind": address.kind, "name": address.name}
    if address.namespace:
        reference["namespace"] = address.namespace
    return Result(
        severity,
        id,
        message,
        subject=subject,
        reference=reference,
        path=about.path,
        index=about.file_index if about.path else None,
        fix=fix,
    )


def no_reason(subject: str, annotation: str, about: Resource | None) -> Result:
    """IG006 for an annotation whose value has to be a reason."""
    message = f"the annotation {annotation} gives no reason, so it does not count"
    fix = "write the reason as its value, or remove it"
    return note("error", "IG006", subject, message, about=about, fix=fix)
