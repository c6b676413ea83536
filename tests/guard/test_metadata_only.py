"""Without a default deny nothing is cut but the metadata service, whatever others have written.

Asked of the one decision, before and after, of random sets of policies of every kind.
"""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imds_guard.audit import Context
from imds_guard.config import Config
from imds_guard.reach.addresses import network
from imds_guard.reach.match import Match
from imds_guard.reach.pod import ANY_POD, Peer, pod
from imds_guard.reach.subject import Subject
from imds_guard.resources.network_policy import PolicyType, Protocol
from tests.support.applications import audited, config, guarded, resource, workload
from tests.support.engines.world import Family
from tests.support.worlds import whole
from tests.support.worlds.cases import Case

FAMILIES: tuple[Family, ...] = ("kubernetes", "aws", "cilium", "calico", "antrea")
SCOPES = ("namespace", "workload")
several = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # tried once with 600
seeds = st.integers(0, 2**62)

PEERS: tuple[Peer, ...] = (
    *map(network, ("8.8.8.8", "10.96.0.1", "10.0.0.7", "169.254.20.10", "169.254.169.123")),
    *map(network, ("2001:db8::1", "fd00::7", "fd00:ec2::253", "64:ff9b::808:808")),
    pod("shop", {"app": "web"}),
    pod("elsewhere", {"app": "db"}),
    ANY_POD,
)
PROTOCOLS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")
PACKETS = tuple(product(PROTOCOLS, (22, 53, 80, 443, 6443)))


def metadata_only(scope: str, family: Family, **spec: Any) -> Config:
    """The configuration, for the engine that has the family's policies."""
    if family == "cilium":
        spec["cni"] = "cilium"
    return config(defaultDeny=[], egress="any", block="endpoints", scope=scope, **spec)


def stream(case: Case) -> bytes:
    """The manifests of a question, with two workloads."""
    known = {**case.own.known, "part": "web"}
    documents: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in case.namespaces.items()
        if labels is not None
    ]
    documents.append(workload("web", case.own.namespace, labels=known))
    documents.append(workload("job", case.own.namespace, labels={"part": "job"}))
    return "\n---\n".join(json.dumps(one) for one in [*documents, *case.manifests]).encode()


def outcomes(context: Context, subject: Subject, direction: PolicyType) -> list[frozenset[str]]:
    """What becomes of every packet to or from every peer."""
    own = context.pod(subject)
    return [
        frozenset(
            context.policies.decide(own, direction, peer, protocol, port, lean="blocked").outcomes
        )
        for peer in PEERS
        for protocol, port in PACKETS
    ]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("family", FAMILIES)
@several
@given(seeds)
def test_nothing_else_is_cut_and_nothing_is_opened(family: Family, scope: str, seed: int) -> None:
    data = stream(whole.whole(family, seed))
    given_config = metadata_only(scope, family)
    before, _ = audited(data, given_config)
    written, results = guarded(data, given_config)
    after, _ = audited(written, given_config)
    is_widened = any(one.id == "widened" for one in results)
    assert not (is_widened and scope == "workload")
    # Some engines ask no baseline rule, for either direction, where a NetworkPolicy selects.
    is_certain = b"aseline" not in data
    for was, now in zip(before.subjects, after.subjects, strict=True):
        assert before.isolates(was, "Ingress") == after.isolates(now, "Ingress")
        received, receives = outcomes(before, was, "Ingress"), outcomes(after, now, "Ingress")
        assert received == receives or not is_certain
        sent, sends = outcomes(before, was, "Egress"), outcomes(after, now, "Egress")
        isolated = before.isolates(was)
        if isolated is Match.YES and scope == "workload":
            assert sent == sends
        for allowed, allows in zip([*received, *sent], [*receives, *sends], strict=True):
            assert "open" not in allowed or "open" in allows
            assert allowed != {"open"} or allows == {"open"} or not is_certain


@pytest.mark.parametrize("scope", SCOPES)
@several
@given(seeds)
def test_metadata_is_out_of_reach_or_the_rule_of_others_is_named(scope: str, seed: int) -> None:
    given_config = metadata_only(scope, "kubernetes")
    written, _ = guarded(stream(whole.whole("kubernetes", seed)), given_config)
    _, report = audited(written, given_config)
    found = {one.id for one in report.findings}
    assert "IG002" not in found
    if not found & {"IG001", "IG015"}:
        assert {one.state for one in report.verdicts} == {"blocked"}


@several
@given(seeds)
def test_a_second_run_changes_nothing(seed: int) -> None:
    given_config = metadata_only("namespace", "kubernetes")
    once, _ = guarded(stream(whole.whole("kubernetes", seed)), given_config)
    assert guarded(once, given_config)[0] == once


def test_pods_that_their_own_policy_lets_out_to_everything_are_not_opened_by_ours() -> None:
    """A warning that they were would be false: only what opens metadata is named."""
    free = {"podSelector": {"matchLabels": {"app": "web"}}, "egress": [{}]}
    policy = resource("networking.k8s.io/v1", "NetworkPolicy", "free", "shop", spec=free)
    free["policyTypes"] = ["Egress"]
    documents = [workload("web"), workload("job"), policy]
    data = "\n---\n".join(json.dumps(one) for one in documents).encode()
    _, results = guarded(data, metadata_only("namespace", "kubernetes"))
    assert {one.id for one in results} == {"IG001"}
