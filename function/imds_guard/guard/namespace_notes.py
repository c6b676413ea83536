"""What is said about the namespaces that the configuration names, and about those of the input."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from imds_guard.config.setting import Setting
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from imds_guard.guard.discover import Group, Inventory
    from imds_guard.resources import Resource
    from imds_guard.settings import Settings
    from imds_guard.wire import Result, Severity

_FEW = 5  # names that a message holds


def namespace_notes(
    settings: Settings,
    inventory: Inventory,
    groups: Mapping[str | None, Group],
    *,
    is_any_governed: bool,
) -> Iterator[Result]:
    """Names and globs that match nothing, and resources without a namespace beside others.

    `is_any_governed` says whether a workload of `groups` is governed.
    """
    named = [one.namespace for one in _resources(inventory)]
    names = list(dict.fromkeys(name for name in (*groups, *named) if name is not None))
    if names:
        yield from _unmatched(settings, groups, names, is_any_governed=is_any_governed)
    yield from _home_of_the_unnamed(settings, inventory)


def _resources(inventory: Inventory) -> Iterator[Resource]:
    """Policies and Services: what is of a namespace besides the workloads in it."""
    yield from (one for one in inventory.policies if not one.is_cluster_wide)
    yield from (one.resource for one in inventory.declared.services)


def _unmatched(
    settings: Settings,
    groups: Mapping[str | None, Group],
    names: Sequence[str],
    *,
    is_any_governed: bool,
) -> Iterator[Result]:
    """A mistyped `include` governs less than is meant, in the end nothing; `exclude` too much."""
    spec = settings.config.spec
    if spec.scope == "cluster":
        return  # its namespaces are in the cluster, not in the input
    namespaces = spec.namespaces
    has_workloads = any(group.workloads or group.pod_makers for group in groups.values())
    own = [name for name in names if not settings.is_system_namespace(name)]
    include = [one for one in _without_match(namespaces.include, own) if one not in names]
    if include:
        why = "no namespace here matches"
        if not _without_match(include, names):
            why = "only system namespaces match, and a glob does not govern those"
        message = f"namespaces.include has {_it(include)}, but {why}"
        severity: Severity = "warning"
        if has_workloads and not is_any_governed:
            severity, message = "error", f"{message}, and no workload is governed"
        yield note(severity, "namespaces", _few(include), message, fix=_nearest(include, names))
    left_out = (one for one in namespaces.exclude if not settings.is_system_namespace(one))
    if exclude := _without_match(left_out, names):
        message = f"namespaces.exclude has {_it(exclude)}, but no namespace here matches"
        fix = f"{_nearest(exclude, names)}, or remove it"
        yield note("warning", "namespaces", _few(exclude), message, fix=fix)


def _without_match(globs: Iterable[str], names: Sequence[str]) -> list[str]:
    return [glob for glob in globs if not any(fnmatchcase(name, glob) for name in names)]


def _it(found: Sequence[str]) -> str:
    return "it" if len(found) == 1 else "them"


def _few(found: Sequence[str]) -> str:
    more = len(found) - _FEW
    return ", ".join(found[:_FEW]) + (f" and {more} more" if more > 0 else "")


def _nearest(globs: Sequence[str], names: Sequence[str]) -> str:
    """A fix: the name of the input that each of the first few may mean, or what names it has."""
    import difflib

    meant = []
    for glob in globs[:_FEW]:
        near = difflib.get_close_matches(glob.strip("*"), names, n=1)
        meant += [f"{near[0]} for {glob}" if len(globs) > 1 else near[0]] if near else []
    if meant:
        return f"write {', '.join(meant)}"
    return f"write {'one of ' if len(names) > 1 else ''}{_few(names)}"


def _home_of_the_unnamed(settings: Settings, inventory: Inventory) -> Iterator[Result]:
    """What is said where resources that name no namespace stand beside those of a single one.

    Helm charts of which only some templates write a namespace look like that.
    """
    home = inventory.default_namespace
    if home is None or settings.config.spec.default_namespace:
        return
    further = list(_resources(inventory))
    unnamed = [group.unnamed for group in inventory.groups.values() if group.unnamed]
    unnamed += [one for one in further if one.address.namespace is None]
    others = {one.namespace for one in further} | set(inventory.groups)
    others -= {home}
    if not unnamed or len(others) != 1:
        return
    (other,) = others
    about = unnamed[0]
    message = (
        f"it names no namespace, so it counts as of {home}, apart from {other}; "
        f"`helm -n {other}` and `kubectl -n {other}` would put both together"
    )
    fix = f"set defaultNamespace to where it will be applied, {other} or {home}"
    remedies = [(Setting("defaultNamespace", name),) for name in (other, home)]
    name = about.address.name
    yield note("warning", "namespace", name, message, about=about, fix=fix, remedies=remedies)
