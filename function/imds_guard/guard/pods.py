"""Pods that a policy can be for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.annotations import ALLOW_METADATA, EXCLUDE
from imds_guard.reach.subject import Subject
from imds_guard.resources.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.config import NamedWorkload
    from imds_guard.resources import Resource, Workload
    from imds_guard.wire import Manifest

_USUAL_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/name", "app", "k8s-app")


class Pods(NamedTuple):
    """The pods of a workload of the input, or of one that a generator is told of.

    `excluded` and `exception` are the reasons that annotations give, None where there is no
    annotation.
    """

    kind: str
    namespace: str | None  # where they will be
    name: str
    labels: dict[str, str]  # those that their template writes
    excluded: str | None = None
    exception: str | None = None
    host_network: bool = False
    workload: Workload | None = None

    @property
    def part(self) -> str:
        """Which of the workload's pod templates they are made of, where it has several."""
        return self.workload.part if self.workload else ""

    @property
    def selector(self) -> Manifest:
        """A label selector for them; empty where no label selects them."""
        return self.workload.pod_selector if self.workload else {"matchLabels": self.labels}

    @property
    def resource(self) -> Resource | None:
        """The resource that makes the pods; None where the configuration names them."""
        return self.workload.resource if self.workload else None

    def __str__(self) -> str:
        address = self.workload.resource.address if self.workload else None
        namespace = address.namespace if address else self.namespace
        name = f"{namespace}/{self.name}" if namespace else self.name
        return f"{name} ({self.part})" if self.part else name

    def is_meant_by(self, reference: str | dict[str, str]) -> bool:
        """Whether `[[kind/]namespace/]name`, or labels, mean these pods."""
        if isinstance(reference, dict):
            return all(self.labels.get(key) == value for key, value in reference.items())
        *kind, name = reference.split("/")
        namespace = kind.pop() if kind else None
        return (
            name == self.name
            and namespace in (None, self.namespace)
            and all(one.lower() == self.kind.lower() for one in kind)
        )


def pods_of(workload: Workload) -> Pods:
    """The pods of a workload. Raises InputError where its template is malformed."""
    address = workload.resource.address
    return Pods(
        address.kind,
        workload.namespace,
        address.name,
        workload.pod_labels,
        workload.annotation(EXCLUDE),
        workload.annotation(ALLOW_METADATA),
        workload.host_network,
        workload,
    )


def named_pods(workload: NamedWorkload) -> Pods:
    """The pods of a workload that the configuration names."""
    return Pods("", workload.namespace, workload.name, workload.match_labels)


def subject_of(pods: Pods, exception: str | None) -> Subject:
    """The pods as an audit sees them; `exception` is why they may reach metadata, if they may."""
    return Subject(
        pods.kind,
        pods.namespace,
        pods.name,
        pods.workload.labels if pods.workload else Labels(pods.labels),
        pods.host_network,
        exception,
        pods.workload,
    )


def own_label(pods: Pods, others: Iterable[Pods]) -> tuple[str, str] | None:
    """A label of these pods that no others have, the usual ones first; None where there is none."""
    rest = list(others)
    for key in sorted(pods.labels, key=lambda key: (key not in _USUAL_LABELS, key)):
        if all(other.labels.get(key) != pods.labels[key] for other in rest):
            return key, pods.labels[key]
    return None
