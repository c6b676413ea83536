"""Custom resources: objects that an API server holds against the schema of a definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.reach.validity.fault import UNKNOWN_VERSION, Fault
from imds_guard.reach.validity.metadata import metadata
from imds_guard.reach.validity.reading import Reading
from imds_guard.reach.validity.shapes import anything, fields, text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from imds_guard.reach.validity.reading import Clean, Shape
    from imds_guard.reach.validity.shapes import Rule
    from imds_guard.resources import Policy


def custom_resource(
    spec: Shape,
    *rules: Rule,
    required: Collection[str] = ("spec",),
    more: Mapping[str, Shape] | None = None,
) -> Shape:
    """The whole object; `rules` are about all of it, `more` are fields beside the spec."""
    known = {"apiVersion": text(), "kind": text(), "metadata": metadata, "spec": spec}
    return fields({**known, "status": anything, **(more or {})}, *rules, required=required)


def custom_faults(
    policy: Policy, shape: Shape, versions: Collection[str], clean: Clean | None = None
) -> tuple[Fault, ...]:
    """Everything in the policy that is refused; `versions` are those of its API that are known.

    Raises InputError where the policy's text is malformed.
    """
    reading = Reading(is_custom=True, clean=clean)
    version = policy.address.api_version.rpartition("/")[2]
    if version not in versions:
        why = f"{version} is not {' or '.join(versions)}"
        reading.fault("apiVersion", why, policy.address.api_version, doubt=UNKNOWN_VERSION)
    reading.look(shape, policy.value, "")
    return tuple(reading.faults)
