"""What every object has: names, labels, annotations, owners.

Sources, in github.com/kubernetes/kubernetes: staging/src/k8s.io/apimachinery/pkg/api/validation/
objectmeta.go for the rules, pkg/apis/meta/v1/types.go for the fields; pkg/apis/core/validation for
the finalizers of Kubernetes' own kinds.

Left alone is what no client writes (`resourceVersion`, `uid`, `generation` as numbers go), and what
only the request decides: an object without a namespace is put into one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from imds_guard.reach.validity.fault import DROPPED, REQUIRED, TWICE
from imds_guard.reach.validity.names import (
    annotation_key,
    dns_label,
    label_key,
    label_value,
    prefix_of_names,
    subdomain,
)
from imds_guard.reach.validity.reading import is_number, shown
from imds_guard.reach.validity.shapes import anything, boolean, fields, items, text, text_map, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.reach.validity.reading import Reading, Shape

_ANNOTATIONS_LIMIT = 256 * 1024  # bytes of all keys and values
_OF_HOSTS = ("config.kubernetes.io/", "internal.config.kubernetes.io/")
"""Annotations that orchestrators of functions write, and take away again before they apply."""
_ORPHAN, _FOREGROUND = "orphan", "foregroundDeletion"
_OWN_FINALIZERS = ("kubernetes", _ORPHAN, _FOREGROUND)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)

LABELS = text_map(label_key, text(wrong=label_value))


def _optional(wrong: Any) -> Shape:
    """A name that counts as absent where it is empty."""
    return text(wrong=lambda name: wrong(name) if name else None)


def _time(moment: str) -> str | None:
    """RFC 3339 with a day that there is."""
    if _TIME.fullmatch(moment):
        from datetime import datetime

        try:
            datetime.fromisoformat(moment[:19])
        except ValueError:
            pass
        else:
            return None
    return "is no time such as 2026-01-31T12:00:00Z"


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def _written_by_server(shape: Shape, is_kind: Callable[[Any], bool]) -> Shape:
    """A field that server-side apply of a custom resource drops if its value is of a kind."""

    def doubted(reading: Reading, value: Any, field: str) -> None:
        before = len(reading.faults)
        shape(reading, value, field)
        if reading.is_custom and is_kind(value) and len(reading.faults) > before:
            reading.faults[-1] = reading.faults[-1]._replace(doubt=DROPPED)

    return doubted


def _annotations(reading: Reading, value: Any, field: str) -> None:
    if isinstance(value, dict):
        value = {key: held for key, held in value.items() if not key.startswith(_OF_HOSTS)}
    _ANNOTATIONS(reading, value, field)
    if isinstance(value, dict):
        texts = [one for pair in value.items() for one in pair if isinstance(one, str)]
        size = sum(len(one.encode("utf-8", "surrogatepass")) for one in texts)
        if size > _ANNOTATIONS_LIMIT:
            reading.fault(field, f"has {size} bytes, and {_ANNOTATIONS_LIMIT} are allowed")


_ANNOTATIONS = text_map(annotation_key)


def _finalizers(reading: Reading, value: Any, field: str) -> None:
    _FINALIZERS(reading, value, field)
    names = _texts(value)
    if _ORPHAN in names and _FOREGROUND in names:
        reading.fault(field, f"has both {_ORPHAN} and {_FOREGROUND}", value)
    if len(set(names)) < len(names):
        reading.fault(field, "has a name twice", value, doubt=TWICE)


def own_finalizers(reading: Reading, value: dict[str, Any], field: str) -> None:
    """Of Kubernetes' own kinds: a finalizer without a domain has to be one of Kubernetes' own."""
    for name in _texts(value.get("finalizers")):
        if "/" not in name and name not in _OWN_FINALIZERS and not label_key(name):
            why = f"has {shown(name)}, which is not Kubernetes' own and has no domain before a '/'"
            reading.fault(f"{field}.finalizers", why, name)


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


_FINALIZERS = items(text(wrong=lambda name: "is no name" if label_key(name) else None))


def _owner(reading: Reading, value: dict[str, Any], field: str) -> None:
    for name in ("apiVersion", "kind", "name", "uid"):
        if not value.get(name):
            reading.fault(f"{field}.{name}", REQUIRED, holder=field)
    version = str(value.get("apiVersion", ""))
    if version.endswith("/"):
        reading.fault(f"{field}.apiVersion", f"{shown(version)} has no version", version)
    if (version, value.get("kind")) == ("v1", "Event"):
        reading.fault(field, "is an Event, which owns nothing")


def _owners(reading: Reading, value: Any, field: str) -> None:
    _OWNERS(reading, value, field)
    owners = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    if sum(1 for one in owners if str(one.get("controller")).lower() == "true") > 1:
        reading.fault(field, "has two owners that are the controller")
    known = [one["uid"] for one in owners if isinstance(one.get("uid"), str)]
    if len(set(known)) < len(known):
        reading.fault(field, "has an owner twice", doubt=TWICE)


_OWNERS = items(
    fields(
        {
            **dict.fromkeys(("apiVersion", "kind", "name", "uid"), text()),
            **dict.fromkeys(("blockOwnerDeletion", "controller"), boolean),
        },
        _owner,
    )
)


def _name(reading: Reading, value: dict[str, Any], field: str) -> None:
    if not value.get("name") and not value.get("generateName"):
        reading.fault(f"{field}.name", REQUIRED, holder=field)


_METADATA = fields(
    {
        "name": _optional(subdomain),
        "generateName": _optional(prefix_of_names),
        "namespace": _optional(dns_label),
        "labels": LABELS,
        "annotations": _annotations,
        "finalizers": _finalizers,
        "ownerReferences": _owners,
        "managedFields": items(anything),
        "creationTimestamp": _written_by_server(text(wrong=_time), _is_scalar),
        "generation": _written_by_server(whole(), is_number),
        "deletionTimestamp": text(wrong=_time),
        "deletionGracePeriodSeconds": whole(),
        **dict.fromkeys(("resourceVersion", "selfLink", "uid"), text()),
    },
    _name,
)


def metadata(reading: Reading, value: Any, field: str) -> None:
    """A Shape: metadata is decoded into Go's types, of custom resources too."""
    go, reading.go = reading.go, True
    _METADATA(reading, value, field)
    reading.go = go
