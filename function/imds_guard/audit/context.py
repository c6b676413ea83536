"""What is audited: workloads, the policies that select them, and what must not be reached."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.annotations import REASON
from imds_guard.audit.owned import judged_apart
from imds_guard.reach.addresses import network
from imds_guard.reach.kinds import is_cluster_wide
from imds_guard.reach.match import Match
from imds_guard.reach.pod import Pod
from imds_guard.reach.selectors import demanded, matches, namespace_labels
from imds_guard.reach.senders import senders
from imds_guard.reach.subject import Subject
from imds_guard.resources.labels import Labels
from imds_guard.settings import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from imds_guard.reach.api_clients import ApiClient
    from imds_guard.reach.decision import Decision, Policies
    from imds_guard.reach.declared import Flow, Port
    from imds_guard.reach.grants import Grant
    from imds_guard.reach.network_policies import NetworkPolicies, Reach
    from imds_guard.reach.rules import Rule
    from imds_guard.reach.subject import PodSource
    from imds_guard.resources import NetworkPolicy, Resource, Workload
    from imds_guard.resources.network_policy import PolicyType, Protocol
    from imds_guard.settings import Settings

UNSEEN = "pods that no manifest shows"
_FEW = 2  # labels of theirs that are named
Endpoints = dict[str, tuple[int, ...]]
"""TCP ports per address."""


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
    """Which metadata endpoints a workload can reach, and which it might.

    `opened_by` and `unsure_by` name the rules of other kinds than NetworkPolicy that do it.
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

    def add(self, decision: Decision, address: str, port: int) -> None:
        """Take in the decision on one endpoint and port."""
        if decision.is_blocked:
            return
        ports, blamed, rules = self.unsure, self.unsure_by, decision.unsure
        if decision.is_open:
            ports, blamed, rules = self.is_open, self.opened_by, []
        _note(ports, address, port)
        for rule in rules:
            _note(blamed.setdefault(id(rule), (rule, {}))[1], address, port)
        for rule in decision.opening:
            _note(self.opened_by.setdefault(id(rule), (rule, {}))[1], address, port)

    def exposure(self) -> Exposure:
        """All that was taken in."""
        blamed = (
            tuple((rule, _openings(ports)) for rule, ports in one.values())
            for one in (self.opened_by, self.unsure_by)
        )
        return Exposure(_openings(self.is_open), _openings(self.unsure), *blamed)


def _note(ports: _Ports, address: str, port: int) -> None:
    ports.setdefault(address, []).append(port)


class _PortsOf:
    """A workload's container ports by name: few policies ask for them."""

    __slots__ = ("_workload",)

    def __init__(self, workload: Workload) -> None:
        self._workload = workload

    def get(self, key: tuple[Protocol, str]) -> int | None:
        """The number of a port; None where no container has a port of this name."""
        return self._workload.named_ports.get(key)


