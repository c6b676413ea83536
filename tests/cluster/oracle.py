"""Second opinions without packets: cyclonus' matcher and Cilium's engine, each in a Go program."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

from tests.cluster import binaries
from tests.cluster.api import Resource
from tests.cluster.binaries import Program
from tests.cluster.differences import types
from tests.cluster.plane import DNS_LABELS, DNS_NAMESPACE
from tests.cluster.sets import NAMESPACES, POD, PODS, PORTS, Case, Key
from tests.cluster.verdicts import Question

_NAME = "kubernetes.io/metadata.name"
_NAMES = {(one.get("protocol", "TCP"), one["containerPort"]): one["name"] for one in PORTS}
Peer = dict[str, Any]


def allowed(
    oracle: Program, cases: Sequence[Case], questions: Sequence[Question]
) -> list[set[Question]]:
    """The questions that an oracle answers with yes, for each case."""
    sent = "".join(json.dumps(_set(case, questions)) + "\n" for case in cases)
    path = binaries.built(oracle)
    said = subprocess.run([path], input=sent, capture_output=True, text=True, check=True)
    return [_yes(questions, json.loads(line)) for line in said.stdout.splitlines()]


def cyclonus_errs(case: Case) -> bool:
    """Whether cyclonus goes against Kubernetes: by it NotIn selects nothing that lacks the key."""
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
    policies = [_completed(one) for one in case.policies]
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


def _completed(policy: Resource) -> Resource:
    if policy["kind"] != "NetworkPolicy":
        return policy
    return {**policy, "spec": {**policy["spec"], "policyTypes": sorted(types(policy))}}


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
