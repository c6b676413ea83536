"""The whole plane, brought up and taken down."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster import binaries, control_plane, kubelet, namespaces, network
from tests.cluster.answers import Answers
from tests.cluster.api import Api, Resource
from tests.cluster.enforcer import Enforcer
from tests.cluster.forwarder import Forwarder
from tests.cluster.missing import Missing
from tests.cluster.network import Place
from tests.cluster.processes import Processes

_TOOLS = {
    "etcd": "etcd-server",
    "ip": "iproute2",
    "ipset": "ipset",
    "iptables-legacy-restore": "iptables",
    "conntrack": "conntrack",
    "dnsmasq": "dnsmasq-base",
    "openssl": "openssl",
}
_FOLDER = "imds-guard-plane-"
# The canary of the enforcer, and cluster DNS.
_RESERVED = 2
DNS_PLACE = Place(1)
DNS_PORTS = (53, 5353, 8053)
DNS_NAMESPACE, DNS_LABELS = "kube-system", {"k8s-app": "kube-dns"}


@dataclass
class Plane:
    """A cluster: its API, its enforcer, and places in the network where pods can stand."""

    api: Api
    enforcer: Enforcer
    folder: Path
    dns: Place
    places: list[Place]
    processes: Processes
    _namespaces: set[str] = field(default_factory=set)

    def add_namespace(self, name: str, labels: dict[str, str] | None = None) -> None:
        """Makes a Namespace where there is none of this name yet."""
        if name not in self._namespaces:
            metadata = {"name": name, "labels": labels or {}}
            found: Resource = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            self.api.apply(found).ok()
            self._namespaces.add(name)


def needs() -> None:
    """Raises `Missing` with all that this machine lacks."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise Missing("network namespaces take Linux and root")
    lacking = [f"{tool} ({package})" for tool, package in _TOOLS.items() if not shutil.which(tool)]
    if lacking:
        raise Missing(f"not on PATH: {', '.join(lacking)}")
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        raise Missing(f"no network namespaces here: {tried.stderr.decode().strip()}")
    for program in binaries.PROGRAMS:
        binaries.built(program)


@contextmanager
def brought_up(places: int) -> Iterator[Plane]:
    """A plane with so many free places for pods; all of it is gone afterwards."""
    needs()
    _allow_many_sockets()
    with ExitStack() as stack:
        sweep()
        folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=_parent()))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(namespaces.delete_ours)
        processes = Processes(folder)
        stack.callback(processes.stop)
        api = control_plane.start(processes, folder)
        stack.callback(api.close)
        canary, dns, *free = _network(stack, places)
        stack.callback(Forwarder(network.ROUTER, api.port).close)
        kubelet.register_node(api)
        _start_dns(api, processes, dns)
        enforcer = Enforcer(api, processes, folder, canary)
        yield Plane(api, enforcer, folder, dns, free, processes)


def sweep() -> None:
    """Takes away what planes have left whose processes are no more."""
    namespaces.delete_ours()
    for folder in _parent().glob(f"{_FOLDER}*-*"):
        owner = folder.name.removeprefix(_FOLDER).split("-")[0]
        if not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _parent() -> Path:
    """Where a plane has its files: in memory, since nothing of it is to last."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def _network(stack: ExitStack, places: int) -> list[Place]:
    found = network.build(places + _RESERVED, silent=frozenset({DNS_PLACE.number}))
    answers = Answers()
    stack.callback(answers.stop)
    for part in [network.WORLD, *(one.part for one in found if one != DNS_PLACE)]:
        answers.listen(part)
    answers.start()
    return found


def _start_dns(api: Api, processes: Processes, place: Place) -> None:
    """Runs a resolver on the pod that the platforms take for cluster DNS."""
    for port in DNS_PORTS:
        # As a daemon it changes its user, and would outlive a parent that is killed.
        processes.start(
            f"dns-{port}",
            *("ip", "netns", "exec", namespaces.name_of(place.part)),
            *("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--pid-file="),
            *("--no-resolv", "--no-hosts", "--address=/cluster.local/10.96.0.1"),
            f"--port={port}",
        )
    kubelet.run_pod(api, place, DNS_NAMESPACE, "coredns", DNS_LABELS)


def _allow_many_sockets() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
