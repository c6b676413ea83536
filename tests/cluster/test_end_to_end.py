"""What a green run promises, kept by a cluster: guarded, applied, run by controllers, and tried.

Exit status 0 says: no governed pod reaches metadata, names resolve, the web is open where `egress`
says so, and with `allow.infer` what the manifests declare gets through.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import kubelet
from tests.cluster.api import Resource
from tests.cluster.kubelet import Kubelet
from tests.cluster.manifests import namespace, pod
from tests.cluster.network import Place
from tests.cluster.plane import Plane
from tests.cluster.probes import Probe, reached
from tests.cluster.processes import wait_for
from tests.cluster.program import audited, guarded, platforms, read
from tests.cluster.record import Record
from tests.cluster.scenarios import MINE, Scenario, scenario
from tests.cluster.sets import Key, Sets

COUNT = int(os.environ.get("IMDS_GUARD_SCENARIOS", "64"))
FIRST = int(os.environ.get("IMDS_GUARD_FIRST_SCENARIO", "0"))
# So many find places for their pods on the plane of these tests.
_AT_ONCE = 8
_WEB = ("8.8.8.8", "2001:4860:4860::8888")


@dataclass(frozen=True)
class Pod:
    """A pod as it runs: of which workload, and where."""

    workload: Key
    place: Place


@dataclass(frozen=True)
class Claim:
    """One thing that a green run promises: one of these probes is answered, or none is."""

    text: str
    ways: tuple[Probe, ...]
    answered: bool


class EndToEnd:
    """Guards scenarios, applies what comes out, and tries it."""

    def __init__(self, plane: Plane, folder: Path) -> None:
        self._plane, self._folder = plane, folder
        self._kubelet = Kubelet(plane)
        self.platforms = {one["name"]: one for one in platforms()}

    def guarded(self, made: Scenario) -> list[Resource] | None:
        """What imds-guard makes of a scenario, where it ends with 0."""
        ended = guarded(made.resources, "--config", self._config(made))
        assert ended.status in (0, 1), (made.number, ended.stderr)
        return read(ended.stdout) if ended.status == 0 else None

    def run(self, resources: list[Resource], namespaces: list[str]) -> list[Pod]:
        """Applies resources and waits until their controllers' pods run and are enforced."""
        order = {"Namespace": 0, "NetworkPolicy": 1}
        for one in sorted(resources, key=lambda one: order.get(one["kind"], 2)):
            if one["kind"] != "CiliumNetworkPolicy":
                self._plane.api.apply(one).ok()
        wanted = {
            (one["metadata"]["namespace"], one["metadata"]["name"])
            for one in resources
            if one["kind"] not in ("Namespace", "NetworkPolicy", "CiliumNetworkPolicy", "Service")
        }
        wait_for("all pods run", lambda: wanted <= {one.workload for one in self._pods()}, 60)
        self._plane.enforcer.settle()
        return [one for one in self._pods() if one.workload[0] in namespaces]

    def clear(self, namespaces: list[str]) -> None:
        """Deletes namespaces with all that is in them, and waits until the last pod is gone."""
        for one in namespaces:
            self._plane.api.delete(f"/api/v1/namespaces/{one}")
        wait_for("all pods are gone", lambda: not self._pods_in(namespaces), 60)

    def claims(self, made: Scenario, output: list[Resource], pods: list[Pod]) -> list[Claim]:
        """All that a green run promises of a scenario's pods."""
        found = []
        for one in pods:
            found += self._metadata(made, one)
            found.append(self._names(made, one))
            found += _web(made, one)
        if "infer" in made.config["allow"]:
            found += _declared(made, pods, self._cut(made, output))
        return found

    def _cut(self, made: Scenario, output: list[Resource]) -> set[tuple[Key, Key, int]]:
        """The calls that the run warned of: policies of others keep certain peers out."""
        report = audited(output, "--config", self._config(made), "--traffic")
        ends = [
            (flow, [(flow[end]["namespace"], flow[end]["name"]) for end in ("from", "to")])
            for flow in report["flows"]
            if flow["kind"] == "references" and not (flow["in"] and flow["out"])
        ]
        return {(source, target, flow["port"]) for flow, (source, target) in ends}

    def _metadata(self, made: Scenario, one: Pod) -> list[Claim]:
        bare = audited([namespace("bare"), pod("bare", "bare", {})], "--config", self._config(made))
        found = []
        for opening in bare["verdicts"][0]["openings"]:
            address = opening["address"]
            for port in opening["ports"]:
                if not address.startswith("fe80:"):
                    probe = Probe(one.place.part, "TCP", address, port)
                    open_to = one.workload == made.excepted
                    found.append(Claim(f"metadata {_at(one)}", (probe,), open_to))
        return found

    def _names(self, made: Scenario, one: Pod) -> Claim:
        (port,) = self.platforms[made.config["platform"]]["dns"]["ports"]
        probes = [
            Probe(one.place.part, "UDP", address, port, dns=True)
            for address in self._plane.dns.addresses
        ]
        return Claim(f"names {_at(one)}", tuple(probes), True)

    def _config(self, made: Scenario) -> str:
        config: dict[str, Any] = {"apiVersion": "imds-guard.dev/v1alpha1", "kind": "ImdsGuard"}
        path = self._folder / f"{made.number}.yaml"
        path.write_text(json.dumps({**config, "spec": made.config}))
        return str(path)

    def _pods(self) -> list[Pod]:
        return [
            Pod((one["metadata"]["namespace"], one["metadata"]["labels"][MINE]), place)
            for one in self._kubelet.step()
            if MINE in one["metadata"].get("labels", {})
            and (place := self._kubelet.places.get(one["metadata"]["uid"])) is not None
        ]

    def _pods_in(self, namespaces: list[str]) -> list[Resource]:
        return [one for one in self._kubelet.step() if one["metadata"]["namespace"] in namespaces]


