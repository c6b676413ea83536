"""An explanation as JSON, for programs: a list, since a name can mean several workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.report.explain import DIRECTIONS, explain, place_in_file
from imds_guard.report.json import as_text, openings_data, verdict_data, workload_data

if TYPE_CHECKING:
    from imds_guard.report.explain import Explanation, OtherFacts, RuleFacts
    from imds_guard.report.summary import Summary
    from imds_guard.resources.network_policy import PolicyType


def render(summary: Summary) -> str:
    """Every workload that is meant. Raises ConfigError where there is none."""
    return as_text([_data(explanation) for explanation in explain(summary)])


def _data(explanation: Explanation) -> dict[str, Any]:
    workload = explanation.verdict.subject
    return {
        "workload": {**workload_data(workload), "labels": dict(workload.labels.known)},
        "verdict": verdict_data(explanation.verdict),
        "dns": explanation.dns,
        **{direction.lower(): _direction_data(explanation, direction) for direction in DIRECTIONS},
        "others": [_other_data(other) for other in explanation.others],
    }


def _direction_data(explanation: Explanation, direction: PolicyType) -> dict[str, Any]:
    return {
        "isolated": explanation.isolated[direction],
        "policies": [
            {
                "name": selecting.policy.address.name,
                "place": place_in_file(selecting.policy),
                "rules": [_rule_data(rule) for rule in selecting.rules],
            }
            for selecting in explanation.policies[direction]
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


def _other_data(other: OtherFacts) -> dict[str, Any]:
    return {
        "policy": str(other.rule.policy),
        "field": other.rule.field,
        "action": other.rule.action,
        "metadata": openings_data(other.openings),
        "perhaps": openings_data(other.unsure),
    }
