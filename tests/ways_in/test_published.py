"""Setups that are published: the same is let through and cut, and what would differ is listed.

IMDS_GUARD_UPDATE=1 writes down what comes out now: read the difference before you commit it.
"""

from __future__ import annotations

import os

import pytest

from imds_guard.audit import Context
from imds_guard.reach.addresses import network
from imds_guard.reach.pod import Peer, Pod, pod
from imds_guard.resources.network_policy import PolicyType, Protocol
from tests.support.applications import audited, config
from tests.support.packages import imds_guard, shipped

PUBLISHED = shipped("examples/published")
EXPECTED = PUBLISHED / ".expected"
SETUPS = ("all-but-link-local", "all-but-link-local-default-deny", "web-behind-gateway")
UPDATE = os.environ.get("IMDS_GUARD_UPDATE") == "1"

PEERS: dict[str, Peer] = {
    "pods of the namespace": pod("shop", {"app": "db"}),
    "pods of another one": pod("stock", {"app": "db"}),
    "pods of the gateway": pod("ingress-nginx", {"app": "nginx"}),
    "cluster DNS": pod("kube-system", {"k8s-app": "kube-dns"}),
    "other pods there": pod("kube-system", {"app": "metrics"}),
    **{
        text: network(text)
        for text in (
            *("10.0.0.7", "198.51.100.1", "2001:db8::1", "fd00::7"),
            *("169.254.169.254", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"),
            *("169.254.20.10", "169.254.169.253", "169.254.170.2", "169.254.1.1", "fe80::1"),
        )
    },
}
PACKETS: tuple[tuple[Protocol, int], ...] = (
    *(("TCP", port) for port in (22, 53, 80, 443, 5432)),
    *(("UDP", port) for port in (53, 123, 443)),
    ("SCTP", 80),
)
Packet = tuple[PolicyType, str, Protocol, int]

WIDER = ("ipFamilies=IPv4,IPv6", "dns.addresses=169.254.20.10")
"""The defaults that the ready configurations leave, to be as narrow as what was published."""


def passing(data: bytes) -> set[Packet]:
    """The packets to and from the workload that get through."""
    context, report = audited(data, config())
    (verdict,) = report.verdicts
    own = context.pod(verdict.subject)
    return {
        (direction, name, protocol, port)
        for direction in ("Egress", "Ingress")
        for name, peer in PEERS.items()
        for protocol, port in PACKETS
        if _is_open(context, own, direction, peer, protocol, port)
    }


def _is_open(
    context: Context,
    own: Pod,
    direction: PolicyType,
    peer: Peer,
    protocol: Protocol,
    port: int,
) -> bool:
    found = context.policies.decide(own, direction, peer, protocol, port, lean="blocked")
    return found.is_open


def listed(found: set[Packet]) -> list[str]:
    """Packets in words, those with the same peer together."""
    lines = []
    for direction in ("Egress", "Ingress"):
        for name in PEERS:
            ports: dict[str, list[str]] = {}
            for protocol, port in PACKETS:
                if (direction, name, protocol, port) in found:
                    ports.setdefault(protocol, []).append(str(port))
            if ports:
                texts = "; ".join(f"{one} {', '.join(numbers)}" for one, numbers in ports.items())
                way = "to" if direction == "Egress" else "from"
                lines.append(f"  {way} {name}: {texts}")
    return lines or ["  nothing"]


def expect(name: str, found: str) -> None:
    """The text is what the file holds."""
    if UPDATE:
        EXPECTED.mkdir(exist_ok=True)
        (EXPECTED / name).write_text(found)
    assert (EXPECTED / name).read_text() == found


@pytest.mark.parametrize("setup", SETUPS)
def test_a_published_setup_is_met(setup: str) -> None:
    app = (PUBLISHED / "app.yaml").read_bytes()
    ready = shipped(f"kustomize/configs/{setup}.yaml")
    done = imds_guard().run("--config", ready, stdin=app).ok()
    assert done.stderr == ""
    theirs = passing(app + b"---\n" + (PUBLISHED / f"{setup}.yaml").read_bytes())
    ours = passing(done.stdout)
    expect(f"{setup}.yaml", done.stdout.decode())
    assert theirs == ours
    args = [word for pair in WIDER for word in ("--set", pair)]
    wider = passing(imds_guard().run("--config", ready, *args, stdin=app).ok().stdout)
    lines = [f"With {' and '.join(WIDER)} also let through:", *listed(wider - theirs)]
    expect(f"{setup}-differences.txt", "\n".join(lines) + "\n")
    assert theirs <= wider


def test_every_published_setup_is_tested() -> None:
    names = {path.stem for path in PUBLISHED.glob("*.yaml")}
    assert names == {"app", *SETUPS}