def _web(made: Scenario, one: Pod) -> list[Claim]:
    """By every port that `egress` opens, over both families."""
    tries = {
        "dns": [],
        "web": [("TCP", 80), ("TCP", 443)],
        "any": [("TCP", 80), ("TCP", 443), ("TCP", 8443), ("UDP", 123)],
    }[made.config["egress"]]
    return [
        Claim(f"web {_at(one)}", (Probe(one.place.part, protocol, address, port),), True)
        for protocol, port in tries
        for address in _WEB
    ]


def _declared(made: Scenario, pods: list[Pod], cut: set[tuple[Key, Key, int]]) -> list[Claim]:
    """Each pod of a workload that calls another reaches each pod of that, unless it is said."""
    found = []
    for call in made.calls:
        if (call.source, call.target, call.port) in cut:
            continue
        sources = [one for one in pods if one.workload == call.source]
        targets = [one for one in pods if one.workload == call.target]
        for source in sources:
            for target in targets:
                ways = [
                    Probe(source.place.part, call.protocol, address, call.port)
                    for address in target.place.addresses
                ]
                text = f"declared {_at(source)} to {_at(target)}"
                found.append(Claim(text, tuple(ways), True))
    return found


def _at(one: Pod) -> str:
    return "/".join(one.workload)


@pytest.fixture(scope="module")
def end_to_end(plane: Plane, tmp_path_factory: pytest.TempPathFactory) -> EndToEnd:
    # OpenShift's DNS pods have a namespace and labels of their own; the resolver is the same.
    plane.add_namespace("openshift-dns")
    labels = {"dns.operator.openshift.io/daemonset-dns": "default"}
    kubelet.run_pod(plane.api, plane.dns, "openshift-dns", "dns-default", labels)
    return EndToEnd(plane, tmp_path_factory.mktemp("configurations"))


def test_a_green_run_is_kept(end_to_end: EndToEnd, record: Record) -> None:
    audit = audited([namespace("bare"), pod("bare", "bare", {})])
    sets = Sets([one["address"] for one in audit["verdicts"][0]["openings"]])
    broken: list[str] = []
    for start in range(FIRST, FIRST + COUNT, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, FIRST + COUNT))
        made = [scenario(one, sorted(end_to_end.platforms), sets) for one in numbers]
        broken += tried(end_to_end, made, record)
    assert broken == []


def tried(end_to_end: EndToEnd, made: list[Scenario], record: Record) -> list[str]:
    """The promises of these scenarios that are not kept."""
    outputs = [(one, end_to_end.guarded(one)) for one in made]
    green = [(one, output) for one, output in outputs if output is not None]
    record.count("scenarios", len(made))
    record.count("scenarios that ended green and were run", len(green))
    namespaces = [name for one, _ in green for name in one.namespaces]
    pods = end_to_end.run([each for _, output in green for each in output], namespaces)
    claims = [
        (one, claim)
        for one, output in green
        for claim in end_to_end.claims(
            one, output, [each for each in pods if each.workload[0] in one.namespaces]
        )
    ]
    wrong = _wrong(claims, 1.5)
    if wrong:
        wrong = _wrong(wrong, 5)
    record.count("connections tried", len({way for _, claim in claims for way in claim.ways}))
    for _, claim in claims:
        record.count(f"promises kept: {claim.text.split()[0]}")
    end_to_end.clear(namespaces)
    return [
        f"scenario {one.number}: {claim.text}: {', '.join(map(str, claim.ways))}: "
        f"{'not answered' if claim.answered else 'answered'}\n"
        f"{json.dumps(one.config)}\n" + "\n".join(map(json.dumps, one.resources))
        for one, claim in wrong
    ]


def _wrong(claims: list[tuple[Scenario, Claim]], seconds: float) -> list[tuple[Scenario, Claim]]:
    answered = reached({way for _, claim in claims for way in claim.ways}, seconds)
    return [
        (one, claim)
        for one, claim in claims
        if any(way in answered for way in claim.ways) != claim.answered
    ]
