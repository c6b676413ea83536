"""An explanation for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.report.explain import DIRECTIONS, explain, place_in_file
from imds_guard.report.summary import STATES, openings_in_words, workload_of
from imds_guard.report.terminal import STATE_STYLES, Page
from imds_guard.wire import place_of

if TYPE_CHECKING:
    from imds_guard.report.explain import Explanation, OtherFacts, RuleFacts
    from imds_guard.report.summary import Summary
    from imds_guard.resources.network_policy import PolicyType

_OTHERS = "; for policies of other kinds see below"


def render(summary: Summary) -> str:
    """Every workload that is meant, one after the other. Raises ConfigError where there is none."""
    page = Page(summary.width, summary.colour)
    for index, explanation in enumerate(explain(summary)):
        if index:
            page.blank()
        _write(page, explanation)
    return page.text


def _write(page: Page, explanation: Explanation) -> None:
    verdict = explanation.verdict
    workload, state = verdict.subject, verdict.state
    page.line((workload_of(workload), "bold"))
    resource = workload.resource
    if resource and resource.source:
        page.line((f"{resource.source}:{place_of(resource.item, ()).line}", "dim"), indent=2)
    labels = ", ".join(f"{key}={text}" for key, text in workload.labels.known.items()) or "none"
    page.labelled("pod labels:", labels, indent=2)
    why = f", {_why(explanation)}"
    page.labelled("metadata:", (state, f"bold {STATE_STYLES[state]}"), why, indent=2)
    if verdict.openings:
        page.labelled("reaches:", openings_in_words(verdict.openings), indent=2)
    if workload.host_network:
        return
    page.labelled("DNS:", _dns(explanation), indent=2)
    for direction in DIRECTIONS:
        page.blank()
        _write_direction(page, explanation, direction)
    if explanation.others:
        page.blank()
        page.line(("Other kinds of policies", "bold"), ": what their egress rules say of metadata")
        for other in explanation.others:
            _write_other(page, other)


def _why(explanation: Explanation) -> str:
    """The reason for the verdict."""
    verdict = explanation.verdict
    if verdict.reason:
        return verdict.reason
    if verdict.state == "open" and not explanation.isolated["Egress"]:
        return f"no NetworkPolicy for egress selects it{_OTHERS if explanation.others else ''}"
    if verdict.state == "open":
        rules = [
            f"{selecting.policy.address.name} {rule.field.removeprefix('spec.')}"
            for selecting in explanation.policies["Egress"]
            for rule in selecting.rules
            if rule.openings
        ]
        return f"by {', '.join(rules)}" if rules else f"not by NetworkPolicy{_OTHERS}"
    if verdict.state == "blocked" and (denying := _denying(explanation)):
        return f"denied by {', '.join(denying)}, whatever NetworkPolicies say"
    return STATES[verdict.state]


def _denying(explanation: Explanation) -> list[str]:
    """The rules that deny what NetworkPolicies let through, where these let something through."""
    is_let_through = not explanation.isolated["Egress"] or any(
        rule.openings for selecting in explanation.policies["Egress"] for rule in selecting.rules
    )
    denying = (one for one in explanation.others if one.rule.action == "deny" and one.openings)
    return [str(one.rule) for one in denying] if is_let_through else []


def _dns(explanation: Explanation) -> str:
    if not explanation.isolated["Egress"]:
        return f"no NetworkPolicy cuts it{_OTHERS if explanation.others else ''}"
    if explanation.dns:
        return f"allowed by {', '.join(explanation.dns)}"
    return "cut: no rule lets it through"


def _write_direction(page: Page, explanation: Explanation, direction: PolicyType) -> None:
    policies = explanation.policies[direction]
    way = "out" if direction == "Egress" else "in"
    if not explanation.isolated[direction]:
        isolation = f"no NetworkPolicy selects it, so everything gets {way}"
        if explanation.others and direction == "Egress":
            isolation = f"no NetworkPolicy selects it{_OTHERS}"
    elif len(policies) == 1:
        isolation = f"one policy selects it; what it allows gets {way}, and nothing else"
    else:
        isolation = f"{len(policies)} policies select it; what any of them allows gets {way}"
    page.line((direction, "bold"), f": {isolation}")
    for policy, rules in policies:
        page.line(policy.address.name, (f"  {place_in_file(policy)}", "dim"), indent=2)
        if not rules:
            page.line("no rules, so it allows nothing by itself", indent=4)
        for rule in rules:
            _write_rule(page, rule, "to" if direction == "Egress" else "from")


def _write_rule(page: Page, rule: RuleFacts, preposition: str) -> None:
    label = (rule.field.removeprefix("spec."), "cyan")
    peers = "; or ".join(rule.peers)
    page.labelled(label, f"{preposition} {peers}, on {', '.join(rule.ports)}", indent=4)
    if rule.openings:
        page.labelled(("opens metadata:", "red"), openings_in_words(rule.openings), indent=6)
    if rule.gives_dns:
        page.line(("gives DNS", "green"), indent=6)


def _write_other(page: Page, other: OtherFacts) -> None:
    page.line(str(other.rule), indent=2)
    verb = {"allow": "allows", "deny": "denies", "pass": "leaves to NetworkPolicy"}
    sure = (verb[other.rule.action], other.openings)
    for label, openings in (sure, (f"{sure[0]}, perhaps", other.unsure)):
        if openings:
            page.labelled((f"{label}:", "cyan"), openings_in_words(openings), indent=4)
    if not (other.openings or other.unsure):
        page.line("not about metadata", indent=4)
