"""What an audit says of whole inputs, in every world that the manifests may come to."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imds_guard.config import Config
from imds_guard.guard.verify import examine
from imds_guard.resources import resources
from imds_guard.wire import read
from tests.support.engines.world import Family
from tests.support.worlds import whole
from tests.support.worlds.judge import manifests_of

# See tests/reach/test_worlds.py, which tries most of the sets.
_GIVEN = os.environ.get("IMDS_GUARD_EXAMPLES")
EXAMPLES = int(_GIVEN) // 20 if _GIVEN else 15
FAMILIES: tuple[Family, ...] = ("kubernetes", "aws", "cilium", "calico", "antrea")
several = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
families = pytest.mark.parametrize("family", FAMILIES)
seeds = st.integers(0, 2**62)


@families
@several
@given(seeds)
def test_what_some_world_opens_is_not_called_blocked(family: Family, seed: int) -> None:
    case = whole.whole(family, seed)
    if whole.belied_by_metadata(case):
        pytest.fail(manifests_of(case, whole.belied_by_metadata))


@families
@several
@given(seeds)
def test_names_that_some_world_cuts_are_named(family: Family, seed: int) -> None:
    case = whole.whole(family, seed)
    if whole.belied_by_names(case):
        pytest.fail(manifests_of(case, whole.belied_by_names))


@families
@several
@given(seeds)
def test_where_all_is_known_the_verdict_and_names_are_what_is_so(family: Family, seed: int) -> None:
    case = whole.whole(family, seed, is_known=True)
    for fails in (whole.unsaid_of_metadata, whole.unsaid_of_names):
        if fails(case):
            pytest.fail(manifests_of(case, fails))


def test_it_is_said_where_cluster_dns_may_not_answer() -> None:
    """Whether the namespace of DNS has the label is not in the input."""
    text = """
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: inward}
spec:
  priority: 10
  subject: {namespaces: {matchLabels: {team: a}}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: []}
"""
    _, report = examine(resources(read(text.encode())), Config())
    (found,) = (one for one in report.findings if one.id == "IG015")
    assert "whether cluster DNS answers" in found.message
    assert (found.severity, found.subject) == ("warning", "shop/web")
