"""Which namespaces are governed, and which pods in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from imds_guard.annotations import EXCLUDE
from imds_guard.audit import no_reason
from imds_guard.config import ConfigError
from imds_guard.guard.discover import Group
from imds_guard.guard.pods import Pods, named_pods, pods_of
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.config import Spec
    from imds_guard.guard.discover import Inventory
    from imds_guard.resources import Resource
    from imds_guard.wire import Result


@dataclass
class Governed:
    """A namespace that gets policies: its pods, and those that are left out."""

    namespace: str | None
    first: Resource | None
    pods: list[Pods] = field(default_factory=list)
    left_out: list[Pods] = field(default_factory=list)


def govern(
    spec: Spec, inventory: Inventory, results: list[Result], *, generating: bool
) -> Iterator[Governed]:
    """The governed namespaces in order; what is left out is said in `results`.

    With `generating`, what the configuration names counts as found. Raises ConfigError.
    """
    groups = inventory.groups
    if generating:
        groups = _with_named(spec, groups)
    for group in groups.values():
        if left_out := _left_out(spec, group):
            results.append(left_out)
            continue
        governed = Governed(group.namespace, group.first)
        found = [pods_of(workload) for workload in group.workloads]
        if generating:
            named = (one for one in spec.workloads if one.namespace == group.namespace)
            found += map(named_pods, named)
        for pods in found:
            if pods.excluded is None:
                governed.pods.append(pods)
            elif reason := pods.excluded.strip():
                governed.left_out.append(pods)
                about = pods.resource
                results.append(
                    note("info", "excluded", str(pods), f"left out: {reason}", about=about)
                )
            else:
                governed.pods.append(pods)
                results.append(no_reason(str(pods), EXCLUDE, pods.resource))
        yield governed


def _left_out(spec: Spec, group: Group) -> Result | None:
    """Why a namespace is not governed. An exclusion without a reason does not count."""
    name, about = group.namespace, group.first
    subject = name or "resources without a namespace"
    if group.excluded is not None:
        if not group.excluded.strip():
            return no_reason(subject, EXCLUDE, about)
        why = group.excluded.strip()
    elif name is not None and _matches(name, spec.namespaces.exclude):
        why = "namespaces.exclude names it"
    elif spec.namespaces.include and not (name and _matches(name, spec.namespaces.include)):
        why = "namespaces.include does not name it"
    else:
        return None
    return note("info", "excluded", subject, f"left out: {why}", about=about)


def _with_named(spec: Spec, found: dict[str | None, Group]) -> dict[str | None, Group]:
    """The groups of the manifests, and those that the configuration names."""
    groups = dict(found)
    for index, name in enumerate(spec.namespaces.include):
        if not any(char in name for char in "*?["):
            groups.setdefault(name, Group(name, None))
        elif not spec.manifests:
            raise ConfigError(
                f"{name!r} is a glob, and a generator sees no namespaces that it could match",
                ("spec", "namespaces", "include", index),
            )
    for workload in spec.workloads:
        groups.setdefault(workload.namespace, Group(workload.namespace, None))
    if not groups and not spec.manifests:
        groups[None] = Group(None, None)
    if spec.scope == "workload" and not spec.workloads and not spec.manifests:
        raise ConfigError(
            "a generator sees no workloads; name them in workloads or manifests",
            ("spec", "scope"),
        )
    return groups


def _matches(name: str, globs: list[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
