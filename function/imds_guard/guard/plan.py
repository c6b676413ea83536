"""Which policies are wanted: the configuration applied to what is governed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.config import ConfigError
from imds_guard.guard.annotation_notes import annotation_notes
from imds_guard.guard.exceptions import Exceptions
from imds_guard.guard.ignore import check_ignored
from imds_guard.guard.infer import Inferred
from imds_guard.guard.platform_notes import platform_notes
from imds_guard.guard.pods import SelectorsAlone, own_label, subject_of, unique_names
from imds_guard.guard.scope import govern
from imds_guard.guard.standing import IsolatedByOthers, ineffective, widened
from imds_guard.policies import (
    Target,
    allow_metadata,
    allow_traffic,
    target_manifests,
)
from imds_guard.reach.addresses import swallowed
from imds_guard.reach.api_clients import api_clients
from imds_guard.reach.declared import flows
from imds_guard.resources import Address, note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.exceptions import Excepting
    from imds_guard.guard.pods import Pods
    from imds_guard.guard.scope import Governed
    from imds_guard.policies.deny.denial import Excepted
    from imds_guard.reach.api_clients import ApiClient
    from imds_guard.reach.declared import Flow
    from imds_guard.reach.subject import PodSource, Subject
    from imds_guard.resources import Resource
    from imds_guard.settings import Settings
    from imds_guard.wire import Manifest, Result


class Planned(NamedTuple):
    """A policy that is wanted, and the resource next to which it belongs."""

    manifest: Manifest
    protects: Resource | None
    namespace: str | None = None  # where it will be

    @property
    def address(self) -> Address:
        """Which object the manifest is."""
        manifest, metadata = self.manifest, self.manifest["metadata"]
        version, kind = manifest["apiVersion"], manifest["kind"]
        return Address(version, kind, metadata.get("namespace"), metadata["name"])


class Plan:
    """Every policy that is wanted, and what has to be said about how it came to be."""

    def __init__(self, results: list[Result] | None = None) -> None:
        self.policies: list[Planned] = []
        self.governed: set[str | None] = set()  # namespaces
        self.left_out: list[Subject] = []
        self.pod_makers: list[PodSource] = []
        self.results: list[Result] = [] if results is None else results
        self.said_when_written: list[Result] = []  # and not in an audit
        self.subjects: list[Subject] = []
        self.owned: list[Subject] = []  # whose pods are those of a subject
        self.targets: dict[Subject, Target] = {}  # for allow.infer
        self.namespaces: dict[str | None, Target] = {}  # all of their pods
        self.flows: list[Flow] = []
        self.excepted: list[Excepted] = []
        self.api_clients: list[ApiClient] = []


def plan(settings: Settings, inventory: Inventory, *, generating: bool = False) -> Plan:
    """The policies for an input; with `generating` also those that the configuration names.

    Raises ConfigError where the configuration contradicts itself.
    """
    _check_cidrs(settings)
    check_ignored(settings)
    notes = annotation_notes(inventory.annotation_notes)
    made = Plan(results=[*platform_notes(settings), *notes])
    exceptions = Exceptions(settings, made.results)
    spec = settings.config.spec
    others = None if settings.denies("Egress") else IsolatedByOthers(settings, inventory)
    made.said_when_written += ineffective(settings)
    for governed in govern(settings, inventory, made.results, generating=generating):
        planner = _Planner(settings, governed, made, exceptions, others)
        planner.plan()
    made.policies += [Planned(manifest, None) for manifest in _cluster_wide(settings, made)]
    references = [one.workload for one in spec.exceptions]
    references += [
        one.workload if isinstance(one.workload, str) else label_text(one.workload)
        for one in allow_traffic.allowances(spec.allow)
        if one.workload is not None
    ]
    for reference in dict.fromkeys(references):
        if reference not in exceptions.matched:
            fix = "write name, namespace/name or kind/namespace/name, as the build leaves it"
            message = (
                "the configuration names this workload, but none that is governed has the name"
            )
            made.results.append(note("warning", "unmatched", reference, message, fix=fix))
    made.flows = flows(inventory.declared, made.subjects)
    inferred = Inferred(settings, made.targets, made.namespaces)
    for flow in made.flows:
        inferred.add(flow)
    made.api_clients = list(api_clients(inventory.declared, made.subjects))
    for client in made.api_clients:
        inferred.add_api_client(client.subject)
    for manifest, subject in inferred.manifests():
        made.policies.append(Planned(manifest, subject.resource, subject.namespace))
    made.results += inferred.notes()
    return made


def _cluster_wide(settings: Settings, made: Plan) -> Iterator[Manifest]:
    """The manifests that are written once, for all of the cluster."""
    spec = settings.config.spec
    if not spec.deny and not spec.admission:
        if spec.scope == "cluster":
            message = "scope: cluster writes what deny and admission name; name some"
            raise ConfigError(message, ("spec", "scope"))
        return
    from imds_guard.policies.admission import guards
    from imds_guard.policies.deny import denials
    from imds_guard.policies.deny.denial import denial
    from imds_guard.policies.deny.notes import deny_notes

    made.results += deny_notes(settings)
    what = denial(settings, made.excepted)
    yield from denials(settings, what)
    yield from guards(settings, what.left_out)


def _check_cidrs(settings: Settings) -> None:
    for index, allowance in enumerate(settings.config.spec.allow.egress):
        cidr = allowance.peer.cidr
        if cidr and (inside := swallowed(cidr, settings.metadata_addresses)):
            raise ConfigError(
                f"{cidr} is nothing but the metadata service ({inside}); "
                "if a workload must reach it, write an entry of exceptions with its reason",
                ("spec", "allow", "egress", index, "to", "cidr"),
            )


def label_text(labels: Mapping[str, str]) -> str:
    """Labels as they are written for kubectl."""
    return ",".join(f"{key}={value}" for key, value in labels.items())


class _Planner:
    """Plans one namespace."""

    def __init__(
        self,
        settings: Settings,
        governed: Governed,
        made: Plan,
        exceptions: Exceptions,
        others: IsolatedByOthers | None,
    ) -> None:
        self.settings = settings
        self.spec = settings.config.spec
        self.governed = governed
        self.made = made
        self.exceptions = exceptions
        self.others = others  # where it matters whom they isolate
        self.names = unique_names(governed.pods)

    def plan(self) -> None:
        here, written = self.governed.namespace, self.governed.written_namespace
        if self.spec.scope == "cluster":
            for pods in self.governed.pods:
                self._examine(pods)
            self._examine_owned()
            return
        self.made.governed.add(here)
        self.made.pod_makers += self.governed.pod_makers
        left_out = (*self.governed.left_out, *self.governed.owned_left_out)
        self.made.left_out += [subject_of(pods, None) for pods in left_out]
        self.made.namespaces[here] = Target(written, {})
        if self.spec.scope == "workload":
            for pods in self.governed.pods:
                if target := self._target(pods, "scope: workload"):
                    is_isolated = self.others is not None and self.others.holds(pods)
                    self._base(target._replace(is_isolated=is_isolated), pods.resource)
        else:
            is_isolated = self.others is not None and self.others.holds_all_of(here)
            target = Target(written, self._every_pod(), is_isolated=is_isolated)
            self.made.namespaces[here] = target
            self._base(target, self.governed.first)
            if self.others is not None and not is_isolated:
                self.made.said_when_written += widened(self.settings, self.others, self.governed)
        self._workload_allowances()
        for pods in self.governed.pods:
            self._examine(pods)
        self._examine_owned()

    def _want(self, manifest: Manifest, protects: Resource | None) -> None:
        self.made.policies.append(Planned(manifest, protects, self.governed.namespace))

    def _target(self, pods: Pods, what: str) -> Target | None:
        """The target for one workload; None, and an error, where no label selects its pods."""
        if selector := pods.selector:
            return Target(self.governed.written_namespace, selector, self.names[id(pods)])
        message = f"its pods have no labels, so no policy can select them ({what})"
        fix = "give its pod template a label"
        self.made.results.append(
            note("error", "IG002", str(pods), message, about=pods.resource, fix=fix)
        )
        return None

    def _every_pod(self) -> Manifest:
        """A selector for every pod of the namespace, but for those of workloads left out."""
        expressions: list[Manifest] = []
        for pods in self.governed.left_out:
            label = own_label(pods, self.governed.pods)
            if label is None:
                message = "it cannot be left out: another workload here has each of its pod labels"
                fix = "give its pods a label of their own"
                self.made.results.append(
                    note("error", "exclude", str(pods), message, about=pods.resource, fix=fix)
                )
                continue
            expression = {"key": label[0], "operator": "NotIn", "values": [label[1]]}
            if expression not in expressions:
                expressions.append(expression)
        return {"matchExpressions": expressions} if expressions else {}

    def _base(self, target: Target, protects: Resource | None) -> None:
        for manifest in target_manifests(self.settings, target):
            self._want(manifest, protects)

    def _workload_allowances(self) -> None:
        """What `allow` names for some workloads."""
        for allowance in allow_traffic.allowances(self.spec.allow):
            if allowance.workload is None:
                continue
            for pods in self._meant(allowance.workload):
                if not allowance.is_written(self.settings):
                    continue
                if target := self._target(pods, "allow"):
                    self._want(allowance.build(self.settings, target), pods.resource)

    def _meant(self, reference: str | Mapping[str, str]) -> Iterator[Pods]:
        text = reference if isinstance(reference, str) else label_text(reference)
        for pods in self.governed.pods:
            if pods.is_meant_by(reference):
                self.exceptions.matched.add(text)
                yield pods

    def _examine(self, pods: Pods) -> None:
        """A workload's way to the metadata service, by the configuration or by its annotation."""
        found = self.exceptions.of(pods)
        subject = subject_of(pods, found.reason if found else None)
        if self.spec.scope != "cluster":
            self.made.subjects.append(subject)
        if self.spec.allow.infer and (selector := pods.selector):
            own = Target(self.governed.written_namespace, selector, self.names[id(pods)])
            self.made.targets[subject] = own
        if found is None:
            return
        if target := self._target(pods, "exception"):
            target = target._replace(pod_selector=self._alone.selector(pods))
            if self.spec.deny:
                self.made.excepted.append(self._excepted(pods, target, found))
            if self.spec.scope == "cluster":
                return
            manifest = allow_metadata.build(
                self.settings,
                Target(target.namespace, target.pod_selector),
                workload=target.prefix,
                reason=found.reason,
                ports=found.ports,
                until=found.until,
            )
            self._want(manifest, pods.resource)

    def _excepted(self, pods: Pods, target: Target, found: Excepting) -> Excepted:
        """The exception for cluster-wide objects, which name namespaces."""
        from imds_guard.policies.deny.denial import Excepted, opened

        namespace = self.governed.namespace
        if namespace is None:
            raise ConfigError(
                f"deny needs to know the namespace of {pods.name}, which is excepted; "
                "set defaultNamespace",
                ("spec", "defaultNamespace"),
            )
        others = [one for one in (*self.governed.pods, *self.governed.left_out) if one is not pods]
        return Excepted(
            target.prefix,
            namespace,
            target.pod_selector,
            own_label(pods, others),
            found.reason,
            opened(self.settings, found.ports),
        )

    @cached_property
    def _alone(self) -> SelectorsAlone:
        return SelectorsAlone((*self.governed.pods, *self.governed.left_out))

    def _examine_owned(self) -> None:
        """The pods of other workloads may reach metadata where their owner may, for certain."""
        reasons = {id(one.workload): one.exception for one in self.made.subjects}
        for pods in self.governed.owned:
            reason = None
            if pods.is_owned_for_certain:
                reason = next(filter(None, (reasons.get(id(one)) for one in pods.owners)), None)
            elif self.spec.trust_annotations:
                reason = (pods.exception or "").strip() or None
            self.made.owned.append(subject_of(pods, reason))
