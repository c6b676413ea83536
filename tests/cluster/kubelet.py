"""The part of a node's agent that matters here: pods get a place in the network and run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.cluster.api import Api, Resource, pod_path
from tests.cluster.missing import Refused
from tests.cluster.network import Place

if TYPE_CHECKING:
    from tests.cluster.plane import Plane

NODE = "node"
NODE_ADDRESSES = ("10.245.0.1", "fd00:10:245::1")
_CONTAINERS = [{"name": "main", "image": "none.invalid/none"}]


def register_node(api: Api) -> None:
    """Makes the one node that all pods run on."""
    metadata = {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}}
    spec = {"podCIDR": "10.244.0.0/16", "podCIDRs": ["10.244.0.0/16", "fd00:10:244::/48"]}
    api.create({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec})
    addresses = [{"type": "InternalIP", "address": one} for one in NODE_ADDRESSES]
    ready = {"type": "Ready", "status": "True", "reason": "Test", "message": "so it is said"}
    status = {"addresses": addresses, "conditions": [ready]}
    api.patch(f"/api/v1/nodes/{NODE}/status", {"status": status})
    # The server taints a new node as not ready, and then no DaemonSet makes a pod for it.
    api.patch(f"/api/v1/nodes/{NODE}", {"spec": {"taints": None}})


def run_pod(
    api: Api, place: Place, namespace: str, name: str, labels: dict[str, str], ports: Any = ()
) -> None:
    """Creates a pod that runs at a place from the beginning."""
    containers = [{**_CONTAINERS[0], "ports": list(ports)}]
    api.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"namespace": namespace, "name": name, "labels": labels},
            "spec": {"nodeName": NODE, "containers": containers},
        }
    )
    mark_running(api, place, namespace, name)


def bind(api: Api, namespace: str, name: str) -> None:
    """Does the scheduler's work."""
    target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
    api.request("POST", f"{pod_path(namespace, name)}/binding", binding).ok()


def mark_running(api: Api, place: Place, namespace: str, name: str) -> None:
    """Says that a bound pod runs at a place, and is ready."""
    now = "2026-01-01T00:00:00Z"
    kinds = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    status: Resource = {
        "phase": "Running",
        "podIP": place.ipv4,
        "podIPs": [{"ip": one} for one in place.addresses],
        "hostIP": NODE_ADDRESSES[0],
        "hostIPs": [{"ip": one} for one in NODE_ADDRESSES],
        "startTime": now,
        "conditions": [{"type": one, "status": "True", "lastTransitionTime": now} for one in kinds],
    }
    api.patch(f"{pod_path(namespace, name)}/status", {"status": status})


class Kubelet:
    """Gives the pods that controllers and people create a free place each, and takes it back."""

    def __init__(self, plane: Plane) -> None:
        self._api = plane.api
        self._free = list(plane.places)
        self.places: dict[str, Place] = {}

    def step(self) -> list[Resource]:
        """Runs what is new, ends what is being deleted, and returns the pods as they are."""
        pods: list[Resource] = self._api.get("/api/v1/pods")["items"]
        present = {one["metadata"]["uid"] for one in pods}
        for uid in [one for one in self.places if one not in present]:
            self._free.append(self.places.pop(uid))
        for pod in pods:
            metadata = pod["metadata"]
            space, name = metadata["namespace"], metadata["name"]
            if "deletionTimestamp" in metadata:
                self._api.delete(pod_path(space, name))
            elif pod["status"].get("phase") == "Pending" and self._free:
                self._run(pod)
        return pods

    def _run(self, pod: Resource) -> None:
        """Takes the next free place for a pod, unless the pod is gone meanwhile."""
        metadata, place = pod["metadata"], self._free.pop(0)
        space, name = metadata["namespace"], metadata["name"]
        try:
            if not pod["spec"].get("nodeName"):
                bind(self._api, space, name)
            mark_running(self._api, place, space, name)
        except Refused as error:
            if error.status not in (404, 409):
                raise
            self._free.append(place)
        else:
            self.places[metadata["uid"]] = place

    def run_forever(self) -> None:
        while True:
            self.step()
            time.sleep(0.3)
