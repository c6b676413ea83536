"""Annotations of our domain that nobody reads: most are mistyped, and then do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import ALLOW_METADATA, DOMAIN, EXCLUDE, GIVEN_KEYS, KNOWN, REASON
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.resources import Resource, Workload
    from imds_guard.wire import Result

_ON_NAMESPACES = (EXCLUDE,)
_ON_POLICIES = (REASON, ALLOW_METADATA)
_ON_WORKLOADS = (EXCLUDE, ALLOW_METADATA)


def unknown_annotations(
    resource: Resource, made: Iterable[Workload] = (), *, is_policy: bool = False
) -> Iterator[Result]:
    """A warning for each annotation of our domain that we neither read nor write.

    `made` are the workloads of the resource, whose pod templates may have annotations as well.
    """
    item = resource.item
    if all(item.data.find(word, item.start, item.end) < 0 for word in (DOMAIN.encode(), b"\\")):
        return
    fields = {name: f"metadata.annotations.{name}" for name in resource.annotations_in(DOMAIN)}
    # The configuration may give any annotation to our policies, and they say which.
    given = (resource.annotation(GIVEN_KEYS) or "").split(", ") if fields else ()
    for workload in made:
        for name, field in workload.template_annotations:
            if name.startswith(DOMAIN):
                fields.setdefault(name, field)
    for name, field in fields.items():
        if name not in KNOWN and name not in given:
            yield _unknown(resource, name, field, is_policy=is_policy)


def _unknown(resource: Resource, name: str, field: str, *, is_policy: bool) -> Result:
    import difflib

    known: tuple[str, ...] = _ON_POLICIES if is_policy else _ON_WORKLOADS
    if resource.kind == "Namespace":
        known = _ON_NAMESPACES
    words = [one.removeprefix(DOMAIN) for one in known]
    near = difflib.get_close_matches(name.removeprefix(DOMAIN), words, n=1, cutoff=0.5) or words
    return note(
        "warning",
        "annotation",
        str(resource.address),
        f"{name} is not an annotation that imds-guard reads, so it does nothing",
        about=resource,
        field=field or None,
        fix=f"write {' or '.join(DOMAIN + word for word in near)}, or remove it",
    )


def annotation_notes(found: Iterable[Result]) -> Iterator[Result]:
    """One warning for each name: an annotation may stand on all that a build holds."""
    by_name: dict[tuple[str, str], list[Result]] = {}
    for one in found:
        by_name.setdefault((one.message, one.fix), []).append(one)
    for (message, _), alike in by_name.items():
        rest = f", here and on {len(alike) - 1} more" if len(alike) > 1 else ""
        yield alike[0]._replace(message=message + rest)
