"""Which pods are told of with their owner: those for which the owner's verdict holds as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.enforcement import gaps_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.audit.context import Context
    from imds_guard.reach.subject import Subject
    from imds_guard.resources.labels import Labels
    from imds_guard.resources.network_policy import PolicyType

_DIRECTIONS: tuple[PolicyType, ...] = ("Egress", "Ingress")


def judged_apart(
    context: Context, owners: Iterable[Subject], owned: Iterable[Subject]
) -> list[Subject]:
    """Those of `owned` that some policy, engine or exception tells from their owner."""
    by_workload = {id(one.workload): one for one in owners if one.workload is not None}
    found: list[Subject] = []
    for subject in owned:
        own = subject.workload.owners if subject.workload else ()
        known = [by_workload[id(one)] for one in own if id(one) in by_workload]
        if not any(_is_alike(context, subject, one) for one in known):
            found.append(subject)
    return found


def _is_alike(context: Context, subject: Subject, owner: Subject) -> bool:
    return (
        subject.exception == owner.exception
        and gaps_of(context, subject) == gaps_of(context, owner)
        and (
            _is_one_of(subject.labels, owner.labels)
            or _is_the_same_to_policies(context, subject, owner)
        )
    )


def _is_one_of(labels: Labels, model: Labels) -> bool:
    """Whether pods with these labels are some that the owner is judged for.

    A label that a controller adds counts there with any value: what may open, opens, and what may
    isolate does not.
    """
    added = model.present | model.maybe
    return (
        model.known.items() <= labels.known.items()
        and all(key in model.known or key in added for key in labels.known)
        and model.present <= labels.known.keys() | labels.present
        and labels.present | labels.maybe <= added
    )


def _is_the_same_to_policies(context: Context, subject: Subject, owner: Subject) -> bool:
    """Whether every policy that selects the one selects the other."""
    labels = subject.labels
    key = id(owner), frozenset(labels.known.items()), labels.present, labels.maybe
    known = context.memo(judged_apart)
    if key not in known:
        known[key] = _asked_of_each_policy(context, subject, owner)
    answer: bool = known[key]
    return answer


def _asked_of_each_policy(context: Context, subject: Subject, owner: Subject) -> bool:
    policies, own, others = context.policies, context.pod(subject), context.pod(owner)
    network_policies = policies.network_policies
    if any(
        network_policies.reach(own, one) is not network_policies.reach(others, one)
        for one in _DIRECTIONS
    ):
        return False
    asked = [rule.selects for rule in policies.rules.rules]
    asked += [isolation.selects for isolation in policies.rules.isolations]
    return all(selects(own) is selects(others) for selects in asked)
