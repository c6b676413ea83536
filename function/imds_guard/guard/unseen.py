"""What makes pods that no manifest shows: kinds that do, and custom resources that may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.platforms import POD_MAKERS, WITHOUT_PODS
from imds_guard.reach.selectors import demanded
from imds_guard.reach.subject import PodSource
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.resources import Resource, Workload

_SELECTORS = ("podSelector", "endpointSelector")
_FEW = 2  # labels that are named
# OpenKruise and KServe: containers for the pods of others, in no namespace of their own.
_CLUSTER_SCOPED = frozenset(("SidecarSet", "ClusterServingRuntime"))


def makes_unseen_pods(resource: Resource) -> bool:
    """Whether it makes pods of which a template, if it has one, does not tell all.

    A custom resource does whose own spec has containers, as that of a Pod; what labels its pods
    have is not known.
    """
    if (resource.group, resource.kind) in POD_MAKERS:
        return True
    if not may_make_pods(resource) or not resource.item.may_say("containers"):
        return False
    spec = mapping(mapping(resource.item.value()).get("spec"))
    containers = spec.get("containers")
    return isinstance(containers, list) and any("image" in mapping(one) for one in containers)


def may_make_pods(resource: Resource) -> bool:
    """Whether it is a custom resource of a kind that nothing is known of."""
    group = resource.group
    if "." not in group or resource.kind in _CLUSTER_SCOPED:
        return False
    return group not in WITHOUT_PODS and not any(group.endswith(f".{one}") for one in WITHOUT_PODS)


def supposed(
    custom: list[Resource], policies: Iterable[Resource], workloads: Iterable[Workload]
) -> Iterator[PodSource]:
    """The custom resources of a namespace as what makes the pods that a policy there is meant for.

    There is such a policy where it asks for a label that no workload there has.
    """
    had: set[tuple[str, str]] = set()
    keys: set[str] = set()
    for workload in workloads:
        labels = workload.labels
        had.update(labels.known.items())
        keys.update(labels.known, labels.present, labels.maybe)
    for policy in policies:
        missing = {
            key: value
            for key, value in _demanded(policy).items()
            if (key, value) not in had and not (value == "" and key in keys)
        }
        if missing:
            named = [f"{key}={value}" if value else key for key, value in missing.items()]
            yield PodSource(custom[0], policy, ", ".join(named[:_FEW]), len(custom) - 1)
            return


def _demanded(policy: Resource) -> dict[str, str]:
    spec = mapping(policy.item.value()).get("spec")
    found: dict[str, str] = {}
    for field in _SELECTORS:
        found |= demanded(mapping(spec).get(field))
    return found
