"""The one decision against packets, in every world that the manifests may come to.

What is written here holds for policies of all kinds together: "blocked" is said only where no world
lets the packet through, "open" only where none stops it, and where there is but one world, what
happens there is said.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.engines.world import Family
from tests.support.worlds.cases import drawn
from tests.support.worlds.judge import belied, shown, unsaid

# Sets of policies per test and run, each with a few packets. In CI, where the variable says how
# many each test of the plain NetworkPolicy engine tries, all tests of this file together try more.
_GIVEN = os.environ.get("IMDS_GUARD_EXAMPLES")
EXAMPLES = int(_GIVEN) // 8 if _GIVEN else 60
FAMILIES: tuple[Family, ...] = ("kubernetes", "aws", "cilium", "calico", "antrea")
several = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
seeds = st.integers(0, 2**62)
families = pytest.mark.parametrize("family", FAMILIES)


@families
@several
@given(seeds)
def test_nothing_is_said_that_some_world_belies(family: Family, seed: int) -> None:
    case = drawn(family, seed)
    if belied(case):
        pytest.fail(shown(case, belied))


@families
@several
@given(seeds)
def test_what_is_known_is_said(family: Family, seed: int) -> None:
    case = drawn(family, seed, is_known=True)
    if unsaid(case):
        pytest.fail(shown(case, unsaid))
