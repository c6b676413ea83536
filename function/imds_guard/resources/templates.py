"""The pod templates of a resource, at whatever depth, as workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.resources.fields import (
    JOB,
    JOB_TEMPLATE,
    POD,
    RESOURCE,
    TEMPLATE,
    outline_of,
)
from imds_guard.resources.pod_kinds import POD_KINDS
from imds_guard.resources.workload import Workload
from imds_guard.wire import Fields, Item, ShapeError, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.fields import PodFields
    from imds_guard.resources.resource import Resource
    from imds_guard.wire import Value


def workloads(resource: Resource) -> Iterator[Workload]:
    """The workloads of a resource, one for each pod template that it has.

    Raises InputError where a kind that is known to make pods has a malformed template.
    """
    kind = POD_KINDS.get((resource.group, resource.kind))
    if kind is None:
        nested = list(_nested(resource)) if _is_custom(resource) else []
        at_usual_place = _by_shape(resource) if len(nested) < 2 else None
        yield from nested if at_usual_place is None else [at_usual_place]
        return
    for pod in kind.shapes:
        fields = _fields(resource, pod)
        if not pod.template or fields.has(pod.template):
            part = _part_of(pod.template) if len(kind.shapes) > 1 else ""
            yield Workload(resource, fields, pod, kind, part=part)


def _part_of(template: str) -> str:
    """A template's name: of spec.headGroupSpec.template, headGroupSpec."""
    return template.removeprefix("spec.").removesuffix(".template")


def _by_shape(resource: Resource) -> Workload | None:
    """The workload of a kind that is not listed, where it has a pod template at a usual place."""
    try:
        for pod, holder in ((TEMPLATE, TEMPLATE.template), (JOB_TEMPLATE, JOB)):
            if not resource.fields.may_have(holder):
                continue
            fields = _fields(resource, pod)
            if fields.has(pod.containers):
                return Workload(resource, fields, pod)
    except ShapeError:
        pass  # a kind of its own, whose spec means something else
    return None


_WITHOUT_PODS = frozenset(
    (
        *("CustomResourceDefinition", "Kptfile", "Kustomization"),
        "ClusterTrainingRuntime",  # Kubeflow Trainer: of TrainJobs in any namespace
    )
)


def _is_custom(resource: Resource) -> bool:
    """Whether a kind that is not listed may hold pod templates at places of its own."""
    has_template = resource.kind == "PodTemplate" or "." in resource.group
    if not has_template or resource.kind in _WITHOUT_PODS:
        return False
    text = resource.item.text
    return b"containers" in text or b"\\" in text


def _nested(resource: Resource) -> Iterator[Workload]:
    """The workloads of pod templates at whatever depth, each named by where it stands."""
    found = list(_templates(resource.item.value(), ()))
    for path, template in found:
        part = _part_of(".".join(path)) if len(found) > 1 else ""
        yield Workload(resource, _as_pod(resource.item, template), POD, part=part)


def _as_pod(item: Item, template: Value) -> Fields:
    """The fields of a pod template, which has the shape of a Pod."""
    built = Item(item.data, item.start, item.end, item.column, load=lambda: template)
    return Fields(built, RESOURCE)


def _templates(value: Value, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Every mapping that has the shape of a pod template: a spec with a list of containers."""
    if isinstance(value, list):
        for at, one in enumerate(value):
            yield from _templates(one, (*path, str(at)))
    if not isinstance(value, dict):
        return
    if path and isinstance(mapping(value.get("spec")).get("containers"), list):
        metadata = value.get("metadata")
        if isinstance(metadata, dict) or metadata is None:
            yield path, value
            return
    for key, held in value.items():
        yield from _templates(held, (*path, str(key)))


def _fields(resource: Resource, pod: PodFields) -> Fields:
    if pod is POD or pod is TEMPLATE:
        return resource.fields
    return Fields(resource.item, outline_of(pod))
