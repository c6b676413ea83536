"""Random applications with foreign policies and a configuration, to be guarded and then run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.api import Resource
from tests.cluster.manifests import Labels, named, namespace, pod_spec
from tests.cluster.sets import KEYS, NAMESPACES, Key, Sets, renamed

# The label by which a workload's own pods are found; no foreign policy asks for it.
MINE = "workload"
_NAMES = ("web", "api", "db", "job")
_KINDS = ("Deployment", "Deployment", "StatefulSet", "Job", "DaemonSet", "ReplicaSet", "Pod")
_CALLED = (("TCP", 8080), ("TCP", 5432), ("UDP", 5000))
_INFERRED = ["services", "ingresses", "gateways", "webhooks", "monitors", "references"]


@dataclass(frozen=True)
class Call:
    """A workload's setting that names another's Service."""

    source: Key
    target: Key
    protocol: str
    port: int


@dataclass
class Scenario:
    """An application, what others have written beside it, and the configuration."""

    number: int
    config: dict[str, Any]
    resources: list[Resource] = field(default_factory=list)
    workloads: list[Key] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    excepted: Key | None = None

    @property
    def namespaces(self) -> list[str]:
        return [one["metadata"]["name"] for one in self.resources if one["kind"] == "Namespace"]


def scenario(number: int, platforms: list[str], sets: Sets) -> Scenario:
    """The scenario of this number; its namespaces have names that no other has."""
    dice = random.Random(number)
    names = {one: f"s{number}-{one}" for one in NAMESPACES}
    made = Scenario(number, _config(dice, platforms))
    made.resources = [namespace(names[one], labels) for one, labels in NAMESPACES.items()]
    for name in _NAMES[: dice.randint(2, len(_NAMES))]:
        made.workloads.append((names[dice.choice(("shop", "shop", "stock"))], name))
    for source in made.workloads:
        made.calls += _calls(dice, source, made.workloads)
    for key in made.workloads:
        made.resources += _with_service(dice, key, [one for one in made.calls if one.source == key])
    if dice.random() < 0.25:
        made.excepted = dice.choice(made.workloads)
        exception = {"workload": "/".join(made.excepted), "reason": "reads its tags"}
        made.config["exceptions"] = [exception]
    if dice.random() < 0.8:
        made.resources += renamed(sets.case(number).policies, names)
    return made


def _config(dice: random.Random, platforms: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "platform": dice.choice(platforms),
        # The enforcer that this cluster has.
        "cni": "kube-router",
        "egress": dice.choice(("dns", "web", "any")),
        "block": dice.choice(("link-local", "endpoints")),
        "scope": dice.choice(("namespace", "workload")),
        "reopened": dice.choice(("repair", "repair", "fail")),
        "allow": {},
    }
    if dice.random() < 0.6:
        found["allow"]["infer"] = _INFERRED
    if dice.random() < 0.2:
        found["allow"]["sameNamespace"] = True
    return found


def _calls(dice: random.Random, source: Key, workloads: list[Key]) -> list[Call]:
    others = [one for one in workloads if one != source]
    chosen = dice.sample(others, dice.randint(0, min(2, len(others))))
    return [Call(source, target, *dice.choice(_CALLED)) for target in chosen]


def _with_service(dice: random.Random, key: Key, calls: list[Call]) -> list[Resource]:
    """A workload of any kind, and its Service."""
    space, name = key
    labels: Labels = {MINE: name}
    labels |= {one: dice.choice(("a", "b")) for one in KEYS if dice.random() < 0.7}
    spec = pod_spec([{"name": "http", "containerPort": 8080}])
    hosts = [f"{one.target[1]}.{one.target[0]}.svc:{one.port}" for one in calls]
    spec["containers"][0]["env"] = [
        {"name": f"CALL_{number}_URL", "value": f"tcp://{host}"}
        for number, host in enumerate(hosts)
    ]
    ports = [
        {"name": f"p{port}", "protocol": protocol, "port": port, "targetPort": port}
        for protocol, port in _CALLED
    ]
    service = {"selector": {MINE: name}, "ports": ports}
    return [
        workload(dice.choice(_KINDS), space, name, labels, spec),
        {"apiVersion": "v1", "kind": "Service", "metadata": named(name, space), "spec": service},
    ]


def workload(
    kind: str, space: str, name: str, labels: Labels, spec: Resource | None = None
) -> Resource:
    """A workload of any kind that makes pods with these labels, `MINE` among them."""
    spec = spec or pod_spec()
    if kind == "Pod":
        return {
            "apiVersion": "v1",
            "kind": kind,
            "metadata": named(name, space, labels),
            "spec": spec,
        }
    template = {"metadata": {"labels": labels}, "spec": spec}
    if kind == "Job":
        template["spec"] = {**spec, "restartPolicy": "Never"}
        of_kind: Resource = {"template": template}
    else:
        of_kind = {"selector": {"matchLabels": {MINE: name}}, "template": template}
    if kind == "StatefulSet":
        of_kind["serviceName"] = name
    group = "batch/v1" if kind == "Job" else "apps/v1"
    return {"apiVersion": group, "kind": kind, "metadata": named(name, space), "spec": of_kind}
