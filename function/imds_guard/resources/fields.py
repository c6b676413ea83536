"""The fields that views read of a resource: one pass over its lines finds them all."""

from __future__ import annotations

from typing import NamedTuple

from imds_guard.wire import Outline


class PodFields(NamedTuple):
    """The names of the fields that pods of one shape have."""

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


def _pod(at: str) -> PodFields:
    return PodFields(*(f"{at}.{path}".strip(".") for path in _PATHS))


# Kubernetes API reference: a Pod, and the templates of pods and of jobs.
POD = _pod("")
TEMPLATE = _pod("spec.template")
JOB = "spec.jobTemplate"
JOB_TEMPLATE = _pod(f"{JOB}.spec.template")

RESOURCE = Outline(
    "kind",
    "apiVersion",
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
    JOB,
    *(path for shape in (POD, TEMPLATE) for path in shape if path),
)
# Apart from the others: few resources have a template as deep as that.
CRON_JOB = Outline("spec.selector", *JOB_TEMPLATE)
CONTAINER = Outline("command", "args", "env", "envFrom", "ports")
