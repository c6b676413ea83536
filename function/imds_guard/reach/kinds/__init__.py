"""Policies that are no NetworkPolicy, as rules that reach/decision can order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.reach.kinds import admin, antrea, calico, cilium

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.reach.decision import OtherPolicies
    from imds_guard.resources import Resource

_READERS = {
    **dict.fromkeys(admin.KINDS, admin.read),
    **dict.fromkeys(antrea.KINDS, antrea.read),
    **dict.fromkeys(calico.KINDS, calico.read),
    **dict.fromkeys(cilium.KINDS, cilium.read),
}
KINDS = frozenset(_READERS)
"""The API groups and kinds that are understood, as far as they can be."""


def other_policies(resources: Iterable[Resource]) -> OtherPolicies:
    """The rules and isolations of these resources. Raises InputError where one is malformed."""
    from imds_guard.reach.decision import OtherPolicies

    found = OtherPolicies()
    for resource in resources:
        if reader := _READERS.get((resource.group, resource.kind)):
            reader(resource, found)
    return found
