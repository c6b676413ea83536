"""Labels that controllers add: a policy that asks for them selects pods no manifest shows so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.cluster.kubelet import Kubelet
from tests.cluster.manifests import namespace, network_policy
from tests.cluster.plane import Plane
from tests.cluster.probes import Probe, reached
from tests.cluster.processes import wait_for
from tests.cluster.program import audited
from tests.cluster.record import Record
from tests.cluster.scenarios import MINE, workload


@dataclass(frozen=True)
class Asked:
    """A policy that lets everything out of the pods with a label, and the workload it may hit."""

    kind: str
    key: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.key}{'=' if self.value else ''}{self.value}"

    def selector(self) -> dict[str, Any]:
        if self.value:
            return {"matchLabels": {self.key: self.value}}
        return {"matchExpressions": [{"key": self.key, "operator": "Exists"}]}


ASKED = (
    Asked("Deployment", "pod-template-hash"),
    Asked("ReplicaSet", "pod-template-hash"),
    Asked("StatefulSet", "statefulset.kubernetes.io/pod-name", "main-0"),
    Asked("StatefulSet", "apps.kubernetes.io/pod-index", "0"),
    Asked("StatefulSet", "controller-revision-hash"),
    Asked("DaemonSet", "controller-revision-hash"),
    Asked("DaemonSet", "pod-template-generation", "1"),
    Asked("Job", "batch.kubernetes.io/job-name", "main"),
    Asked("Job", "job-name", "main"),
    Asked("Job", "controller-uid"),
    Asked("Job", "batch.kubernetes.io/controller-uid"),
    Asked("Pod", "pod-template-hash"),
    Asked("Deployment", "job-name", "main"),
)


def test_no_policy_opens_by_a_label_unseen(plane: Plane, record: Record) -> None:
    kubelet = Kubelet(plane)
    said_open, spaces = set(), {}
    for number, asked in enumerate(ASKED):
        space = spaces[asked] = f"labels{number}"
        main = workload(asked.kind, space, "main", {MINE: "main"})
        deny = {"podSelector": {}, "policyTypes": ["Egress"]}
        opening = {**deny, "podSelector": asked.selector(), "egress": [{}]}
        policies = [network_policy(space, "deny", deny), network_policy(space, "open", opening)]
        for one in (namespace(space), *policies, main):
            plane.api.apply(one).ok()
        verdicts = audited([namespace(space), main, *policies])["verdicts"]
        if verdicts[0]["state"] == "open":
            said_open.add(str(asked))
    wait_for("all pods run", lambda: len(_parts(kubelet, spaces)) == len(ASKED), 60)
    plane.enforcer.settle()
    parts = _parts(kubelet, spaces)
    probes = {one: Probe(parts[one], "TCP", "169.254.169.254", 80) for one in ASKED}
    answered = reached(probes.values())
    is_open = {str(one) for one, probe in probes.items() if probe in answered}
    record.count("labels of controllers by which a policy opened metadata", len(is_open))
    for space in spaces.values():
        plane.api.delete(f"/api/v1/namespaces/{space}")
    wait_for("all pods are gone", lambda: not _parts(kubelet, spaces), 60)
    assert said_open - is_open == set()
    assert is_open - said_open == set()


def _parts(kubelet: Kubelet, spaces: dict[Asked, str]) -> dict[Asked, str]:
    """Where the pod of each workload runs."""
    asked = {space: one for one, space in spaces.items()}
    found = {}
    for pod in kubelet.step():
        space, place = pod["metadata"]["namespace"], kubelet.places.get(pod["metadata"]["uid"])
        if space in asked and place is not None:
            found[asked[space]] = place.part
    return found
