"""allow.infer: from declared traffic to the policies that let it through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies import Target, allow_api_server, allow_declared
from imds_guard.reach.senders import senders
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imds_guard.guard.standing import Others
    from imds_guard.reach.declared import Flow, Port
    from imds_guard.reach.subject import Subject
    from imds_guard.settings import Settings
    from imds_guard.wire import Manifest, Result

Rules = dict[str, tuple[list["Manifest"], list["Port"]]]


class Inferred:
    """The policies of one run, one per workload and kind.

    `targets` are the workloads that labels select, `everyone` the pods of each governed namespace.
    Where a policy of `others` already lets certain peers in on a port, nobody else is let in.
    """

    def __init__(
        self,
        settings: Settings,
        targets: Mapping[Subject, Target],
        everyone: Mapping[str | None, Target],
        others: Others,
    ) -> None:
        self.settings = settings
        self.targets = targets
        self.everyone = everyone
        self.others = others
        self.known = [name for name in everyone if name]
        self.guessed: dict[str, tuple[str, ...]] = {}  # namespaces by who sends from them
        self._calls: dict[str | None, Rules] = {}  # of a namespace's pods, to its Services
        self._rules: dict[tuple[str, Subject], tuple[Rules, Rules]] = {}
        self._api_clients: list[Subject] = []

    def add(self, flow: Flow) -> None:
        """Let a flow through, where the configuration asks for its kind and labels select it."""
        if not self.settings.infers(flow.kind):
            return
        if flow.target not in self.targets:
            return
        # A rule for ingress would isolate pods that the default deny leaves alone.
        lets_in = self.settings.denies("Ingress") and not self.others.let_in(flow.target, flow.port)
        if flow.client is None:
            if lets_in:
                _put(self._of(flow.kind, flow.target)[0], self._sources(flow), flow.port)
            if flow.source == "namespace":
                self._let_out(flow)
        elif flow.client in self.targets:
            if lets_in:
                caller = [self._peer(flow.client, flow.target)]
                _put(self._of(flow.kind, flow.target)[0], caller, flow.port)
            called = [self._peer(flow.target, flow.client)]
            _put(self._of(flow.kind, flow.client)[1], called, flow.port)

    def add_api_client(self, subject: Subject) -> None:
        """Let a workload out to the API server, where nothing lets it out for certain yet."""
        settings = self.settings
        if not settings.infers("apiserver") or subject not in self.targets:
            return
        if not settings.web_holds_api_server:
            self._api_clients.append(subject)

    def _let_out(self, flow: Flow) -> None:
        """Let the pods of a Service's namespace out to it: all at once, or each workload."""
        namespace = flow.target.namespace
        if self.settings.config.spec.scope == "namespace":
            peer = self._peer(flow.target, flow.target)
            _put(self._calls.setdefault(namespace, {}), [peer], flow.port)
            return
        for subject in self.targets:
            if subject.namespace == namespace:
                peer = self._peer(flow.target, subject)
                _put(self._of(flow.kind, subject)[1], [peer], flow.port)

    def manifests(self) -> Iterator[tuple[Manifest, Subject]]:
        """The policies, each with the workload that it is for, in the order of the input."""
        for (kind, subject), (ingress, egress) in self._rules.items():
            target, name = self._named(subject, f"allow-{kind}")
            rules = list(ingress.values()), list(egress.values())
            yield allow_declared.build(self.settings, target, name, *rules), subject
        for namespace, calls in self._calls.items():
            everyone = self.everyone[namespace]
            first = next(one for one in self.targets if one.namespace == namespace)
            name = "allow-services"
            manifest = allow_declared.build(self.settings, everyone, name, [], list(calls.values()))
            yield manifest, first
        for subject in self._api_clients:
            target, name = self._named(subject, allow_api_server.NAME)
            yield allow_api_server.build(self.settings, target, name), subject

    def _named(self, subject: Subject, name: str) -> tuple[Target, str]:
        """The target of a workload's own policy, and the policy's name: one of its set, or alone.

        With `scope: workload` every policy of the set has the workload's name in front.
        """
        own = self.targets[subject]
        if self.settings.config.spec.scope == "workload":
            return own, name
        return Target(own.namespace, own.pod_selector), f"{name}-{own.prefix}"

    def notes(self) -> list[Result]:
        """Which namespaces the rules for gateways and Prometheus name."""
        return [
            note("info", "inferred", who, f"let in from the namespaces {', '.join(names)}")
            for who, names in self.guessed.items()
        ]

    def _of(self, kind: str, subject: Subject) -> tuple[Rules, Rules]:
        return self._rules.setdefault((kind, subject), ({}, {}))

    def _sources(self, flow: Flow) -> list[Manifest]:
        if flow.source == "namespace":
            return [{"podSelector": {}}]
        if flow.source == "world":
            return allow_declared.world_peers(self.settings)
        chosen = self.settings.config.spec.allow.gateway_namespaces
        names = senders(flow, chosen, self.known)
        self.guessed[flow.source] = names
        return [allow_declared.namespaces_peer(names)]

    def _peer(self, subject: Subject, of: Subject) -> Manifest:
        selector = self.targets[subject].pod_selector
        return allow_declared.pods_peer(subject.namespace, selector, of.namespace)


def _put(rules: Rules, peers: list[Manifest], port: Port) -> None:
    rules.setdefault(repr(peers), (peers, []))[1].append(port)
