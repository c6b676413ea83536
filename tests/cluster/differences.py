"""What kube-router does otherwise than the API's text says, and what the audit leaves open.

The audit goes by the text. Where packets went otherwise, one of these must say why; the rest is a
fault, of ours or of the plane.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.cluster.api import Resource
from tests.cluster.sets import Case
from tests.cluster.verdicts import Question


@dataclass(frozen=True)
class Difference:
    """A way of the engine, or of the audit: does more get through, and when is it at work?"""

    name: str
    text: str
    opens: bool
    explains: Callable[[Case, Question], bool]
    # Whether it is the audit that leaves the text, on purpose.
    of_the_audit: bool = False

    def __str__(self) -> str:
        return f"{'way of the audit' if self.of_the_audit else 'way of kube-router'}: {self.name}"


def difference(
    case: Case, question: Question, *, passed: bool, of_the_audit: bool = False
) -> Difference | None:
    """The one that explains why packets passed, or did not, against what the audit says.

    Of the audit alone, where the other side is no engine but the text.
    """
    for one in DIFFERENCES:
        ours = one.of_the_audit or not of_the_audit
        if ours and one.opens == passed and one.explains(case, question):
            return one
    return None


def by_address(case: Case) -> bool:
    """Whether a rule names addresses, which of a pod nobody knows before it runs."""
    return any(_blocks(rule, side) for _, rule, side in _rules(case))


def _excepted_by_a_neighbour(case: Case, question: Question) -> bool:
    if question.kind != "endpoint":
        return False
    address = ipaddress.ip_address(question.target)
    for _, rule, side in _rules(case):
        blocks = _blocks(rule, side)
        excepted = [one for block in blocks for one in block.get("except", ())]
        if len(blocks) > 1 and any(address in ipaddress.ip_network(one) for one in excepted):
            return True
    return False


def _named_port(case: Case, question: Question) -> bool:
    return question.kind == "endpoint" and any(
        isinstance(port.get("port"), str)
        for _, rule, side in _rules(case)
        for port in rule.get("ports") or ()
        if side == "to" and (not rule.get("to") or _blocks(rule, side))
    )


def _one_chain(case: Case, question: Question) -> bool:
    """Whether a policy of both directions may select both pods."""
    space = question.source[0]
    return question.target.startswith(f"{space}/") and any(
        {"Ingress", "Egress"} <= types(policy)
        for policy in case.policies
        if policy["metadata"]["namespace"] == space
    )


def _name_of_nobody(case: Case, question: Question) -> bool:
    """Whether a rule for pods has a named port; which pods have it is not looked at."""
    return question.kind != "endpoint" and any(
        isinstance(port.get("port"), str)
        for _, rule, side in _rules(case)
        for port in rule.get("ports") or ()
        if rule.get(side)
    )


def _short_except(case: Case, question: Question) -> bool:
    return question.kind == "endpoint" and any(
        block["cidr"] == "::/0" and int(one.partition("/")[2]) < 8
        for _, rule, side in _rules(case)
        for block in _blocks(rule, side)
        for one in block.get("except", ())
    )


def _name_on_the_way_to_dns(case: Case, question: Question) -> bool:
    """Whether a rule lets out a port by its name."""
    return question.kind == "dns" and any(
        isinstance(port.get("port"), str)
        for _, rule, side in _rules(case)
        for port in rule.get("ports") or ()
        if side == "to"
    )


DIFFERENCES = (
    Difference(
        "excepts of one rule",
        "Within one rule, the `except` of one ipBlock also cuts what another ipBlock of that rule"
        " allows. The API's text says that the union is allowed, and so does the audit: open.",
        False,
        _excepted_by_a_neighbour,
    ),
    Difference(
        "named port at an address",
        "A named port matches no ipBlock, and without `to` only the number that pods of the"
        " policy's own namespace have under that name. Which number an address outside has under"
        " a name nobody knows, so the audit takes it for any: open.",
        False,
        _named_port,
        of_the_audit=True,
    ),
    Difference(
        "one chain for both directions",
        "A policy's rules of both directions stand in one chain, so what its egress allows from one"
        " selected pod to another passes the ingress of the other as well.",
        True,
        _one_chain,
    ),
    Difference(
        "a short except of ::/0",
        "`::/0` is written as 2000::/3 and fd00::/8, so an `except` shorter than these, such as"
        " fc00::/7, takes nothing away. With `cni: kube-router` the audit counts it as open, and"
        " the random sets are audited so.",
        True,
        _short_except,
    ),
    Difference(
        "a named port of cluster DNS",
        "Which port the DNS pods have under a name is known only in the cluster. The audit says"
        " that it is not certain whether names resolve (IG015), and not that they do not.",
        False,
        _name_on_the_way_to_dns,
        of_the_audit=True,
    ),
    Difference(
        "a named port that nobody has",
        "In a rule for pods, a named port that none of them has falls away; where no other port is"
        " left, the rule allows every port of these pods.",
        True,
        _name_of_nobody,
    ),
)


def _rules(case: Case) -> Iterator[tuple[Resource, Resource, str]]:
    for policy in case.policies:
        for field, side in (("egress", "to"), ("ingress", "from")):
            for rule in policy["spec"].get(field) or ():
                yield policy, rule, side


def _blocks(rule: Resource, side: str) -> list[Resource]:
    return [one["ipBlock"] for one in rule.get(side) or () if "ipBlock" in one]


def types(policy: Resource) -> set[str]:
    """The directions, as the API server completes them."""
    spec = policy["spec"]
    written = spec.get("policyTypes")
    return set(written) if written else {"Ingress", *(["Egress"] if spec.get("egress") else [])}
