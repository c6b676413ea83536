"""One question, several that answer it: the audit, and the packets of a real enforcer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.cluster.api import Resource
from tests.cluster.lanes import Lane
from tests.cluster.manifests import namespace, pod
from tests.cluster.network import Place
from tests.cluster.plane import DNS_LABELS, DNS_NAMESPACE
from tests.cluster.probes import Probe
from tests.cluster.program import audited
from tests.cluster.sets import NAMESPACES, POD, PODS, PORTS, Case, Key

# One resolver, so that a name resolves by its pod or not at all.
_OPTIONS = ("--set", "dns.addresses=", "--set", "block=endpoints")
# Those whose addresses differ most: link-local and not, both families, public ones.
PROVIDERS = (
    *("aws", "aws-ecs", "gcp", "gke-metadata", "azure-wireserver", "oracle-classic"),
    *("alibaba", "tencent", "openstack", "scaleway", "equinix", "linode"),
)
_FLOWS = (("TCP", 80), ("TCP", 8080), ("UDP", 53))


@dataclass(frozen=True, order=True)
class Question:
    """Does a pod reach a metadata endpoint, another pod, or cluster DNS?"""

    source: Key
    kind: str  # endpoint, pod or dns
    target: str
    protocol: str = ""
    port: int = 0

    def __str__(self) -> str:
        at = f" {self.protocol} {self.port}" if self.port else ""
        return f"{'/'.join(self.source)} -> {self.kind} {self.target}{at}"


@dataclass(frozen=True)
class Disagreement:
    """A question on which the audit and the packets differ, and nothing explains why."""

    case: Case
    question: Question
    passed: bool

    def __str__(self) -> str:
        said = "the audit says no and packets pass" if self.passed else "it says yes and none pass"
        labels = json.dumps(self.case.labels)
        lines = [f"set {self.case.number}: {self.question}: {said}", f"  labels {labels}"]
        for one in self.case.policies:
            lines.append(f"  {one['metadata']['namespace']} {json.dumps(one['spec'])}")
        return "\n".join(lines)


class Audit:
    """What imds-guard says, measured by the endpoints of all providers that can be probed."""

    def __init__(self, providers: Iterable[str], cni: str = "") -> None:
        self._options = [*_OPTIONS, "--set", f"providers={','.join(providers)}"]
        if cni:
            self._options += ["--set", f"cni={cni}"]
        bare = audited([namespace("bare"), pod("bare", "bare", {})], *self._options)
        # A router forwards nothing to fe80::/10, whatever a policy says.
        self.endpoints = [
            (str(one["address"]), int(port))
            for one in bare["verdicts"][0]["openings"]
            for port in one["ports"]
            if not str(one["address"]).startswith("fe80:")
        ]

    def reached(self, case: Case) -> set[Question]:
        """The questions that it answers with yes."""
        manifests = world(case)
        report = audited(manifests, *self._options)
        found = {
            Question(_key(verdict), "endpoint", one["address"], "TCP", port)
            for verdict in report["verdicts"]
            for one in verdict.get("openings", ())
            for port in one["ports"]
        }
        cut = {one["subject"] for one in report["findings"] if one["id"] == "IG004"}
        found |= {Question(key, "dns", "cluster") for key in PODS if "/".join(key) not in cut}
        for flow in audited(manifests, "--traffic")["flows"]:
            if flow["kind"] == "references" and flow["in"] and flow["out"]:
                target = "/".join(_key(flow["to"]))
                source = _key(flow["from"])
                found.add(Question(source, "pod", target, flow["protocol"], flow["port"]))
        return found & set(self.questions())

    def refused(self, case: Case) -> set[str]:
        """The policies that it takes for ones that an API server refuses."""
        report = audited(world(case), *self._options)
        found = [one for one in report["findings"] if one["id"] == "IG005"]
        return {one["resourceRef"]["name"] for one in found}

    def questions(self) -> Iterable[Question]:
        """All that is asked of a case."""
        for key in PODS:
            for address, port in self.endpoints:
                yield Question(key, "endpoint", address, "TCP", port)
            yield Question(key, "dns", "cluster")
            for target in PODS:
                for protocol, number in _FLOWS:
                    if target != key:
                        yield Question(key, "pod", "/".join(target), protocol, number)


def world(case: Case) -> list[Resource]:
    """The case as manifests, in which every pod calls every other by its Service."""
    spaces = [namespace(name, labels) for name, labels in NAMESPACES.items()]
    resolver = [namespace(DNS_NAMESPACE), pod(DNS_NAMESPACE, "coredns", DNS_LABELS)]
    return [*spaces, *resolver, *_pods(case), *map(_service, PODS), *case.policies]


def _pods(case: Case) -> Iterable[Resource]:
    calls = [f"{name}.{space}.svc:{port}" for space, name in PODS for _, port in _FLOWS]
    for (space, name), labels in zip(PODS, case.labels, strict=True):
        found = pod(space, name, {**labels, POD: name}, PORTS)
        environment = [
            {"name": f"CALL_{n}_URL", "value": f"http://{one}"} for n, one in enumerate(calls)
        ]
        found["spec"]["containers"][0]["env"] = environment
        yield found


def _service(key: Key) -> Resource:
    space, name = key
    ports = [
        {"name": f"p{port}", "protocol": protocol, "port": port, "targetPort": port}
        for protocol, port in _FLOWS
    ]
    spec = {"selector": {POD: name}, "ports": ports}
    metadata = {"namespace": space, "name": name}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def probes(lane: Lane, question: Question, dns: Place) -> list[list[Probe]]:
    """The connections that answer a question, a list for each family: all of one must succeed."""
    part = lane.place(question.source).part
    if question.kind == "endpoint":
        return [[Probe(part, question.protocol, question.target, question.port)]]
    if question.kind == "pod":
        space, name = question.target.split("/")
        addresses = lane.place((space, name)).addresses
        return [[Probe(part, question.protocol, one, question.port)] for one in addresses]
    protocols = ("UDP", "TCP")
    return [[Probe(part, one, at, 53, dns=True) for one in protocols] for at in dns.addresses]


def _key(where: Mapping[str, Any]) -> Key:
    return str(where["namespace"]), str(where["name"])
