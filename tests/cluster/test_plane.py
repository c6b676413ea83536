"""The plane itself: its parts do what the other tests take for granted, and nothing is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cluster import namespaces
from tests.cluster.plane import DNS_PORTS, Plane
from tests.cluster.probes import Probe, reached
from tests.cluster.processes import wait_for

ROOT = Path(__file__).resolve().parents[2]
_ANYWHERE = ("169.254.169.254", "fd00:ec2::254", "192.80.8.124", "2001:db8::1")


def test_the_world_answers_everywhere(plane: Plane) -> None:
    tried = {
        Probe(plane.places[0].part, protocol, address, port)
        for protocol in ("TCP", "UDP")
        for address in _ANYWHERE
        for port in (1, 80, 53, 32526, 65535)
    }
    assert reached(tried) == tried


def test_cluster_dns_resolves(plane: Plane) -> None:
    tried = {
        Probe(plane.places[0].part, protocol, address, port, dns=True)
        for protocol in ("TCP", "UDP")
        for address in plane.dns.addresses
        for port in DNS_PORTS
    }
    assert reached(tried) == tried


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_plane_that_is_interrupted_leaves_nothing(number: signal.Signals) -> None:
    """A second plane, beside the one of the other tests, ended while it stands.

    What is killed can clean up nothing: its processes die with it, and the next plane, or
    `python -m tests.cluster clean`, takes the rest away.
    """
    command = [sys.executable, "-m", "tests.cluster", "up", "--places", "2"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        said = next((line for line in up.stdout if "KUBECONFIG" in line), "")
        assert said, "it did not come up"
        children = _children(up.pid)
        assert len(children) > 5
        up.send_signal(number)
        up.wait(timeout=60)
    wait_for("all processes are gone", lambda: not any(map(_lives, children)), 10)
    if number == signal.SIGKILL:
        subprocess.run([sys.executable, "-m", "tests.cluster", "clean"], cwd=ROOT, check=True)
    assert [name for name, owner in namespaces.found() if owner == up.pid] == []
    folders = (Path("/dev/shm"), Path(tempfile.gettempdir()))
    assert [one for at in folders for one in at.glob(f"imds-guard-plane-{up.pid}-*")] == []


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in found]


def _lives(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
