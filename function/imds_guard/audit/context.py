"""What is audited: workloads, the policies that select them, and what must not be reached."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.annotations import REASON
from imds_guard.reach.addresses import network
from imds_guard.reach.decision import Client, OtherPolicies, decide
from imds_guard.reach.selectors import matches, namespace_labels
from imds_guard.reach.senders import senders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from imds_guard.reach.decision import Rule
    from imds_guard.reach.declared import Flow, Port
    from imds_guard.reach.grants import Grant
    from imds_guard.reach.network_policies import NetworkPolicies, Reach
    from imds_guard.reach.subject import Subject
    from imds_guard.resources import NetworkPolicy, Resource
    from imds_guard.resources.network_policy import PolicyType
    from imds_guard.settings import Settings


class Opening(NamedTuple):
    """A metadata address that something lets through, and the TCP ports of it."""

    address: str
    ports: tuple[int, ...]

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{','.join(map(str, self.ports))}"


class Leak(NamedTuple):
    """A grant of a policy that opens metadata addresses."""

    grant: Grant
    openings: tuple[Opening, ...]


class Exposure(NamedTuple):
    """What a workload can reach of the metadata service, and what it may for all that can be told.

    `opened_by` and `unsure_by` name the rules of other kinds than NetworkPolicy that it is due to.
    """

    is_open: tuple[Opening, ...]
    unsure: tuple[Opening, ...]
    opened_by: tuple[tuple[Rule, tuple[Opening, ...]], ...] = ()
    unsure_by: tuple[tuple[Rule, tuple[Opening, ...]], ...] = ()


_Ports = dict[str, list[int]]  # per address
_Blamed = dict[int, tuple["Rule", _Ports]]


class _Exposed:
    """An exposure in the making."""

    def __init__(self) -> None:
        self.is_open: _Ports = {}
        self.unsure: _Ports = {}
        self.opened_by: _Blamed = {}
        self.unsure_by: _Blamed = {}

    @staticmethod
    def note(ports: _Ports, address: str, port: int) -> None:
        ports.setdefault(address, []).append(port)

    def blame(self, blamed: _Blamed, rules: Iterable[Rule], address: str, port: int) -> None:
        for rule in rules:
            self.note(blamed.setdefault(id(rule), (rule, {}))[1], address, port)

    def exposure(self) -> Exposure:
        blamed = (
            tuple((rule, _openings(ports)) for rule, ports in one.values())
            for one in (self.opened_by, self.unsure_by)
        )
        return Exposure(_openings(self.is_open), _openings(self.unsure), *blamed)


_Labels = tuple[tuple[str, str], ...]
_Key = tuple["str | None", _Labels]  # a namespace and labels


class Context:
    """One input, ready to be asked. Work is done per policy and per namespace, not per pair."""

    def __init__(
        self,
        settings: Settings,
        policies: NetworkPolicies,
        subjects: Iterable[Subject],
        namespaces: Mapping[str, Mapping[str, str]],
        others: OtherPolicies | None = None,
        flows: Iterable[Flow] = (),
        service_accounts: Mapping[tuple[str | None, str], Resource] | None = None,
    ) -> None:
        self.settings = settings
        self.policies = policies
        self.subjects = list(subjects)
        self.namespaces = namespaces
        self.others = others or OtherPolicies()
        self.flows = list(flows)
        self.service_accounts = service_accounts or {}
        self._reach: dict[PolicyType, dict[Subject, Reach]] = {"Egress": {}, "Ingress": {}}
        self._exposure: dict[Reach | _Key, Exposure] = {}

    @cached_property
    def endpoints(self) -> dict[str, tuple[int, ...]]:
        """Per metadata address of an IP family in use, the TCP ports that must not be reached.

        What the configuration opens for pod identity is not among them.
        """
        identity = self.settings.identity
        agents = identity.endpoints if identity else ()
        meant = {(one.address, port) for one in agents for port in one.ports}
        found: dict[str, set[int]] = {}
        for one in self.settings.endpoints:
            if network(one.address).version in self.settings.ip_versions:
                ports = {port for port in one.ports if (one.address, port) not in meant}
                found.setdefault(one.address, set()).update(ports)
        return {address: tuple(sorted(ports)) for address, ports in found.items() if ports}

    def reach(self, subject: Subject, direction: PolicyType = "Egress") -> Reach:
        """What a workload's pods can reach, or what can reach them."""
        known = self._reach[direction]
        found = known.get(subject)
        if found is None:
            found = self.policies.reach(subject.namespace, subject.labels, direction)
            known[subject] = found
        return found

    def senders(self, flow: Flow) -> tuple[str, ...]:
        """The namespaces that gateways or Prometheus send a flow from."""
        chosen = self.settings.config.spec.allow.gateway_namespaces
        return senders(flow, chosen, self.known_namespaces)

    @cached_property
    def called(self) -> set[tuple[Subject, Port]]:
        """The ports of workloads that something besides a Service declares a sender for."""
        return {(flow.target, flow.port) for flow in self.flows if flow.kind != "services"}

    @cached_property
    def known_namespaces(self) -> list[str]:
        """The namespaces of the input, by their objects and by what is in them."""
        return [*self.namespaces, *(name for name in self.by_namespace if name)]

    def client(self, subject: Subject) -> Client:
        """The workload as the source of traffic."""
        own = self.namespaces.get(subject.namespace or "")
        labels = namespace_labels(subject.namespace, own)
        return Client(subject.namespace, subject.labels, labels, own is not None)

    def exposure(self, subject: Subject) -> Exposure:
        """What all kinds of policies together let a workload reach of the metadata service."""
        # Without policies of other kinds nothing but the NetworkPolicies counts.
        key: Reach | _Key = self.reach(subject)
        if self.others:
            key = subject.namespace, tuple(sorted(subject.labels.items()))
        if key not in self._exposure:
            self._exposure[key] = self._exposed(subject)
        return self._exposure[key]

    def _exposed(self, subject: Subject) -> Exposure:
        reach = self.reach(subject)
        found = _Exposed()
        for text, ports in self.endpoints.items():
            address = network(text)
            for port in ports:
                allowed = reach.isolated and any(reach.openings(address, "TCP", port))
                if not self.others:
                    if allowed or not reach.isolated:
                        found.note(found.is_open, text, port)
                    continue
                decision = decide(
                    self.others,
                    self.client(subject),
                    address,
                    "TCP",
                    port,
                    isolated=reach.isolated,
                    allowed=allowed,
                )
                if decision.is_open:
                    found.note(found.is_open, text, port)
                    if not allowed:
                        found.blame(found.opened_by, decision.opening, text, port)
                elif not decision.is_certain:
                    found.note(found.unsure, text, port)
                    if not allowed:
                        rules = [rule for rule, _ in decision.matching]
                        found.blame(found.unsure_by, rules, text, port)
        return found.exposure()

    def leaks(self, policy: NetworkPolicy) -> list[Leak]:
        """The grants of a policy that open metadata, whomever it selects."""
        return self._leaks.get(id(policy), [])

    @cached_property
    def _leaks(self) -> dict[int, list[Leak]]:
        found: dict[int, list[Leak]] = {}
        known: dict[int, list[tuple[Opening, ...]]] = {}  # per rules, which policies may share
        for policy in self.policies:
            if "Egress" not in policy.policy_types:
                continue
            grants = self.policies.grants(policy, "Egress")
            if id(policy.egress) not in known:
                known[id(policy.egress)] = [tuple(self._openings(grant)) for grant in grants]
            openings = known[id(policy.egress)]
            leaks = [Leak(*one) for one in zip(grants, openings, strict=True) if one[1]]
            if leaks:
                found[id(policy)] = leaks
        return found

    def _openings(self, grant: Grant) -> Iterator[Opening]:
        for text, ports in self.endpoints.items():
            address = network(text)
            number = int(address[0])
            if number not in grant.addresses[address.version]:
                continue
            version = address.version
            is_open = [p for p in ports if grant.allows_address(version, number, "TCP", p)]
            if is_open:
                yield Opening(text, tuple(is_open))

    def selected(self, policy: NetworkPolicy) -> list[Subject]:
        """The workloads that a policy selects; host-network pods are out of its hands."""
        return [
            subject
            for subject in self.by_namespace.get(policy.namespace, [])
            if not subject.host_network and matches(policy.pod_selector, subject.labels)
        ]

    @cached_property
    def by_namespace(self) -> dict[str | None, list[Subject]]:
        """The workloads per namespace."""
        found: dict[str | None, list[Subject]] = {}
        for subject in self.subjects:
            found.setdefault(subject.namespace, []).append(subject)
        return found


def _openings(ports: dict[str, list[int]]) -> tuple[Opening, ...]:
    return tuple(Opening(address, tuple(found)) for address, found in ports.items())


def named(subjects: Sequence[Subject]) -> str:
    """Workloads in a few words: the first, and how many more."""
    rest = len(subjects) - 1
    return f"{subjects[0]} (and {rest} more)" if rest else str(subjects[0])


def is_exception(policy: NetworkPolicy) -> bool:
    """Whether a policy says of itself that it is an exception: it has the annotation for it."""
    return REASON in policy.annotations
