"""Why a workload can or cannot reach something: every policy that selects it, rule by rule."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.audit import Context, Opening
from imds_guard.audit import ig004_dns_cut as dns
from imds_guard.config import ConfigError
from imds_guard.reach.addresses import network
from imds_guard.reach.decision import Match
from imds_guard.reach.network_policies import NetworkPolicies
from imds_guard.report.json import as_text, openings_data, subject, verdict
from imds_guard.report.words import peer_in_words, ports_in_words
from imds_guard.wire import path_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imds_guard.audit import AuditReport, Subject, Verdict
    from imds_guard.reach.decision import Rule
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
            f"{one.policy.address.name} {rule.field.removeprefix('spec.')}"
            for one in self.policies["Egress"]
            for rule in one.rules
            if rule.gives_dns
        ]


def explain(context: Context, report: AuditReport, reference: str) -> list[Explanation]:
    """Every workload that `name`, `namespace/name` or `kind/namespace/name` means.

    Raises ConfigError where there is none.
    """
    found = [one for one in report.verdicts if _is_meant(one.subject, reference)]
    if not found:
        raise ConfigError(f"no such workload was audited{_near(report, reference)}", (reference,))
    return [_explanation(context, one) for one in found]


def as_json(found: Sequence[Explanation]) -> str:
    """For programs: a list, since a name can mean several workloads."""
    return as_text([_data(one) for one in found])


def _is_meant(subject: Subject, reference: str) -> bool:
    *kind, name = reference.split("/")
    namespace = kind.pop() if kind else None
    return (
        name == subject.name
        and namespace in (None, subject.namespace)
        and all(one.lower() == subject.kind.lower() for one in kind)
    )


def _near(report: AuditReport, reference: str) -> str:
    """Names that may have been meant, or else what may be the matter."""
    names = {str(one.subject): str(one.subject) for one in report.verdicts}
    names |= {one.subject.name: str(one.subject) for one in report.verdicts}
    wanted = "/".join(reference.split("/")[-2:])
    if near := difflib.get_close_matches(wanted, names, n=3, cutoff=0.5):
        return f"; did you mean {' or '.join(dict.fromkeys(names[one] for one in near))}?"
    left_out = [one.subject for one in report.findings if one.id == "excluded"]
    return f"; left out were {', '.join(left_out[:5])}" if left_out else ""


# The facts.


def _explanation(context: Context, verdict: Verdict) -> Explanation:
    subject = verdict.subject
    isolated: dict[PolicyType, bool] = {}
    policies: dict[PolicyType, list[PolicyFacts]] = {}
    for direction in DIRECTIONS:
        reach = context.policies.reach(subject.namespace, subject.labels, direction)
        isolated[direction] = reach.isolated and not subject.host_network
        selecting = [] if subject.host_network else reach.policies
        policies[direction] = [
            PolicyFacts(policy, list(_rules(context, subject, policy, direction)))
            for policy in selecting
        ]
    others = [] if subject.host_network else list(_others(context, subject))
    return Explanation(verdict, isolated, policies, others)


def _others(context: Context, subject: Subject) -> Iterator[OtherFacts]:
    client = context.client(subject)
    for rule in context.others.rules:
        selects = rule.selects(client)
        if not selects:
            continue
        found: dict[Match, list[Opening]] = {Match.YES: [], Match.MAYBE: []}
        for text, ports in context.endpoints.items():
            matches = [min(selects, rule.reaches(network(text), "TCP", port)) for port in ports]
            for match, openings in found.items():
                pairs = zip(ports, matches, strict=True)
                if meant := tuple(port for port, one in pairs if one is match):
                    openings.append(Opening(text, meant))
        yield OtherFacts(rule, tuple(found[Match.YES]), tuple(found[Match.MAYBE]))


def _rules(
    context: Context, subject: Subject, policy: NetworkPolicy, direction: PolicyType
) -> Iterator[RuleFacts]:
    for rule in policy.egress if direction == "Egress" else policy.ingress:
        leaks = [one for one in context.leaks(policy) if one.grant.rule is rule]
        yield RuleFacts(
            rule.field,
            place_in_file(policy, rule.field),
            [peer_in_words(one) for one in rule.peers] or ["anywhere"],
            ports_in_words(rule.ports) or ["every port"],
            tuple(dict.fromkeys(opening for leak in leaks for opening in leak.openings)),
            direction == "Egress" and _gives_dns(context, subject, policy, rule),
        )


def _gives_dns(context: Context, subject: Subject, policy: NetworkPolicy, rule: PolicyRule) -> bool:
    """Whether names would resolve with this rule alone."""
    alone = NetworkPolicies([policy._replace(egress=(rule,))])
    return not any(dns.check(Context(context.settings, alone, [subject], context.namespaces)))


def place_in_file(policy: NetworkPolicy, field: str = "") -> str:
    """file.yaml:12, where the policy was read from a file."""
    resource = policy.resource
    if resource is None or resource.source is None:
        return ""
    return f"{resource.source}:{place_of(resource.item, path_of(field)).line}"


# JSON.


def _data(found: Explanation) -> dict[str, Any]:
    about = found.verdict.subject
    return {
        "workload": {**subject(about), "labels": dict(about.labels)},
        "verdict": verdict(found.verdict),
        "dns": found.dns,
        **{one.lower(): _direction_data(found, one) for one in DIRECTIONS},
        "others": [
            {
                "policy": str(one.rule.policy),
                "field": one.rule.field,
                "action": one.rule.action,
                "metadata": openings_data(one.openings),
                "perhaps": openings_data(one.unsure),
            }
            for one in found.others
        ],
    }


def _direction_data(found: Explanation, direction: PolicyType) -> dict[str, Any]:
    return {
        "isolated": found.isolated[direction],
        "policies": [
            {
                "name": one.policy.address.name,
                "place": place_in_file(one.policy),
                "rules": [_rule_data(rule) for rule in one.rules],
            }
            for one in found.policies[direction]
        ],
    }


def _rule_data(rule: RuleFacts) -> dict[str, Any]:
    return {
        "field": rule.field,
        "place": rule.place,
        "peers": rule.peers,
        "ports": rule.ports,
        "opensMetadata": openings_data(rule.openings),
        "givesDns": rule.gives_dns,
    }
