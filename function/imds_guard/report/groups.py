"""Findings that are said in one line for all of their kind in a namespace, and what mends most.

Which findings these are they say themselves, by their `member`.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.config.setting import in_words, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imds_guard.config.setting import Remedy
    from imds_guard.wire import Member, Result, Severity

_FEW = 3  # of a group, so many are named
_MOST = 6  # namespaces that have a line each; of more, the last ones share one


class Group:
    """Findings of one id and severity in one namespace, or in all that have no group of their own.

    Each of them has a `member`. Those of one name in one namespace are about the same.
    """

    def __init__(self, findings: tuple[Result, ...]) -> None:
        self.findings = findings

    @property
    def id(self) -> str:
        """The id of them all."""
        return self.findings[0].id

    @property
    def severity(self) -> Severity:
        """The severity of them all."""
        return self.findings[0].severity

    @cached_property
    def namespaces(self) -> list[str]:
        """Where they are; of several, those with the worst first."""
        ranks: dict[str, int] = {}
        for one in _members(self.findings):
            ranks[one.namespace] = min(one.rank, ranks.get(one.namespace, one.rank))
        return sorted(ranks, key=lambda name: ranks[name])

    @property
    def subject(self) -> str:
        """The namespace, in which each is named without it; or how many there are."""
        if len(self.namespaces) == 1:
            return self.namespaces[0]
        return f"{len(self.namespaces):,} more namespaces"

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """What is found, each by its namespace and its name there, the worst first."""
        ranks: dict[tuple[str, str], int] = {}
        for one in _members(self.findings):
            name = one.namespace, one.name
            ranks[name] = min(one.rank, ranks.get(name, one.rank))
        return sorted(ranks, key=lambda name: ranks[name])

    @property
    def message(self) -> str:
        """How many there are, and the worst few of them, or of the namespaces where they are."""
        text = f"{len(self.names):,} {_members(self.findings)[0].what}"
        if len(self.namespaces) > 1:
            return f"{text}, in {_first(self.namespaces)}"
        return f"{text}: {_first([name for _, name in self.names])}"

    @cached_property
    def fix(self) -> str:
        """What mends them, in words: settings, and what most of the rest needs."""
        found = advice(self.findings)
        if not found.left:
            return in_words([found.settings])
        ((other, _), *_) = Counter(one.fix for one in found.left).most_common(1)
        return f"{found.words}; {other}" if found.settings else other


class Advice(NamedTuple):
    """Settings that together mend as many findings as can be, and the findings that are left.

    `mended` and `total` count what the findings are about.
    """

    settings: Remedy
    left: list[Result]
    mended: int
    total: int

    @property
    def words(self) -> str:
        """The settings, and how much they mend."""
        many = (
            f"all {self.total:,}"
            if self.mended == self.total
            else f"{self.mended:,} of {self.total:,}"
        )
        return f"{in_words([self.settings])}, which mends {many}"


def advice(findings: Iterable[Result]) -> Advice:
    """The settings that mend most of these findings, those that mend more of them first.

    Of its remedies each finding counts for the one that most others have too.
    """
    found = list(findings)
    shared = Counter(repr(remedy) for one in found for remedy in one.remedies)
    chosen: dict[str, tuple[Remedy, list[Result]]] = {}
    for one in found:
        if one.remedies:
            best = max(one.remedies, key=lambda remedy: shared[repr(remedy)])
            chosen.setdefault(repr(best), (best, []))[1].append(one)
    ordered = sorted(chosen.values(), key=lambda choice: -len(choice[1]))
    settings, taken = together([remedy for remedy, _ in ordered])
    mended = {id(one) for at in taken for one in ordered[at][1]}
    left = [one for one in found if id(one) not in mended]
    total = {(member.namespace, member.name) for member in _members(found)}
    still = {(member.namespace, member.name) for member in _members(left)}
    return Advice(settings, left, len(total) - len(still), len(total))


def _members(findings: Iterable[Result]) -> list[Member]:
    return [one.member for one in findings if one.member is not None]


def _first(names: Sequence[str]) -> str:
    """The first few, and how many more; a last one is as short as a number."""
    more = len(names) - _FEW
    if more <= 1:
        return ", ".join(names)
    return f"{', '.join(names[:_FEW])} and {more:,} more"


def grouped(findings: Sequence[Result]) -> tuple[list[Result], list[Group]]:
    """Findings that stand for themselves, in their order, and the groups of all others.

    What is the only one of its kind in few namespaces stands for itself. Of many namespaces those
    with most have a group each, and the rest share one.
    """
    by_kind: dict[tuple[str, Severity], dict[str, list[Result]]] = {}
    for one in findings:
        if one.member is not None:
            by_namespace = by_kind.setdefault((one.id, one.severity), {})
            by_namespace.setdefault(one.member.namespace, []).append(one)
    groups = []
    alone: set[int] = set()
    for by_namespace in by_kind.values():
        found = [Group(tuple(members)) for members in by_namespace.values()]
        if len(found) > _MOST:
            found.sort(key=lambda group: -len(group.names))
            rest = found[_MOST - 1 :]
            found = [*found[: _MOST - 1], Group(tuple(o for group in rest for o in group.findings))]
        for group in found:
            if len(group.names) > 1:
                groups.append(group)
            else:
                alone.update(map(id, group.findings))
    singles = [one for one in findings if one.member is None or id(one) in alone]
    return singles, groups


def closing(groups: Sequence[Group]) -> Advice:
    """What mends most of what all groups hold."""
    return advice(one for group in groups for one in group.findings)
