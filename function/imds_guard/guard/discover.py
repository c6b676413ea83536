"""What is in the input: namespaces, their workloads, the policies that stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imds_guard.annotations import EXCLUDE
from imds_guard.reach.declared import Declarations
from imds_guard.reach.kinds import KINDS
from imds_guard.resources import Resource, Workload, workloads

if TYPE_CHECKING:
    from collections.abc import Iterable


NEW_FILE = "imds-guard.yaml"


@dataclass
class Group:
    """A namespace of the input, by its own object, by what is in it, or by both."""

    namespace: str | None
    first: Resource | None  # what made it known; None where the configuration names it
    excluded: str | None = None  # the reason that its Namespace gives
    _workloads: dict[tuple[str, str, str, str, int], Workload] = field(default_factory=dict)

    @property
    def workloads(self) -> Iterable[Workload]:
        """Its workloads, in the order of first appearance."""
        return self._workloads.values()

    def take(self, found: Workload) -> None:
        """Add a workload; of a base and its patches, the one that knows the pods' labels."""
        # Pods with a generateName are not one another, however alike they look.
        serial = len(self._workloads) if found.name.endswith("-") else 0
        resource = found.resource
        key = resource.group, resource.kind, found.name, found.part, serial
        known = self._workloads.get(key)
        if known is None or not known.pod_selector:
            self._workloads[key] = found


@dataclass
class Inventory:
    """The input's resources that matter here, in the order of first appearance."""

    groups: dict[str | None, Group] = field(default_factory=dict)
    policies: list[Resource] = field(default_factory=list)  # of every kind
    declared: Declarations = field(default_factory=Declarations)
    namespace_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    next_index: dict[str, int] = field(default_factory=dict)  # of files of ours: the first free

    def add(self, resource: Resource) -> None:
        """Take one resource in. Raises InputError where it is malformed."""
        if resource.annotations_hold(NEW_FILE) and (path := resource.path) is not None:
            taken = resource.file_index + 1
            self.next_index[path] = max(self.next_index.get(path, 0), taken)
        if resource.is_local_config:
            return
        kind = resource.group, resource.kind
        if kind == ("", "Namespace"):
            group = self._group(resource.address.name, resource)
            group.excluded = resource.annotation(EXCLUDE)
            self.namespace_labels[resource.address.name] = resource.labels
        elif kind in KINDS:
            self.policies.append(resource)
        else:
            makes_pods = False
            for workload in workloads(resource):
                makes_pods = True
                self._group(resource.namespace, resource).take(workload)
            if not makes_pods:
                self.declared.add(resource)

    def _group(self, namespace: str | None, resource: Resource) -> Group:
        return self.groups.setdefault(namespace, Group(namespace, resource))


def discover(resources: Iterable[Resource]) -> Inventory:
    """The inventory of an input. Raises InputError."""
    inventory = Inventory()
    for resource in resources:
        inventory.add(resource)
    return inventory
