"""Whether what the program says of a question is so in its worlds."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.worlds.ask import decisions
from tests.support.worlds.cases import Case
from tests.support.worlds.enumerate import choices, outcomes
from tests.support.worlds.shrink import smallest


def belied(case: Case) -> bool:
    """Whether the program says of a packet what does not hold in some world."""
    found = choices(case)
    for protocol, port in case.packets:
        lenient, strict = decisions(case, protocol, port)
        if lenient != {"blocked"} and strict != {"open"}:
            continue
        real = outcomes(case, found, protocol, port)
        if lenient == {"blocked"} and "open" in real:
            return True
        if strict == {"open"} and "blocked" in real:
            return True
    return False


def unsaid(case: Case) -> bool:
    """Whether there is but one world, and the program does not say what happens there."""
    found = choices(case)
    if not found.are_none:
        return False
    return any(
        {*decisions(case, protocol, port)} != {frozenset(outcomes(case, found, protocol, port))}
        for protocol, port in case.packets
    )


def shown(case: Case, fails: Callable[[Case], bool]) -> str:
    """A question that fails, made small, with what is really so and what is said."""
    small = smallest(case, fails)
    lines = [f"{small.family}: {small.direction} of {small.own}, peer {small.peer}"]
    lines += [f"namespaces {small.namespaces}, IPv{small.version}"]
    lines += [str(one) for one in small.manifests]
    for protocol, port in small.packets:
        real = sorted(outcomes(small, choices(small), protocol, port))
        lenient, strict = (sorted(one) for one in decisions(small, protocol, port))
        lines.append(f"{protocol} {port}: really {real}, said {lenient} and {strict}")
    return "\n".join(lines)


def manifests_of(case: Case, fails: Callable[[Case], bool]) -> str:
    """A question to the whole program that fails, made small."""
    small = smallest(case, fails)
    lines = [f"{small.family}: {small.own}, namespaces {small.namespaces}"]
    return "\n".join([*lines, *map(str, small.manifests)])
