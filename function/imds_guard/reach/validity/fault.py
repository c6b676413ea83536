"""What an API server, or the engine behind it, refuses in a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.reach.match import Match

if TYPE_CHECKING:
    from collections.abc import Collection

_STRICT, _LENIENT, _APPLY = "strict", "lenient", "apply"
CLIENTS = frozenset((_STRICT, _LENIENT, _APPLY))
"""Who sends a policy: kubectl, which has it validated strictly; a client that does not ask for
that; server-side apply."""


class Doubt(NamedTuple):
    """Why a policy with a fault may stand all the same.

    `said` is the end of a message; `takers` are the clients by which it gets in somewhere.
    """

    said: str
    takers: frozenset[str] = CLIENTS


SINCE_1_36 = Doubt("API servers from 1.36 reject the policy, older ones take it")
ENGINE = Doubt("the API server takes the policy, its engine does not")
UNKNOWN_VERSION = Doubt("only API servers with a definition of that version take the policy")
UNKNOWN_FIELD = Doubt(
    "kubectl rejects the policy, clients without strict validation drop the field",
    frozenset((_LENIENT,)),
)
NULL = Doubt(
    "server-side apply rejects the policy, other clients drop the field",
    frozenset((_STRICT, _LENIENT)),
)
TWICE = Doubt(
    "server-side apply rejects the policy, other clients do not",
    frozenset((_STRICT, _LENIENT)),
)
LIST = Doubt(
    "server-side apply rejects the policy, its engine cannot read it",
    frozenset((_STRICT, _LENIENT)),
)
DROPPED = Doubt(
    "only server-side apply takes the policy, which drops the field",
    frozenset((_APPLY,)),
)

REQUIRED = "is required"
"""What is said of a field that is not there."""


class Fault(NamedTuple):
    """Something that is refused.

    `field` is the path of the value that is at fault, and `holder` the path of what has to change,
    from `current` to `proposed` where there is such a value. `doubt` is None where every API server
    refuses it, whoever sends it.
    """

    field: str
    why: str
    holder: str
    current: Any = None
    proposed: Any = None
    doubt: Doubt | None = None

    @property
    def said(self) -> str:
        """Who refuses the policy, as the end of a message."""
        return "the API server rejects the policy" if self.doubt is None else self.doubt.said


def validity(faults: Collection[Fault]) -> Match:
    """Whether a policy with these faults will stand: everywhere, nowhere, or in some places."""
    if not faults:
        return Match.YES
    takers = CLIENTS
    for fault in faults:
        takers &= fault.doubt.takers if fault.doubt else frozenset()
    return Match.MAYBE if takers else Match.NO
