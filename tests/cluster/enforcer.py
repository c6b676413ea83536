"""kube-router as the enforcer of NetworkPolicies, and how to know that it has done its work."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.cluster import binaries, namespaces
from tests.cluster.api import Api, Resource, pod_path
from tests.cluster.control_plane import SERVICES, kubeconfig
from tests.cluster.kubelet import NODE, run_pod
from tests.cluster.missing import Broken
from tests.cluster.network import ROUTER, Place
from tests.cluster.probes import Probe, reached
from tests.cluster.processes import Processes, wait_for

_CANARY = "canary"
_WORLD = ("198.51.100.1", "2001:db8::1")
_FIRST_PORT = 10000
_ABORTED = "Aborting sync"


class Enforcer:
    """kube-router, and a canary: a pod whose label and policy change last, after all others.

    kube-router works on all policies at once, of what its watches have brought. Each watch keeps
    the order of changes, so once the newest policy of the canary holds for its newest label, all
    that was changed before it holds as well.
    """

    def __init__(self, api: Api, processes: Processes, folder: Path, place: Place) -> None:
        self._api, self._processes, self._place = api, processes, place
        self._round = 0
        path = folder / "kube-router.kubeconfig"
        kubeconfig(path, f"https://127.0.0.1:{api.port}", api)
        processes.start(
            "kube-router",
            *("env", f"PATH={_legacy_iptables(folder / 'bin')}:{os.environ['PATH']}"),
            *("ip", "netns", "exec", namespaces.name_of(ROUTER)),
            binaries.built(binaries.KUBE_ROUTER),
            f"--kubeconfig={path}",
            f"--hostname-override={NODE}",
            *("--run-router=false", "--run-service-proxy=false", "--run-loadbalancer=false"),
            *("--enable-cni=false", "--enable-ipv6=true", "--health-port=0", "-v=1"),
            f"--service-cluster-ip-range={SERVICES}",
            "--iptables-sync-period=10m",
        )
        self._make_canary()
        self.settle(seconds=60)

    def settle(self, seconds: float = 30) -> None:
        """Waits until all that was changed by now is enforced, for both families."""
        self._round += 1
        port = _FIRST_PORT + self._round % 10000
        label = {"round": str(self._round)}
        self._api.patch(pod_path(_CANARY, _CANARY), {"metadata": {"labels": label}})
        rule = {"ports": [{"protocol": "TCP", "port": port}]}
        spec = {"podSelector": {"matchLabels": label}, "policyTypes": ["Egress"], "egress": [rule]}
        self._api.apply(_policy(spec)).ok()
        ports = (port, _FIRST_PORT)
        probes = [Probe(self._place.part, "TCP", one, at) for one in _WORLD for at in ports]
        expected = {one for one in probes if one.port == port}
        wait_for("kube-router is done", lambda: self._is(probes, expected), seconds, every=0.05)
        # What a connection of an earlier round left open would be let through.
        namespaces.run_in(ROUTER, "conntrack", "-F")

    def _is(self, probes: list[Probe], expected: set[Probe]) -> bool:
        self._processes.check()
        said = self._processes.log("kube-router").read_text(errors="replace")
        if _ABORTED in said:
            why = said[said.index(_ABORTED) :][:300]
            raise Broken(f"kube-router enforces nothing any more: {why}")
        return reached(probes, 0.5, again=False) == expected

    def _make_canary(self) -> None:
        self._api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _CANARY}})
        run_pod(self._api, self._place, _CANARY, _CANARY, {"round": "0"})


def _legacy_iptables(folder: Path) -> Path:
    """A folder of iptables by its usual names: kube-router does not get on with the nft ones."""
    folder.mkdir()
    for name in ("iptables", "ip6tables"):
        for action in ("", "-save", "-restore"):
            found = shutil.which(f"{name}-legacy{action}")
            assert found is not None, f"{name}-legacy{action} comes with iptables"
            (folder / f"{name}{action}").symlink_to(found)
    return folder


def _policy(spec: Resource) -> Resource:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"namespace": _CANARY, "name": _CANARY},
        "spec": spec,
    }
