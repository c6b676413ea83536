"""What is in the input: namespaces, their workloads, the policies that stand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from imds_guard.annotations import EXCLUDE
from imds_guard.guard.annotation_notes import unknown_annotations
from imds_guard.guard.ownership import Ownership, settle
from imds_guard.guard.unseen import makes_unseen_pods, may_make_pods, supposed
from imds_guard.reach.declared import Declarations
from imds_guard.reach.kinds import KINDS
from imds_guard.reach.subject import PodSource
from imds_guard.resources import Resource, Workload, workloads
from imds_guard.resources.labels import Labels, either, labels_in
from imds_guard.resources.network_policy import NETWORK_POLICY
from imds_guard.resources.owners import owners_of
from imds_guard.wire import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.resources import Key
    from imds_guard.wire import Result

NEW_FILE = "imds-guard.yaml"


class Group:
    """A namespace of the input, by its own object, by what is in it, or by both.

    `is_named` says that something in it names the namespace; resources that name none are in the
    default one.
    """

    def __init__(
        self,
        namespace: str | None,
        first: Resource | None,  # what made it known; None where the configuration names it
        is_named: bool = True,
    ) -> None:
        self.namespace = namespace
        self.first = first
        self.is_named = is_named
        self.unnamed: Resource | None = None  # the first of its resources that names none
        self.excluded: str | None = None  # the reason that its Namespace gives
        self.workloads: list[Workload] = []
        self.pod_makers: list[PodSource] = []  # of pods that no manifest shows

    @property
    def written_namespace(self) -> str | None:
        """The namespace that its policies name: none where nothing in it names one."""
        return self.namespace if self.is_named else None


class Inventory:
    """The input's resources that matter here, in the order of first appearance.

    `default_namespace` is where resources that name no namespace will be applied; None where
    nobody knows.
    """

    def __init__(self, default_namespace: str | None = "default") -> None:
        self.default_namespace = default_namespace
        self.groups: dict[str | None, Group] = {}
        self.policies: list[Resource] = []  # of every kind
        self.declared = Declarations()
        self.namespace_labels: dict[str, Labels] = {}
        self.annotation_notes: list[Result] = []  # one per unknown annotation
        self.next_index: dict[str, int] = {}  # of files of ours: the first free
        # Of what is judged: the first one of each object, and every one where there are several.
        self._first: dict[Key, Resource] = {}
        self._copies: dict[Key, list[Resource]] = {}
        self._custom: dict[str | None, list[Resource]] = {}
        self.ownership = Ownership()

    @cached_property
    def network_policies(self) -> frozenset[tuple[str | None, str]]:
        """The namespaces and names of the NetworkPolicies."""
        return frozenset(
            (policy.namespace, policy.address.name)
            for policy in self.policies
            if (policy.group, policy.kind) == NETWORK_POLICY
        )

    @cached_property
    def has_paths(self) -> bool:
        """Whether the resources come from the files of a package."""
        firsts = (*(group.first for group in self.groups.values()), *self.policies[:1])
        return any(one is not None and one.path is not None for one in firsts)

    @property
    def duplicates(self) -> list[list[Resource]]:
        """The objects that stand more than once, each with all of its copies.

        What stands in files of several kustomizations is applied once, or never together.
        """
        found = []
        for copies in self._copies.values():
            by_build: dict[str | None, list[Resource]] = {}
            for one in copies:
                if not _is_patch(one):
                    by_build.setdefault(one.kustomization, []).append(one)
            found += [same for same in by_build.values() if len(same) > 1]
        return found

    def add(self, resource: Resource) -> None:
        """Take one resource in. Raises InputError where it is malformed."""
        resource.default_namespace = self.default_namespace
        if resource.annotations_hold(NEW_FILE) and (path := resource.path) is not None:
            taken = resource.file_index + 1
            self.next_index[path] = max(self.next_index.get(path, 0), taken)
        if resource.is_local_config:
            return
        kind = resource.group, resource.kind
        if kind == ("", "Namespace"):
            self._add_namespace(resource)
            self.annotation_notes += unknown_annotations(resource)
        elif (policy_kind := KINDS.get(kind)) is not None:
            resource.is_cluster_wide = policy_kind.scope == "cluster"
            self.policies.append(resource)
            self._count(resource)
            self.annotation_notes += unknown_annotations(resource, is_policy=True)
        else:
            found = list(workloads(resource))
            is_maker = makes_unseen_pods(resource)
            if found or is_maker or (resource.group and owners_of(resource)):
                self.ownership.add(resource)
            if found:
                self._count(resource)
                self._group(resource.namespace, resource).workloads += found
            if is_maker:
                group = self._group(resource.namespace, resource)
                group.pod_makers.append(PodSource(resource))
            if not (found or is_maker):
                self.declared.add(resource)
                if may_make_pods(resource):
                    self._custom.setdefault(resource.namespace, []).append(resource)
            self.annotation_notes += unknown_annotations(resource, found)

    def suppose(self) -> None:
        """Take custom resources for makers of pods where a policy is meant for pods of nobody."""
        if not self._custom:
            return
        here: dict[str | None, list[Resource]] = {}
        for policy in self.policies:
            here.setdefault(policy.namespace, []).append(policy)
        for namespace, custom in self._custom.items():
            group = self.groups.get(namespace)
            if group is not None and group.pod_makers:
                continue
            shown = group.workloads if group is not None else []
            for source in supposed(custom, here.get(namespace, []), shown):
                self._group(namespace, source.resource).pod_makers.append(source)

    def _add_namespace(self, resource: Resource) -> None:
        """Of a Namespace that stands twice, either copy may be the one that counts.

        Raises InputError for one without a name: which namespace is governed is not known.
        """
        name = resource.address.name
        if not name:
            raise InputError("a Namespace needs a name, in metadata.name", resource.item.place())
        is_known = name in self.namespace_labels
        group = self._group(name, resource)
        excluded = resource.annotation(EXCLUDE)
        labels = labels_in(resource.fields.get("metadata.labels"))
        if is_known:
            group.excluded = None if excluded is None else group.excluded
            labels = either((self.namespace_labels[name], labels))
        else:
            group.excluded = excluded
        self.namespace_labels[name] = labels
        self._count(resource)

    def _count(self, resource: Resource) -> None:
        # Pods with a generateName are not one another, however alike they look.
        if not resource.address.name.endswith("-"):
            first = self._first.setdefault(resource.key, resource)
            if first is not resource:
                self._copies.setdefault(resource.key, [first]).append(resource)

    def _group(self, namespace: str | None, resource: Resource) -> Group:
        is_named = resource.address.namespace is not None or resource.kind == "Namespace"
        group = self.groups.setdefault(namespace, Group(namespace, resource, is_named))
        group.is_named = group.is_named or is_named
        if not is_named and group.unnamed is None:
            group.unnamed = resource
        return group


def discover(resources: Iterable[Resource], default_namespace: str | None = "default") -> Inventory:
    """The inventory of an input. Raises InputError."""
    inventory = Inventory(default_namespace)
    for resource in resources:
        inventory.add(resource)
    for group in inventory.groups.values():
        group.workloads = _judged(group.workloads)
        owning = settle(group.workloads, inventory.ownership)
        # What such a one makes is shown after all.
        made = group.pod_makers
        group.pod_makers = [one for one in made if id(one.resource) not in owning]
    inventory.suppose()
    return inventory


def _is_patch(resource: Resource) -> bool:
    """Whether it is a patch beside its base: it makes pods, and has no labels for them."""
    makes = list(workloads(resource))
    return bool(makes) and not any(one.pod_selector for one in makes)


def _judged(found: list[Workload]) -> list[Workload]:
    """The workloads that may come to stand: of two copies of an object, each.

    A patch that lies beside its base has no pod labels and could not stand by itself, and a copy
    that is the same to the letter adds nothing.
    """
    copies: dict[tuple[Key, str], list[Workload]] = {}
    for workload in found:
        copies.setdefault((workload.resource.key, workload.part), []).append(workload)
    if len(copies) == len(found):
        return found
    left = []
    for workload in found:
        same = copies[workload.resource.key, workload.part]
        if workload.name.endswith("-") or _counts(workload, same):
            left.append(workload)
    return left


def _counts(workload: Workload, copies: list[Workload]) -> bool:
    if workload is copies[0] and not any(one.pod_selector for one in copies):
        return True
    if not workload.pod_selector and any(one.pod_selector for one in copies):
        return False
    before = copies[: copies.index(workload)]
    text = workload.resource.item.value()
    return all(one.resource.item.value() != text for one in before)
