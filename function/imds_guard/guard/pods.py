"""Pods that a policy can be for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.annotations import ALLOW_METADATA, EXCLUDE
from imds_guard.policies import hashed, slug
from imds_guard.reach.selectors import label_apart, matches
from imds_guard.reach.subject import Subject
from imds_guard.resources.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from imds_guard.config import NamedWorkload
    from imds_guard.resources import Resource, Workload
    from imds_guard.resources.notes import Named
    from imds_guard.wire import Manifest


class Pods(NamedTuple):
    """The pods of a workload of the input, or of one that a generator is told of.

    `excluded` and `exception` are the reasons that annotations give, None where there is no
    annotation.
    """

    kind: str
    namespace: str | None  # where they will be
    name: str
    labels: Mapping[str, str]  # those that their template writes
    excluded: str | None = None
    exception: str | None = None
    host_network: bool = False
    workload: Workload | None = None

    @property
    def part(self) -> str:
        """Which of the workload's pod templates they are made of, where it has several."""
        return self.workload.part if self.workload else ""

    @property
    def all_labels(self) -> Labels:
        """Their labels, with those that controllers add."""
        return self.workload.labels if self.workload else Labels(self.labels)

    @property
    def owners(self) -> tuple[Workload, ...]:
        """The workloads of the input that make these pods, where others do."""
        return self.workload.owners if self.workload else ()

    @property
    def is_owned_for_certain(self) -> bool:
        """Whether the uids of the objects say so."""
        return self.workload is not None and self.workload.is_owned_for_certain

    def is_left_out(self, trust_annotations: bool) -> bool:
        """Whether their annotation leaves them out: it gives a reason, and is trusted."""
        return trust_annotations and bool((self.excluded or "").strip())

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

    def is_meant_by(self, reference: str | Mapping[str, str]) -> bool:
        """Whether `[[kind/]namespace/]name`, or labels, mean these pods."""
        if not isinstance(reference, str):
            return all(self.labels.get(key) == value for key, value in reference.items())
        return means(reference, self)


def means(reference: str, workload: Named) -> bool:
    """Whether `[[kind/]namespace/]name` means a workload."""
    *kind, name = reference.split("/")
    namespace = kind.pop() if kind else None
    return (
        name == workload.name
        and namespace in (None, workload.namespace)
        and all(one.lower() == workload.kind.lower() for one in kind)
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


def named_pods(workload: NamedWorkload, default_namespace: str) -> Pods:
    """The pods of a workload that the configuration names; it may name no namespace."""
    namespace = workload.namespace or default_namespace or None
    return Pods("", namespace, workload.name, workload.match_labels)


def subject_of(pods: Pods, exception: str | None) -> Subject:
    """The pods as an audit sees them; `exception` is why they may reach metadata, if they may."""
    return Subject(
        pods.kind,
        pods.namespace,
        pods.name,
        pods.all_labels,
        pods.host_network,
        exception,
        pods.workload,
    )


def own_label(pods: Pods, others: Iterable[Pods]) -> tuple[str, str] | None:
    """A label of these pods that no others have, the usual ones first; None where there is none."""
    return label_apart(Labels(pods.labels), (other.all_labels for other in others))


class SelectorsAlone:
    """Selectors that select the pods of one workload alone, among those of its namespace."""

    def __init__(self, found: Iterable[Pods]) -> None:
        self._found = list(found)
        self._count = Counter(
            label for pods in self._found for label in pods.all_labels.known.items()
        )
        self._unsure = frozenset(
            key
            for pods in self._found
            for key in (*pods.all_labels.present, *pods.all_labels.maybe)
        )

    def selector(self, pods: Pods) -> Manifest:
        """The pods' own selector, with a label more where it selects other pods as well.

        Where no label of theirs leaves the others out, it stays as it is.
        """
        own = pods.selector
        wanted = own.get("matchLabels", {})
        if any(self._count[one] == 1 and one[0] not in self._unsure for one in wanted.items()):
            return own
        shared = [
            other.all_labels
            for other in self._found
            if other is not pods and matches(own, other.all_labels)
        ]
        label = label_apart(Labels(pods.labels), shared) if shared else None
        return {**own, "matchLabels": {**wanted, label[0]: label[1]}} if label else own


def unique_names(found: Sequence[Pods]) -> dict[int, str]:
    """By identity, a name for each workload of a namespace that no other one there has.

    It is the workload's own; where several have it, with the kind; and where that is another's
    own name, with a hash.
    """
    own = Counter(pods.name for pods in found)
    taken: set[str] = set()
    names: dict[int, str] = {}
    for pods in found:
        name = pods.name.rstrip("-")  # a generateName ends in one
        if own[pods.name] > 1:
            name = "-".join(filter(None, (name, pods.kind.lower(), slug(pods.part))))
        if name in taken or (name != pods.name and name in own):
            # Copies of one object differ by their labels alone.
            name = hashed(
                name, f"{pods.kind}/{pods.name}/{pods.part}/{sorted(pods.labels.items())}"
            )
        taken.add(name)
        names[id(pods)] = name
    return names
