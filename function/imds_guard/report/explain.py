"""Why a workload can or cannot reach something: every policy that selects it, rule by rule."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.audit import Context, Opening
from imds_guard.audit.name_resolution import resolution
from imds_guard.config import ConfigError
from imds_guard.reach.addresses import network
from imds_guard.reach.decision import Policies
from imds_guard.reach.match import Match
from imds_guard.reach.network_policies import NetworkPolicies
from imds_guard.report.phrases import peer_in_words, ports_in_words
from imds_guard.wire import path_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit import AuditReport, Subject, Verdict
    from imds_guard.reach.rules import Rule
    from imds_guard.report.summary import Summary
    from imds_guard.resources import NetworkPolicy
    from imds_guard.resources.network_policy import PolicyRule, PolicyType

DIRECTIONS: tuple[PolicyType, ...] = ("Egress", "Ingress")


class RuleFacts(NamedTuple):
    """What one rule lets through, in words."""

    field: str
    place: str
    peers: list[str]
    ports: list[str]
    openings: tuple[Opening, ...]
    gives_dns: bool


class PolicyFacts(NamedTuple):
    """A policy that selects the workload, in one direction."""

    policy: NetworkPolicy
    rules: list[RuleFacts]


class OtherFacts(NamedTuple):
    """An egress rule, of a policy that is no NetworkPolicy, that applies or may apply."""

    rule: Rule
    openings: tuple[Opening, ...]  # the metadata addresses that it is about
    unsure: tuple[Opening, ...]  # and those that it may be about


class Explanation(NamedTuple):
    """All that is known about one workload. `isolated` is per direction."""

    verdict: Verdict
    isolated: dict[PolicyType, bool]
    policies: dict[PolicyType, list[PolicyFacts]]
    others: list[OtherFacts]

    @property
    def dns(self) -> list[str]:
        """The rules that give DNS, as policy and field."""
        return [
            f"{selecting.policy.address.name} {rule.field.removeprefix('spec.')}"
            for selecting in self.policies["Egress"]
            for rule in selecting.rules
            if rule.gives_dns
        ]


def explain(summary: Summary) -> list[Explanation]:
    """Every workload that the summary's reference means: a name can mean several.

    Raises ConfigError where there is none.
    """
    report, reference = summary.report, summary.workload
    verdicts = [verdict for verdict in report.verdicts if _is_meant(verdict.subject, reference)]
    if not verdicts:
        raise ConfigError(f"no such workload was audited{_near(report, reference)}", (reference,))
    return [explanation(summary.context, verdict) for verdict in verdicts]


def explanation(context: Context, verdict: Verdict) -> Explanation:
    """Which policies select a workload, and what each of their rules lets through."""
    subject = verdict.subject
    isolated: dict[PolicyType, bool] = {}
    policies: dict[PolicyType, list[PolicyFacts]] = {}
    for direction in DIRECTIONS:
        reach = context.reach(subject, direction)
        isolated[direction] = bool(reach.isolated) and not subject.host_network
        selecting = [] if subject.host_network else reach.policies
        policies[direction] = [
            PolicyFacts(policy, list(_rules(context, subject, policy, direction)))
            for policy in selecting
        ]
    others = [] if subject.host_network else list(_others(context, subject))
    return Explanation(verdict, isolated, policies, others)


def place_in_file(policy: NetworkPolicy, field: str = "") -> str:
    """file.yaml:12, where the policy was read from a file."""
    resource = policy.resource
    if resource is None or resource.source is None:
        return ""
    return f"{resource.source}:{place_of(resource.item, path_of(field)).line}"


# Which workload is meant.


def _is_meant(subject: Subject, reference: str) -> bool:
    """Whether the reference is the workload's name, with its namespace and kind or without."""
    *kind, name = reference.split("/")
    namespace = kind.pop() if kind else None
    return (
        name == subject.name
        and namespace in (None, subject.namespace)
        and all(word.lower() == subject.kind.lower() for word in kind)
    )


def _near(report: AuditReport, reference: str) -> str:
    """Names that may have been meant, or else what may be the matter."""
    subjects = [verdict.subject for verdict in report.verdicts]
    names = {str(subject): str(subject) for subject in subjects}
    names |= {subject.name: str(subject) for subject in subjects}
    wanted = "/".join(reference.split("/")[-2:])
    if near := difflib.get_close_matches(wanted, names, n=3, cutoff=0.5):
        return f"; did you mean {' or '.join(dict.fromkeys(names[name] for name in near))}?"
    left_out = [finding.subject for finding in report.findings if finding.id == "excluded"]
    return f"; left out were {', '.join(left_out[:5])}" if left_out else ""


# The facts.


def _others(context: Context, subject: Subject) -> Iterator[OtherFacts]:
    own = context.pod(subject)
    for rule in context.policies.rules.rules:
        if rule.direction != "Egress" or not rule.selects(own):
            continue
        surely: list[Opening] = []
        perhaps: list[Opening] = []
        for text, ports in context.endpoints.items():
            matches = {port: rule.applies(own, network(text), "TCP", port) for port in ports}
            sure = tuple(port for port, match in matches.items() if match is Match.YES)
            unsure = tuple(port for port, match in matches.items() if match and port not in sure)
            if sure:
                surely.append(Opening(text, sure))
            if unsure:
                perhaps.append(Opening(text, unsure))
        yield OtherFacts(rule, tuple(surely), tuple(perhaps))


def _rules(
    context: Context, subject: Subject, policy: NetworkPolicy, direction: PolicyType
) -> Iterator[RuleFacts]:
    for rule in policy.egress if direction == "Egress" else policy.ingress:
        leaks = [leak for leak in context.leaks(policy) if leak.grant.rule is rule]
        yield RuleFacts(
            rule.field,
            place_in_file(policy, rule.field),
            [peer_in_words(peer) for peer in rule.peers] or ["anywhere"],
            ports_in_words(rule.ports) or ["every port"],
            tuple(dict.fromkeys(opening for leak in leaks for opening in leak.openings)),
            direction == "Egress" and _gives_dns(context, subject, policy, rule),
        )


def _gives_dns(context: Context, subject: Subject, policy: NetworkPolicy, rule: PolicyRule) -> bool:
    """Whether the rule alone lets questions of names out, over UDP or TCP."""
    alone = NetworkPolicies([policy._replace(egress=(rule,))], context.network_policies.engine)
    only = Context(context.settings, Policies(alone), [subject], context.namespaces)
    return any(resolution(only, subject, (protocol,)) is Match.YES for protocol in ("UDP", "TCP"))