class Context:
    """One input, ready to be asked. Work is done per policy and per namespace, not per pair."""

    def __init__(
        self,
        settings: Settings,
        policies: Policies,
        subjects: Iterable[Subject],
        namespaces: Mapping[str, Labels],
        *,
        flows: Iterable[Flow] = (),
        api_clients: Iterable[ApiClient] = (),
        service_accounts: Mapping[tuple[str | None, str], Resource] | None = None,
        left_out: Iterable[Subject] = (),
        owned: Iterable[Subject] = (),
        pod_makers: Iterable[PodSource] = (),
        is_governed: Callable[[str | None], bool] = lambda _: True,
        duplicates: Iterable[Sequence[Resource]] = (),
    ) -> None:
        self.settings = settings
        self.policies = policies
        self.subjects = list(subjects)
        self.namespaces = namespaces
        self.flows = list(flows)
        self.api_clients = list(api_clients)
        self.service_accounts = service_accounts or {}
        self.duplicates = list(duplicates)
        self.pod_makers = list(pod_makers)
        self._is_governed = is_governed
        self._pods: dict[int, Pod] = {}
        self._of_namespace: dict[str | None, Labels] = {}
        self._memos: dict[Hashable, dict[Hashable, Any]] = {}
        self._exposure: dict[Hashable, Exposure] = {}
        self._exposure_of: dict[int, Exposure] = {}
        owned = list(owned)
        self.subjects += judged_apart(self, self.subjects, owned) if owned else ()
        # Pods that a manifest shows, besides those of `subjects`.
        self._also_seen: dict[str | None, list[Subject]] = {}
        for subject in (*left_out, *owned):
            self._also_seen.setdefault(subject.namespace, []).append(subject)

    @property
    def network_policies(self) -> NetworkPolicies:
        """The policies that are NetworkPolicies."""
        return self.policies.network_policies

    @cached_property
    def endpoints(self) -> Endpoints:
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

    @cached_property
    def translated_endpoints(self) -> Endpoints:
        """The IPv6 addresses at which a NAT64 translator shows metadata services, with ports."""
        if 6 not in self.settings.ip_versions:
            return {}
        found: dict[str, set[int]] = {}
        for endpoint in self.settings.endpoints:
            for cidr in translated([endpoint.address]):
                address = str(network(cidr).network_address)
                found.setdefault(address, set()).update(endpoint.ports)
        return {address: tuple(sorted(ports)) for address, ports in found.items()}

    def pod(self, subject: Subject) -> Pod:
        """The workload's pods as one end of traffic."""
        found = self._pods.get(id(subject))
        if found is None:
            here = subject.namespace
            of_namespace = self._of_namespace.get(here)
            if of_namespace is None:
                of_namespace = namespace_labels(here, self.namespaces.get(here or ""))
                self._of_namespace[here] = of_namespace
            ports = _PortsOf(subject.workload) if subject.workload else None
            found = self._pods[id(subject)] = Pod(here, subject.labels, of_namespace, ports)
        return found

    def reach(self, subject: Subject, direction: PolicyType = "Egress") -> Reach:
        """What NetworkPolicies let a workload's pods reach, or what they let reach them."""
        return self.network_policies.reach(self.pod(subject), direction)

    def isolates(self, subject: Subject, direction: PolicyType = "Egress") -> Match:
        """Whether some policy drops what is not allowed to (or from) the workload."""
        return self.policies.isolates(self.pod(subject), direction)

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

    @cached_property
    def exposures(self) -> list[tuple[Exposure, list[Subject]]]:
        """What the workloads can reach of the metadata service, each with all that reach the same.

        Those on the host's network, which no policy governs, are not among them.
        """
        found: dict[int, tuple[Exposure, list[Subject]]] = {}  # by identity, since many are equal
        for subject in self.subjects:
            if not subject.host_network:
                exposure = self.exposure(subject)
                found.setdefault(id(exposure), (exposure, []))[1].append(subject)
        return list(found.values())

    def exposure(self, subject: Subject) -> Exposure:
        """What all policies together let a workload reach of the metadata service."""
        known = self._exposure_of.get(id(subject))
        if known is None:
            known = self._exposure_of[id(subject)] = self._exposure_like(subject)
        return known

    def _exposure_like(self, subject: Subject) -> Exposure:
        own = self.pod(subject)
        key = self.policies.alike_to_addresses(own)
        if key not in self._exposure:
            self._exposure[key] = self.exposed(own, self.endpoints)
        return self._exposure[key]

    def exposed(self, own: Pod, endpoints: Endpoints) -> Exposure:
        """Which of these endpoints pods can reach, and which they might."""
        found = _Exposed()
        for text, ports in endpoints.items():
            address = network(text)
            for port in ports:
                decision = self.policies.decide(own, "Egress", address, "TCP", port, lean="open")
                found.add(decision, text, port)
        return found.exposure()

    def memo(self, question: Hashable) -> dict[Hashable, Any]:
        """Answers to a question that were found before, by what they depend on."""
        return self._memos.setdefault(question, {})

    def excepts(self, policy: NetworkPolicy) -> bool:
        """Whether what a policy opens is judged as an exception, whomever it turns out to be for.

        Its own word counts where annotations are trusted, or where the configuration says the same
        of a workload that it selects.
        """
        if not is_exception(policy):
            return False
        trusts = self.settings.config.spec.trust_annotations
        return trusts or bool(self.excepted(policy))

    def excepted(self, policy: NetworkPolicy) -> list[Subject]:
        """The workloads that an exception is for: of those that it selects, the declared ones.

        Where none is declared it is the only one, as its own word says; of several it cannot be
        told.
        """
        memo = self.memo("excepted")
        if id(policy) not in memo:
            selected = self.selected(policy) if is_exception(policy) else []
            declared = [subject for subject in selected if subject.exception]
            trusts = self.settings.config.spec.trust_annotations
            memo[id(policy)] = declared or (selected if trusts and len(selected) == 1 else [])
        found: list[Subject] = memo[id(policy)]
        return found

    def addresses_of(self, leak: Leak) -> list[str]:
        """What has to be left out of a leaking rule: what it opens, and its translated forms."""
        opened = [opening.address for opening in leak.openings]
        translated = [one for one in self.translated_endpoints if leak.grant.holds(network(one))]
        return [*opened, *translated]

    def leaks(self, policy: NetworkPolicy) -> list[Leak]:
        """The grants of a policy that open metadata, whomever it selects."""
        return self._leaks.get(id(policy), [])

    @cached_property
    def _leaks(self) -> dict[int, list[Leak]]:
        found: dict[int, list[Leak]] = {}
        known: dict[int, list[tuple[Opening, ...]]] = {}  # per rules, which policies may share
        for policy in self.network_policies:
            asked = self.network_policies
            if not (asked.is_about(policy, "Egress") and asked.counts(policy)):
                continue
            grants = self.network_policies.grants(policy, "Egress")
            if id(policy.egress) not in known:
                known[id(policy.egress)] = [tuple(self.opened(grant)) for grant in grants]
            openings = known[id(policy.egress)]
            leaks = [Leak(*one) for one in zip(grants, openings, strict=True) if one[1]]
            if leaks:
                found[id(policy)] = leaks
        return found

    def opened(self, grant: Grant) -> Iterator[Opening]:
        """The metadata endpoints that a grant opens, whomever its policy selects."""
        for text, ports in self.endpoints.items():
            address = network(text)
            if not grant.holds(address):
                continue
            is_open = [port for port in ports if grant.has_port("TCP", port, None)]
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

    def unseen(self, policy: NetworkPolicy) -> Subject | None:
        """The pods that no manifest shows and that a policy may be meant for.

        They have just the labels that the policy asks for. None where workloads of the input have
        these labels, or where the namespace is not governed.
        """
        return self._unseen(policy.namespace, demanded(policy.pod_selector))

    @cached_property
    def unseen_under_rules(self) -> list[Subject]:
        """The same for the policies of other kinds that allow something, in every namespace."""
        found: dict[tuple[str | None, tuple[tuple[str, str], ...]], Subject] = {}
        for rule in self.policies.rules.rules:
            if rule.direction != "Egress" or rule.action != "allow":
                continue
            wanted = dict(self.policies.rules.demands.get(id(rule.policy), {}))
            everywhere = is_cluster_wide(rule.policy)
            for namespace in self.known_namespaces if everywhere else [rule.policy.namespace]:
                subject = self._unseen(namespace, wanted)
                if subject is not None and rule.selects(self.pod(subject)):
                    found.setdefault((namespace, tuple(sorted(wanted.items()))), subject)
        return list(found.values())

    def _unseen(self, namespace: str | None, wanted: dict[str, str]) -> Subject | None:
        # Kept: what is known of a subject is known by its identity.
        known = self.memo(Context._unseen)
        key = namespace, tuple(sorted(wanted.items()))
        if key not in known:
            known[key] = self._unseen_with(namespace, wanted)
        subject: Subject | None = known[key]
        return subject

    def _unseen_with(self, namespace: str | None, wanted: dict[str, str]) -> Subject | None:
        if self.settings.config.spec.scope == "workload" or not self._is_governed(namespace):
            return None
        if wanted and any(
            wanted.items() <= one.labels.known.items()
            for one in (*self.by_namespace.get(namespace, ()), *self._also_seen.get(namespace, ()))
        ):
            return None
        labels = ", ".join(f"{key}={value}" for key, value in [*wanted.items()][:_FEW])
        if more := len(wanted) - _FEW if len(wanted) > _FEW else 0:
            labels += f" and {more} more"
        name = f"{UNSEEN}, with {labels}" if labels else UNSEEN
        return Subject("", namespace, name, Labels(wanted), is_unseen=True)


def _openings(ports: dict[str, list[int]]) -> tuple[Opening, ...]:
    return tuple(Opening(address, tuple(found)) for address, found in ports.items())


def named(subjects: Sequence[Subject]) -> str:
    """Workloads in a few words: the first, and how many more. Copies of an object are one."""
    rest = len({(one.kind, str(one), one.name.endswith("-") and id(one)) for one in subjects}) - 1
    return f"{subjects[0]} (and {rest} more)" if rest else str(subjects[0])


def is_exception(policy: NetworkPolicy) -> bool:
    """Whether a policy says of itself that it is an exception: it has the annotation for it."""
    return REASON in policy.annotations
