"""An explanation for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.report.audited import STATES, openings_in_words, workload_of
from imds_guard.report.explain import DIRECTIONS, place_in_file
from imds_guard.report.terminal import STATE_STYLES, Page
from imds_guard.wire import place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.report.explain import Explanation, OtherFacts, RuleFacts
    from imds_guard.resources.network_policy import PolicyType

_OTHERS = "; for policies of other kinds see below"


def as_text(found: Sequence[Explanation], *, width: int, colour: bool) -> str:
    """All of them, one after the other."""
    page = Page(width, colour)
    for index, one in enumerate(found):
        if index:
            page.blank()
        _write(page, one)
    return page.text


def _write(page: Page, found: Explanation) -> None:
    about, state = found.verdict.subject, found.verdict.state
    page.line((workload_of(about), "bold"))
    resource = about.resource
    if resource and resource.source:
        page.line((f"{resource.source}:{place_of(resource.item, ()).line}", "dim"), indent=2)
    labels = ", ".join(f"{key}={text}" for key, text in about.labels.items()) or "none"
    page.labelled("pod labels:", labels, indent=2)
    page.labelled("metadata:", (state, f"bold {STATE_STYLES[state]}"), f", {_why(found)}", indent=2)
    if found.verdict.openings:
        page.labelled("reaches:", openings_in_words(found.verdict.openings), indent=2)
    if about.host_network:
        return
    page.labelled("DNS:", _dns(found), indent=2)
    for direction in DIRECTIONS:
        page.blank()
        _write_direction(page, found, direction)
    if found.others:
        page.blank()
        page.line(("Other kinds of policies", "bold"), ": what their egress rules say of metadata")
        for one in found.others:
            _write_other(page, one)


def _why(found: Explanation) -> str:
    verdict = found.verdict
    if verdict.reason:
        return verdict.reason
    if verdict.state == "open" and not found.isolated["Egress"]:
        return f"no NetworkPolicy for egress selects it{_OTHERS if found.others else ''}"
    if verdict.state == "open":
        rules = [
            f"{one.policy.address.name} {rule.field.removeprefix('spec.')}"
            for one in found.policies["Egress"]
            for rule in one.rules
            if rule.openings
        ]
        return f"by {', '.join(rules)}" if rules else f"not by NetworkPolicy{_OTHERS}"
    return STATES[verdict.state]


def _dns(found: Explanation) -> str:
    if not found.isolated["Egress"]:
        return f"no NetworkPolicy cuts it{_OTHERS if found.others else ''}"
    return f"allowed by {', '.join(found.dns)}" if found.dns else "cut: no rule lets it through"


def _write_direction(page: Page, found: Explanation, direction: PolicyType) -> None:
    policies = found.policies[direction]
    way = "out" if direction == "Egress" else "in"
    if not found.isolated[direction]:
        said = f"no NetworkPolicy selects it, so everything gets {way}"
        if found.others and direction == "Egress":
            said = f"no NetworkPolicy selects it{_OTHERS}"
    elif len(policies) == 1:
        said = f"one policy selects it; what it allows gets {way}, and nothing else"
    else:
        said = f"{len(policies)} policies select it; what any of them allows gets {way}"
    page.line((direction, "bold"), f": {said}")
    for one in policies:
        page.line(one.policy.address.name, (f"  {place_in_file(one.policy)}", "dim"), indent=2)
        if not one.rules:
            page.line("no rules, so it allows nothing by itself", indent=4)
        for rule in one.rules:
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
