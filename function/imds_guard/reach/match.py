"""The answer to whether something applies, where that may not be known."""

from __future__ import annotations

from enum import IntEnum


class Match(IntEnum):
    """Whether a condition holds. Of two that both have to hold, the smaller one counts."""

    NO = 0
    UNKNOWN = 1
    """What decides it is not in the input, or is known only in the cluster: a name of the world,
    the labels of a namespace that no manifest shows, a tier."""
    MAYBE = 2
    """It holds for some of the objects that the input may become: a label whose value a controller
    sets, one of two copies of an object, what API servers of some versions accept."""
    YES = 3
