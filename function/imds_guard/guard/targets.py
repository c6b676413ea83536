"""Whom the policies of a run are for, and what is wanted for each. Nothing is written here."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.guard.exceptions import Excepting, Exceptions
from imds_guard.guard.pods import SelectorsAlone, own_label, subject_of, unique_names
from imds_guard.guard.standing import Others, widened
from imds_guard.policies import Target, allow_traffic
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imds_guard.guard.pods import Pods
    from imds_guard.guard.scope import Governed
    from imds_guard.policies.allow_traffic import Allowance
    from imds_guard.reach.subject import PodSource, Subject
    from imds_guard.resources import Resource
    from imds_guard.settings import Settings
    from imds_guard.wire import Manifest, Result


class Order(NamedTuple):
    """What is wanted for a target: its base set, or an allowance or exception for it."""

    target: Target
    protects: Resource | None  # next to which its policies belong
    namespace: str | None  # where they will be
    of: Allowance | Excepting | None = None  # None: the base set


class Exempt(NamedTuple):
    """A workload that may reach metadata, as a cluster-wide object has to name it."""

    target: Target
    namespace: str | None
    excepting: Excepting
    own_label: tuple[str, str] | None  # one that no other workload of its namespace has


class Targets:
    """Whom the policies are for and whom an audit judges, with what has to be said of that."""

    def __init__(self, settings: Settings, exceptions: Exceptions, results: list[Result]) -> None:
        self.settings = settings
        self.exceptions = exceptions
        self.results = results
        self.said_when_written: list[Result] = []  # and not in an audit
        self.governed: set[str | None] = set()  # namespaces
        self.orders: list[Order] = []
        self.exempt: list[Exempt] = []
        self.subjects: list[Subject] = []
        self.owned: list[Subject] = []  # whose pods are those of a subject
        self.reasons: dict[int, str | None] = {}  # of exceptions, by the workload's identity
        self.left_out: list[Subject] = []
        self.pod_makers: list[PodSource] = []
        self.own: dict[Subject, Target] = {}  # of each workload, for allow.infer
        self.namespaces: dict[str | None, Target] = {}  # all pods of each

    def add(self, governed: Governed, others: Others | None) -> None:
        """Take in a namespace. `others` are asked where it matters whom they isolate."""
        _Namespace(self, governed, others).add()


def referenced(settings: Settings) -> Iterator[str]:
    """The workloads that the configuration names: those of exceptions and of allowances."""
    spec = settings.config.spec
    yield from (one.workload for one in spec.exceptions)
    for allowance in allow_traffic.allowances(spec.allow):
        if allowance.workload is not None:
            yield _reference(allowance.workload)


def unmatched(references: Iterable[str], matched: set[str]) -> Iterator[Result]:
    """What is said of workloads that the configuration names and the input does not have."""
    for reference in dict.fromkeys(references):
        if reference not in matched:
            message = (
                "the configuration names this workload, but none that is governed has the name"
            )
            fix = "write name, namespace/name or kind/namespace/name, as the build leaves it"
            yield note("warning", "unmatched", reference, message, fix=fix)


def _reference(workload: str | Mapping[str, str]) -> str:
    """A workload as it is named; labels as they are written for kubectl."""
    if isinstance(workload, str):
        return workload
    return ",".join(f"{key}={value}" for key, value in workload.items())


class _Namespace:
    """One governed namespace, on its way into the targets."""

    def __init__(self, made: Targets, governed: Governed, others: Others | None) -> None:
        self.made = made
        self.governed = governed
        self.others = others
        self.settings = made.settings
        self.spec = made.settings.config.spec
        self.names = unique_names(governed.pods)

    def add(self) -> None:
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
                    self._order(target._replace(is_isolated=is_isolated), pods.resource)
        else:
            is_isolated = self.others is not None and self.others.holds_all_of(here)
            target = Target(written, self._every_pod(), is_isolated=is_isolated)
            self.made.namespaces[here] = target
            self._order(target, self.governed.first)
            if self.others is not None and not is_isolated:
                self.made.said_when_written += widened(self.settings, self.others, self.governed)
        self._workload_allowances()
        for pods in self.governed.pods:
            self._examine(pods)
        self._examine_owned()

    def _order(
        self, target: Target, protects: Resource | None, of: Allowance | Excepting | None = None
    ) -> None:
        self.made.orders.append(Order(target, protects, self.governed.namespace, of))

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

    def _workload_allowances(self) -> None:
        """What `allow` names for some workloads."""
        for allowance in allow_traffic.allowances(self.spec.allow):
            if allowance.workload is None:
                continue
            for pods in self._meant(allowance.workload):
                if not allowance.is_written(self.settings):
                    continue
                if target := self._target(pods, "allow"):
                    self._order(target, pods.resource, allowance)

    def _meant(self, reference: str | Mapping[str, str]) -> Iterator[Pods]:
        for pods in self.governed.pods:
            if pods.is_meant_by(reference):
                self.made.exceptions.matched.add(_reference(reference))
                yield pods

    def _examine(self, pods: Pods) -> None:
        """A workload's way to the metadata service, by the configuration or by its annotation."""
        found = self.made.exceptions.of(pods)
        subject = subject_of(pods, found.reason if found else None)
        if self.spec.scope != "cluster":
            self.made.subjects.append(subject)
            self.made.reasons[id(subject.workload)] = subject.exception
        if self.spec.allow.infer and (selector := pods.selector):
            own = Target(self.governed.written_namespace, selector, self.names[id(pods)])
            self.made.own[subject] = own
        if found is None:
            return
        if target := self._target(pods, "exception"):
            alone = target._replace(pod_selector=self._alone.selector(pods))
            if self.spec.deny:
                label = self._own_label(pods)
                self.made.exempt.append(Exempt(alone, self.governed.namespace, found, label))
            if self.spec.scope != "cluster":
                self._order(alone, pods.resource, found)

    def _own_label(self, pods: Pods) -> tuple[str, str] | None:
        others = (*self.governed.pods, *self.governed.left_out)
        return own_label(pods, [one for one in others if one is not pods])

    @cached_property
    def _alone(self) -> SelectorsAlone:
        return SelectorsAlone((*self.governed.pods, *self.governed.left_out))

    def _examine_owned(self) -> None:
        """The pods of other workloads may reach metadata where their owner may, for certain."""
        reasons = self.made.reasons
        for pods in self.governed.owned:
            reason = None
            if pods.is_owned_for_certain:
                reason = next(filter(None, (reasons.get(id(one)) for one in pods.owners)), None)
            elif self.spec.trust_annotations:
                reason = (pods.exception or "").strip() or None
            self.made.owned.append(subject_of(pods, reason))
