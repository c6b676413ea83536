"""The fields that views read of a resource: one pass over its lines finds them all."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from imds_guard.wire import Outline


class PodFields(NamedTuple):
    """Where the fields of pods stand in a resource: their paths, below the pod template's."""

    template: str
    labels: str
    annotations: str
    host_network: str
    service_account: str
    init_containers: str
    containers: str
    volumes: str


_PATHS = PodFields(
    template="",
    labels="metadata.labels",
    annotations="metadata.annotations",
    host_network="spec.hostNetwork",
    service_account="spec.serviceAccountName",
    init_containers="spec.initContainers",
    containers="spec.containers",
    volumes="spec.volumes",
)


def pod_fields(template: str) -> PodFields:
    """The fields of the pod template at this path; of the resource itself where it is empty."""
    return PodFields(*(f"{template}.{path}".strip(".") for path in _PATHS))


# Kubernetes API reference: a Pod, and the templates of pods and of jobs.
POD = pod_fields("")
TEMPLATE = pod_fields("spec.template")
JOB = "spec.jobTemplate"
JOB_TEMPLATE = pod_fields(f"{JOB}.spec.template")

RESOURCE = Outline(
    "kind",
    "apiVersion",
    "items",
    "metadata.name",
    "metadata.generateName",
    "metadata.namespace",
    "metadata.labels",
    "metadata.annotations",
    "spec",
    # of a workload, and of a Service
    "spec.selector",
    "spec.type",
    "spec.ports",
    "spec.externalIPs",
    "spec.clusterIP",
    JOB,
    *(path for shape in (POD, TEMPLATE) for path in shape if path),
)
CONTAINER = Outline("command", "args", "env", "envFrom", "ports")


@cache
def outline_of(shape: PodFields) -> Outline:
    """The outline of a shape that RESOURCE does not hold; few resources have one."""
    return Outline("spec.selector", *shape)
