"""A second opinion without packets: cyclonus' matcher, in a small Go program of ours."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

from tests.cluster import binaries
from tests.cluster.differences import types
from tests.cluster.plane import DNS_LABELS, DNS_NAMESPACE
from tests.cluster.sets import NAMESPACES, POD, PODS, PORTS, Case, Key
from tests.cluster.verdicts import Question

_NAME = "kubernetes.io/metadata.name"
_NAMES = {(one.get("protocol", "TCP"), one["containerPort"]): one["name"] for one in PORTS}
Peer = dict[str, Any]


def allowed(cases: Sequence[Case], questions: Sequence[Question]) -> list[set[Question]]:
    """The questions that it answers with yes, for each case."""
    sent = "".join(json.dumps(_set(case, questions)) + "\n" for case in cases)
    program = binaries.built(binaries.CYCLONUS)
    said = subprocess.run([program], input=sent, capture_output=True, text=True, check=True)
    return [_yes(questions, json.loads(line)) for line in said.stdout.splitlines()]


def errs(case: Case) -> bool:
    """Whether it goes against Kubernetes: it says that NotIn does not select what lacks the key."""
    return '"NotIn"' in json.dumps(case.policies)


def _yes(questions: Sequence[Question], answers: Iterable[bool]) -> set[Question]:
    """A name resolves over both protocols, so cluster DNS is asked of twice."""
    left = iter(answers)
    grouped = [(one, [next(left) for _ in _ways(one)]) for one in questions]
    return {one for one, ways in grouped if all(ways)}


def _ways(question: Question) -> list[tuple[str, int]]:
    if question.kind == "dns":
        return [("UDP", 53), ("TCP", 53)]
    return [(question.protocol, question.port)]


def _set(case: Case, questions: Sequence[Question]) -> dict[str, Any]:
    """The policies as a server completes them, and the connections that are asked about."""
    policies = [
        {**one, "spec": {**one["spec"], "policyTypes": sorted(types(one))}} for one in case.policies
    ]
    connections = [
        {
            "from": _pod(case, one.source),
            "to": _target(case, one),
            "protocol": protocol,
            "port": port,
            "portName": _NAMES.get((protocol, port), "") if one.kind == "pod" else "",
        }
        for one in questions
        for protocol, port in _ways(one)
    ]
    return {"policies": policies, "connections": connections}


def _target(case: Case, question: Question) -> Peer:
    if question.kind == "endpoint":
        return {"ip": question.target}
    if question.kind == "dns":
        return _peer(DNS_NAMESPACE, {}, DNS_LABELS)
    space, name = question.target.split("/")
    return _pod(case, (space, name))


def _pod(case: Case, key: Key) -> Peer:
    labels = {**case.labels[PODS.index(key)], POD: key[1]}
    return _peer(key[0], NAMESPACES[key[0]], labels)


def _peer(space: str, space_labels: dict[str, str], labels: dict[str, str]) -> Peer:
    # No rule for addresses is asked about between pods, so one address does for all of them.
    return {
        "ip": "10.244.0.2",
        "namespace": space,
        "namespaceLabels": {**space_labels, _NAME: space},
        "labels": labels,
    }
