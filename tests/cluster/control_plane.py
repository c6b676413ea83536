"""etcd, kube-apiserver and kube-controller-manager on loopback."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.api import Api
from tests.cluster.processes import Processes, wait_for

SERVICES = "10.96.0.0/16,fd00:10:96::/112"
# The node's own controllers are left out: no kubelet reports that the node lives.
_CONTROLLERS = (
    *("deployment-controller", "replicaset-controller", "statefulset-controller"),
    *("daemonset-controller", "job-controller", "cronjob-controller"),
    *("endpoints-controller", "endpointslice-controller", "namespace-controller"),
    "garbage-collector-controller",
)


def start(processes: Processes, folder: Path) -> Api:
    """Starts the control plane, with its files in a folder, and waits until it answers."""
    etcd, etcd_peers, port = free_ports(3)
    _certificates(folder)
    token = secrets.token_hex(16)
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
    (folder / "tokens.csv").chmod(0o600)
    processes.start(
        "etcd",
        *("etcd", f"--data-dir={folder / 'etcd'}"),
        f"--listen-client-urls=http://127.0.0.1:{etcd}",
        f"--advertise-client-urls=http://127.0.0.1:{etcd}",
        f"--listen-peer-urls=http://127.0.0.1:{etcd_peers}",
        f"--initial-advertise-peer-urls=http://127.0.0.1:{etcd_peers}",
        f"--initial-cluster=default=http://127.0.0.1:{etcd_peers}",
    )
    processes.start("kube-apiserver", *_apiserver(folder, etcd, port))
    api = Api(port, token, folder / "server.crt")
    wait_for("kube-apiserver is ready", lambda: _ready(processes, api), 120)
    kubeconfig(folder / "kubeconfig", f"https://127.0.0.1:{port}", api)
    processes.start(
        "kube-controller-manager",
        binaries.built(binaries.KUBE_CONTROLLER_MANAGER),
        f"--kubeconfig={folder / 'kubeconfig'}",
        f"--controllers={','.join(_CONTROLLERS)}",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    )
    return api


def _apiserver(folder: Path, etcd: int, port: int) -> list[str | Path]:
    return [
        binaries.built(binaries.KUBE_APISERVER),
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--endpoint-reconciler-type=none",
        # Pods need no token: nothing runs in them.
        "--disable-admission-plugins=ServiceAccount",
        f"--service-cluster-ip-range={SERVICES}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'server.key'}",
        f"--service-account-signing-key-file={folder / 'server.key'}",
        # Requests of the tests come in bursts, which are not to be held up.
        "--enable-priority-and-fairness=false",
        "--max-requests-inflight=0",
        "--max-mutating-requests-inflight=0",
    ]


def _ready(processes: Processes, api: Api) -> bool:
    processes.check()
    try:
        return api.request("GET", "/readyz").status == 200
    except OSError:
        return False


def _certificates(folder: Path) -> None:
    """A certificate for loopback that is its own authority, and a key that signs tokens too."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt")),
            *("-subj", "/CN=imds-guard-tests", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )


def kubeconfig(path: Path, server: str, api: Api) -> None:
    """Writes what kubectl and the controllers need to reach the server as its administrator."""
    cluster = {"server": server, "certificate-authority": str(api.authority)}
    path.touch(mode=0o600)
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "plane", "cluster": cluster}],
                "users": [{"name": "admin", "user": {"token": api.token}}],
                "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": "admin"}}],
                "current-context": "plane",
            }
        )
    )


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
