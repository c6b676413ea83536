"""Whose pods are whose: what controllers have made of other resources of the input.

What a cluster holds shows the same pods several times: a Deployment, its ReplicaSets, their Pods.
An ownerReference is text, though, which anyone can write. It is believed of pods that are just what
the owner's template makes; and in what is granted to the owner (an exception, being left out) only
where the uids of both, which the API server gives, say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.resources.owners import Owner, owners_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.resources import Key, Resource, Workload

# Kubernetes documentation, Deployment and CronJob: what the name of such an object is made of. It
# leads to the maker where nobody asked the cluster for the object itself.
_MAKERS = {("apps", "ReplicaSet"): "Deployment", ("batch", "Job"): "CronJob"}
_TEMPLATE_HASH = "pod-template-hash"


class Ancestor(NamedTuple):
    """An owner of a resource, or an owner's owner; `is_certain` where every uid on the way fits."""

    resource: Resource
    is_certain: bool


class Ownership:
    """The resources of an input that may own others, or lie between them and their owner."""

    def __init__(self) -> None:
        self._by_key: dict[Key, list[Resource]] = {}

    def add(self, resource: Resource) -> None:
        """Take in a resource."""
        self._by_key.setdefault(resource.key, []).append(resource)

    def ancestors(self, resource: Resource) -> list[Ancestor]:
        """Its owners in the input, the nearest first, along the references that resolve.

        None where they lead in a circle: each of it would be another's then, and none be judged.
        """
        found: list[Ancestor] = []
        seen = {id(resource)}
        is_certain = True
        while True:
            owner = next(self._owners(resource), None)
            if owner is None:
                return found
            if id(owner.resource) in seen:
                return []
            resource = owner.resource
            is_certain = is_certain and owner.is_certain
            seen.add(id(resource))
            found.append(Ancestor(resource, is_certain))

    def _owners(self, resource: Resource) -> Iterator[Ancestor]:
        for owner in owners_of(resource):
            standing = self._by_key.get((owner.group, owner.kind, resource.namespace, owner.name))
            for one in standing or ():
                uid = uid_of(one)
                if not (uid and owner.uid) or uid == owner.uid:
                    yield Ancestor(one, bool(uid) and uid == owner.uid)
            if not standing:
                yield from self._makers(resource, owner)

    def _makers(self, resource: Resource, owner: Owner) -> Iterator[Ancestor]:
        """What made an owner that is not in the input, by the owner's name."""
        kind = _MAKERS.get((owner.group, owner.kind))
        name, _, end = owner.name.rpartition("-")
        if kind is None or not name:
            return
        is_its_name = end.isdecimal()
        if kind == "Deployment":
            is_its_name = end == resource.labels.get(_TEMPLATE_HASH)
        for one in self._by_key.get((owner.group, kind, resource.namespace, name), ()):
            if is_its_name:
                yield Ancestor(
                    one, bool(owner.uid) and bool(uid_of(one)) and bool(uid_of(resource))
                )


def settle(workloads: Iterable[Workload], ownership: Ownership) -> set[int]:
    """Note on each workload which others of the input it belongs to.

    Gives the identities of all resources that own one of them for certain.
    """
    standing = list(workloads)
    by_resource: dict[int, list[Workload]] = {}
    for workload in standing:
        by_resource.setdefault(id(workload.resource), []).append(workload)
    owning: set[int] = set()
    for workload in standing:
        ancestors = ownership.ancestors(workload.resource)
        for ancestor in reversed(ancestors):
            made = by_resource.get(id(ancestor.resource), ())
            if owners := tuple(one for one in made if _makes(one, workload)):
                workload.owners = owners
                workload.is_owned_for_certain = ancestor.is_certain
                break
        owning |= {id(one.resource) for one in ancestors if one.is_certain}
    return owning


def _makes(owner: Workload, workload: Workload) -> bool:
    """Whether the pods of a workload may be what an owner's template makes.

    They have its labels, and more where a webhook added some.
    """
    return (
        owner.pod_labels.items() <= workload.labels.known.items()
        and owner.host_network == workload.host_network
        and owner.service_account == workload.service_account
        and owner.dns_policy == workload.dns_policy
        and owner.nameservers == workload.nameservers
    )
