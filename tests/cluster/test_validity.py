"""Random policies, valid ones and damaged ones: the API server refuses what IG005 says it does.

Each is sent in three ways, and nothing is kept: with strict validation, as kubectl does; without;
and by server-side apply. Of some faults only one way is refused, and then IG005 has to know it. So
`all`, `some` or `none` of the ways are compared, and what engines refuse by themselves is left out.
"""

from __future__ import annotations

import json
import os

import pytest

from tests.cluster.manifests import namespace
from tests.cluster.plane import Plane
from tests.cluster.record import Record
from tests.cluster.refusals import by_ig005, by_the_server
from tests.support.random_policies import damaged

# Of NetworkPolicy; of each other kind that the plane has a definition of, a fifth.
COUNT = int(os.environ.get("IMDS_GUARD_POLICIES", "1000"))
FIRST = int(os.environ.get("IMDS_GUARD_FIRST_POLICY", "0"))
_OTHERS = (
    *("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"),
    *("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"),
)
_SHOWN = 5


def differences(plane: Plane, kind: str, count: int) -> list[str]:
    """The policies of which IG005 says something else than the API server does."""
    numbers = range(FIRST, FIRST + count)
    policies = [damaged(kind, number) for number in numbers]
    found = []
    answers = by_the_server(plane.api, policies)
    assert {one.who for one in answers} >= {"all", "none"}
    for number, policy, server in zip(numbers, policies, answers, strict=True):
        ours = by_ig005(policy)
        if ours.who != server.who:
            found.append(
                f"{kind} {number}: {server.who} refuse it ({server.said});"
                f" IG005 says {ours.who} ({ours.said})\n  {json.dumps(policy)[:1000]}"
            )
    return found


def test_a_network_policy_is_refused_where_ig005_says_so(plane: Plane, record: Record) -> None:
    plane.api.apply(namespace("shop")).ok()
    found = differences(plane, "NetworkPolicy", COUNT)
    record.count("random NetworkPolicies, valid and damaged, of which IG005 says what holds", COUNT)
    assert not found, "\n".join(found[:_SHOWN])


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("kind", _OTHERS)
def test_a_policy_of_another_kind_is_refused_where_ig005_says_so(
    plane: Plane, record: Record, kind: str
) -> None:
    plane.api.apply(namespace("shop")).ok()
    count = max(COUNT // 5, 40)
    found = differences(plane, kind, count)
    record.count("random policies of other kinds, valid and damaged, likewise", count)
    assert not found, "\n".join(found[:_SHOWN])
