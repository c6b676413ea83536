"""Lanes: small worlds side by side, so that many sets are tried at once on one cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.cluster import kubelet
from tests.cluster.api import pod_path
from tests.cluster.network import Place
from tests.cluster.plane import Plane
from tests.cluster.sets import KEYS, NAMESPACES, POD, PODS, PORTS, Case, Key, renamed

_POLICIES = "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"


@dataclass(frozen=True)
class Lane:
    """One world: its namespaces have names of their own, and its pods fixed places."""

    number: int
    places: tuple[Place, ...]

    @property
    def names(self) -> dict[str, str]:
        return {one: f"lane{self.number}-{one}" for one in NAMESPACES}

    def place(self, key: Key) -> Place:
        return self.places[PODS.index(key)]


class Lanes:
    """All lanes of a plane, with the policies that stand in each."""

    def __init__(self, plane: Plane) -> None:
        self._plane, size = plane, len(PODS)
        self.all = [
            Lane(number, tuple(plane.places[number * size : (number + 1) * size]))
            for number in range(len(plane.places) // size)
        ]
        for lane in self.all:
            for name, labels in NAMESPACES.items():
                plane.add_namespace(lane.names[name], labels)
            for key in PODS:
                labels = {POD: key[1]}
                space = lane.names[key[0]]
                kubelet.run_pod(plane.api, lane.place(key), space, key[1], labels, PORTS)

    def put(self, cases: Sequence[Case]) -> list[list[str]]:
        """Puts a case on each lane; returns for each the policies that the server refused."""
        api = self._plane.api
        for lane, case in zip(self.all, cases, strict=False):
            for key, labels in zip(PODS, case.labels, strict=True):
                change = {one: labels.get(one) for one in KEYS}
                path = pod_path(lane.names[key[0]], key[1])
                api.patch(path, {"metadata": {"labels": change}})
        for lane in self.all:
            for name in lane.names.values():
                api.delete(_POLICIES.format(name))
        refused = []
        for lane, case in zip(self.all, cases, strict=False):
            answers = {
                str(one["metadata"]["name"]): api.apply(renamed(one, lane.names))
                for one in case.policies
            }
            refused.append([name for name, one in answers.items() if not one.accepted])
        self._plane.enforcer.settle()
        return refused

    def close(self) -> None:
        """Frees the places. The namespaces stay, for the next lanes."""
        for lane in self.all:
            for name in lane.names.values():
                self._plane.api.delete(_POLICIES.format(name))
                self._plane.api.delete(f"/api/v1/namespaces/{name}/pods")
        self._plane.enforcer.settle()
