"""What the makers of random policies share."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Resource = dict[str, Any]
Dice = random.Random
LABELS = ("a", "b", "c.d")

METADATA: tuple[Resource, ...] = (
    {"annotations": {"a": "b" * 262_143}},
    {"annotations": {"a": "b" * 262_144}},
    {"annotations": {"a": "é" * 131_072}},
    {"annotations": {"A.com/x": "", "a b": ""}},
    {"annotations": {"A.com/x": ""}},
    {"labels": {"A.com/x": ""}},
    {"labels": {"a": 1}},
    {"labels": {"a": None}},
    {"annotations": {"a": None}},
    {"annotations": {"a": True}},
    {"ownerReferences": [{}]},
    {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u"}]},
    {"ownerReferences": [{"apiVersion": "v1", "kind": "Event", "name": "x", "uid": "u"}]},
    {"ownerReferences": [{"apiVersion": "a/", "kind": "Pod", "name": "x", "uid": "u"}]},
    {
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": name, "controller": True}
            for name in ("x", "y")
        ]
    },
    {"finalizers": ["orphan", "foregroundDeletion"]},
    {"finalizers": ["kubernetes"]},
    {"finalizers": ["kubernetes", "kubernetes"]},
    {
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": "u"} for name in ("x", "y")
        ]
    },
    {"finalizers": ["x"]},
    {"finalizers": ["a.com/x"]},
    {"creationTimestamp": None},
    {"creationTimestamp": "2026-01-31T12:00:00Z"},
    {"creationTimestamp": "yesterday"},
    {"generateName": "x-"},
    {"generateName": "X_"},
    {"clusterName": "x"},
    {"selfLink": "/x"},
    {"resourceVersion": 1},
    {"generation": "1"},
)


def some(dice: Dice, make: Callable[[Dice], Any], counts: tuple[int, ...] = (1, 1, 2)) -> list[Any]:
    return [make(dice) for _ in range(dice.choice(counts))]


def chance(dice: Dice, percent: int) -> bool:
    return dice.randrange(100) < percent


def resource(version: str, kind: str, spec: Resource, *, namespaced: bool) -> Resource:
    metadata = {"name": "x", **({"namespace": "shop"} if namespaced else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def selector(dice: Dice) -> Resource:
    found: Resource = {}
    if chance(dice, 50):
        found["matchLabels"] = {dice.choice(LABELS): dice.choice(("x", "y", ""))}
    if chance(dice, 40):
        found["matchExpressions"] = some(dice, _requirement)
    return found


def _requirement(dice: Dice) -> Resource:
    operator = dice.choice(("In", "NotIn", "Exists", "DoesNotExist"))
    found: Resource = {"key": dice.choice(LABELS), "operator": operator}
    if operator in ("In", "NotIn"):
        found["values"] = dice.sample(("x", "y", "z"), dice.choice((1, 2)))
    return found


def port(dice: Dice) -> Resource:
    found: Resource = {}
    if chance(dice, 60):
        found["protocol"] = dice.choice(("TCP", "UDP", "SCTP"))
    if chance(dice, 80):
        found["port"] = dice.choice((53, 80, 443, "http"))
    if isinstance(found.get("port"), int) and chance(dice, 30):
        found["endPort"] = dice.choice((443, 65535))
    return found
