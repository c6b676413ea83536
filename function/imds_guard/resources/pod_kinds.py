"""The kinds of Kubernetes that make pods: where their templates stand, what controllers add."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.resources.fields import JOB_TEMPLATE, POD, TEMPLATE

if TYPE_CHECKING:
    from imds_guard.resources.fields import PodFields


class PodKind(NamedTuple):
    """How a kind makes pods: where its pod templates stand, and which labels controllers add.

    Of the labels, `present` are added by the controllers of every supported version, `maybe` by
    those of some, or to some pods.
    """

    shapes: tuple[PodFields, ...]
    present: frozenset[str] = frozenset()
    maybe: frozenset[str] = frozenset()


# Kubernetes reference, Well-Known Labels, and the API reference of the workload resources. A kind
# that is not listed is known by its shape.
_OF_JOB = frozenset(
    (
        *("controller-uid", "job-name"),
        *("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"),
    )
)
_OF_INDEXED_JOB = frozenset(("batch.kubernetes.io/job-completion-index",))
_REPLICAS = PodKind((TEMPLATE,), present=frozenset(("pod-template-hash",)))
_DAEMONS = PodKind(
    (TEMPLATE,),
    present=frozenset(("controller-revision-hash",)),
    maybe=frozenset(("pod-template-generation",)),
)
POD_KINDS: dict[tuple[str, str], PodKind] = {
    ("", "Pod"): PodKind((POD,)),
    ("", "ReplicationController"): PodKind((TEMPLATE,)),
    ("apps", "Deployment"): _REPLICAS,
    ("apps", "StatefulSet"): PodKind(
        (TEMPLATE,),
        present=frozenset(("controller-revision-hash", "statefulset.kubernetes.io/pod-name")),
        maybe=frozenset(("apps.kubernetes.io/pod-index",)),  # since 1.28
    ),
    ("apps", "DaemonSet"): _DAEMONS,
    ("apps", "ReplicaSet"): PodKind((TEMPLATE,)),
    ("extensions", "Deployment"): _REPLICAS,
    ("extensions", "DaemonSet"): _DAEMONS,
    ("extensions", "ReplicaSet"): PodKind((TEMPLATE,)),
    ("batch", "Job"): PodKind((TEMPLATE,), _OF_JOB, _OF_INDEXED_JOB),
    ("batch", "CronJob"): PodKind((JOB_TEMPLATE,), _OF_JOB, _OF_INDEXED_JOB),
}
BY_SHAPE = PodKind(())
# Every label that some controller puts on pods by itself. No selector written today can know its
# value, and of a Pod that a controller made it says nothing of the next one.
CONTROLLER_LABELS = frozenset().union(*(one.present | one.maybe for one in POD_KINDS.values()))
