"""Which namespaces are governed, and which pods in them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from imds_guard.annotations import EXCLUDE
from imds_guard.audit import no_reason, untrusted
from imds_guard.config import ConfigError
from imds_guard.guard.discover import Group
from imds_guard.guard.namespace_notes import namespace_notes
from imds_guard.guard.pods import Pods, named_pods, pods_of
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.config import Spec
    from imds_guard.guard.discover import Inventory
    from imds_guard.reach.subject import PodSource
    from imds_guard.resources import Resource
    from imds_guard.settings import Settings
    from imds_guard.wire import Result


class Governed:
    """A namespace that gets policies: its pods, and those that are left out.

    `namespace` is where its resources will be, `written_namespace` what its policies name. Of
    `owned` and `owned_left_out` another workload of the input makes the pods: no policy is written
    for them alone.
    """

    def __init__(
        self,
        namespace: str | None,
        written_namespace: str | None,
        first: Resource | None,
    ) -> None:
        self.namespace = namespace
        self.written_namespace = written_namespace
        self.first = first
        self.pods: list[Pods] = []
        self.left_out: list[Pods] = []
        self.owned: list[Pods] = []
        self.owned_left_out: list[Pods] = []
        self.pod_makers: list[PodSource] = []


def govern(
    settings: Settings, inventory: Inventory, results: list[Result], *, generating: bool
) -> Iterator[Governed]:
    """The governed namespaces in order; what is left out is said in `results`.

    With `generating`, what the configuration names counts as found. Raises ConfigError.
    """
    spec = settings.config.spec
    groups = inventory.groups
    if generating:
        groups = _with_named(spec, groups)
    is_any_governed = any(
        why_left_out(settings, group) is None and (group.workloads or group.pod_makers)
        for group in groups.values()
    )
    results += namespace_notes(settings, inventory, groups, is_any_governed=is_any_governed)
    for group in groups.values():
        why = why_left_out(settings, group)
        if why is not None:
            subject = group.written_namespace or "resources without a namespace"
            message = f"left out: {why}"
            results.append(note("info", "excluded", subject, message, about=group.first))
            continue
        if group.excluded is not None:
            results.append(_does_not_count(spec, str(group.namespace), group.first, group.excluded))
        governed = Governed(group.namespace, group.written_namespace, group.first)
        governed.pod_makers = group.pod_makers
        found = [pods_of(workload) for workload in group.workloads]
        if generating:
            named = (named_pods(one, spec.default_namespace) for one in spec.workloads)
            found += (one for one in named if one.namespace == group.namespace)
        _sort(spec, governed, found, results)
        yield governed


def _sort(spec: Spec, governed: Governed, found: list[Pods], results: list[Result]) -> None:
    """Put each workload where it belongs: it is governed, left out, or its owner's.

    Owned for certain, it is left out with its owner. What an ownerReference alone says leaves
    nothing out.
    """
    out = {id(one.workload) for one in found if one.is_left_out(spec.trust_annotations)}
    for pods in found:
        owners = pods.owners
        if owners and pods.is_owned_for_certain and all(id(one) in out for one in owners):
            governed.owned_left_out.append(pods)
        elif owners and not pods.is_left_out(spec.trust_annotations):
            governed.owned.append(pods)
        elif pods.excluded is None:
            governed.pods.append(pods)
        elif pods.is_left_out(spec.trust_annotations):
            governed.left_out.append(pods)
            message = f"left out: {pods.excluded.strip()}"
            results.append(note("info", "excluded", str(pods), message, about=pods.resource))
        else:
            governed.pods.append(pods)
            reason = pods.excluded.strip()
            results.append(_does_not_count(spec, str(pods), pods.resource, reason))


def _does_not_count(spec: Spec, subject: str, about: Resource | None, reason: str) -> Result:
    if reason.strip() and not spec.trust_annotations:
        return untrusted(subject, EXCLUDE, about)
    return no_reason(subject, EXCLUDE, about)


def why_left_out(settings: Settings, group: Group) -> str | None:
    """Why a namespace is not governed, None where it is.

    An exclusion without a reason does not count, nor any where annotations are not trusted. What
    names no namespace is governed whatever the configuration's namespaces are: nobody knows for
    certain where it will be.
    """
    spec = settings.config.spec
    if group.excluded is not None and group.excluded.strip() and spec.trust_annotations:
        return group.excluded.strip()
    return _why_not(settings, group.written_namespace)


def _why_not(settings: Settings, name: str | None) -> str | None:
    spec = settings.config.spec
    if name is None:
        return None
    if _matches(name, spec.namespaces.exclude):
        return "namespaces.exclude names it"
    if name in spec.namespaces.include:
        return None
    if settings.is_system_namespace(name):
        return "it is a system namespace, which only its exact name in namespaces.include governs"
    if spec.namespaces.include and not _matches(name, spec.namespaces.include):
        return "namespaces.include does not name it"
    return None


def is_governed(settings: Settings, inventory: Inventory, name: str | None) -> bool:
    """Whether the policies of a namespace are judged, also where no workload of it is known.

    With `scope: cluster` none are: that is for the configurations of the namespaces.
    """
    if settings.config.spec.scope == "cluster":
        return False
    group = inventory.groups.get(name)
    if group is not None:
        return why_left_out(settings, group) is None
    return name == inventory.default_namespace or _why_not(settings, name) is None


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
    home = spec.default_namespace or None
    for workload in spec.workloads:
        here = workload.namespace or home
        groups.setdefault(here, Group(here, None, is_named=workload.namespace is not None))
    if not groups and not spec.manifests:
        groups[home] = Group(home, None, is_named=False)
    if spec.scope == "workload" and not spec.workloads and not spec.manifests:
        raise ConfigError(
            "a generator sees no workloads; name them in workloads or manifests",
            ("spec", "scope"),
        )
    return groups


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
