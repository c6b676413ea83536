"""Workloads as both ends of traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.reach.match import Match
from imds_guard.reach.selectors import matches

if TYPE_CHECKING:
    from imds_guard.resources import Resource, Workload
    from imds_guard.resources.labels import Labels


class PodSource(NamedTuple):
    """A resource that makes pods that no manifest shows.

    With `policy` it is supposed to: the policy asks for `labels` that no workload has, and beside
    it there are `others` of which the same may be true.
    """

    resource: Resource
    policy: Resource | None = None
    labels: str = ""
    others: int = 0


class Subject:
    """The pods of one workload, as far as policies are concerned.

    `exception` is the reason for which they may reach metadata, None where they may not.
    `is_unseen` says that no manifest shows them: a policy is meant for them.
    """

    __slots__ = (
        "exception",
        "host_network",
        "is_unseen",
        "kind",
        "labels",
        "name",
        "namespace",
        "workload",
    )

    def __init__(
        self,
        kind: str,
        namespace: str | None,
        name: str,
        labels: Labels,
        host_network: bool = False,
        exception: str | None = None,
        workload: Workload | None = None,
        is_unseen: bool = False,
    ) -> None:
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.labels = labels
        self.host_network = host_network
        self.exception = exception
        self.workload = workload
        self.is_unseen = is_unseen

    @property
    def resource(self) -> Resource | None:
        """The resource that makes the pods; None where the configuration names them."""
        return self.workload.resource if self.workload else None

    @property
    def written_namespace(self) -> str | None:
        """The namespace that the manifest names; None where it names none."""
        return self.workload.resource.address.namespace if self.workload else self.namespace

    @property
    def is_selectable(self) -> bool:
        """Whether the labels by which policies are written for the pods select them."""
        if self.workload is None:
            return bool(self.labels.known)
        selector = self.workload.pod_selector
        return bool(selector) and matches(selector, self.labels) is Match.YES

    @property
    def reference(self) -> str:
        """The workload as the configuration names it."""
        return "/".join(filter(None, (self.namespace and self.kind, self.namespace, self.name)))

    def __str__(self) -> str:
        namespace = self.written_namespace
        if self.is_unseen:
            return f"{self.name}, in {namespace}" if namespace else self.name
        name = f"{namespace}/{self.name}" if namespace else self.name
        part = self.workload.part if self.workload else ""
        return f"{name} ({part})" if part else name
