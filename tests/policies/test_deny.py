"""What denies for good: read back, nothing that NetworkPolicies say opens metadata."""

from __future__ import annotations

import os
from typing import Any, get_args

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imds_guard.config import Config, ConfigError
from imds_guard.config.model import DenyKind
from imds_guard.guard import run
from imds_guard.platforms import PLATFORMS
from imds_guard.policies.deny import DENIERS
from imds_guard.settings import settings_of
from tests.support.applications import audited, config, guarded, stream, workload
from tests.support.policy_sets import policy_sets

EXAMPLES = int(os.environ.get("IMDS_GUARD_EXAMPLES", "300"))
POD_LABELS = ({"app": "a"}, {"app": "b", "tier": "a"}, {"app": "c"})
REASON = {"imds-guard.dev/allow-metadata": "reads its zone"}


def shop(excepted: bool, *policies: dict[str, Any]) -> bytes:
    """Three workloads, of which the last is excepted or not, and policies of others."""
    workloads = [workload(f"w{at}", labels=labels) for at, labels in enumerate(POD_LABELS)]
    if excepted:
        workloads[2]["metadata"]["annotations"] = REASON
    named = [
        {**one, "metadata": {**one["metadata"], "name": f"p{at}"}}
        for at, one in enumerate(policies)
    ]
    return stream([*workloads, *named])


def asked(kind: str, **spec: Any) -> Config:
    return config(deny=[kind], **spec)


def states(data: bytes, given: Config) -> dict[str, str]:
    """The verdict for each workload."""
    _, report = audited(data, given)
    return {one.subject.name: one.state for one in report.verdicts}


def test_every_name_of_the_configuration_has_a_writer() -> None:
    assert set(get_args(DenyKind)) == set(DENIERS)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(sorted(DENIERS)),
    platform=st.sampled_from(sorted(PLATFORMS)),
    families=st.sampled_from([["IPv4", "IPv6"], ["IPv4"], ["IPv6"]]),
    scope=st.sampled_from(["namespace", "workload", "cluster"]),
    excepted=st.booleans(),
    policies=policy_sets,
)
def test_no_network_policy_opens_what_is_denied(
    kind: str,
    platform: str,
    families: list[str],
    scope: str,
    excepted: bool,
    policies: list[dict[str, Any]],
) -> None:
    how = asked(kind, platform=platform, ipFamilies=families, scope=scope, reopened="warn")
    data = shop(excepted, *policies)
    out, results = guarded(data, how)
    told = config(platform=platform, ipFamilies=families)
    found = states(out, told)
    kept = "blocked"
    if any(not gap.signs for gap in settings_of(told).gaps):
        kept = "unenforced"  # by the engine that the platform usually has
    assert {found["w0"], found["w1"]} == {kept}
    assert found["w2"] in (("excepted", kept) if excepted else (kept,))
    # What the policies of others say is nothing that somebody has to mend any more.
    blamed = {one.subject for one in results if one.id == "IG001"}
    assert not blamed or excepted
    # A second run changes nothing.
    assert guarded(out, how)[0] == out


@pytest.mark.parametrize("kind", DENIERS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_exception_is_one_and_names_resolve(kind: str, platform: str) -> None:
    how = asked(kind, platform=platform)
    out, results = guarded(shop(True), how)
    assert [one for one in results if one.severity == "error"] == []
    assert states(out, how) == {"w0": "blocked", "w1": "blocked", "w2": "excepted"}


@pytest.mark.parametrize("kind", DENIERS)
def test_a_name_that_a_policy_opens_is_said_where_the_denial_is_not_for_it(kind: str) -> None:
    everything = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "open", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]},
    }
    data = shop(False, everything)
    denied, _ = guarded(data, asked(kind, scope="cluster", namespaces={"exclude": ["shop"]}))
    assert set(states(denied, Config()).values()) == {"open"}


def objects(kind: str, data: bytes, **spec: Any) -> list[dict[str, Any]]:
    out, _ = guarded(data, asked(kind, scope="cluster", **spec))
    return [one for one in yaml.safe_load_all(out) if "Deployment" not in one["kind"]]


@pytest.mark.parametrize("kind", DENIERS)
def test_alone_it_names_no_namespace_and_has_one_priority_each(kind: str) -> None:
    found = objects(kind, shop(True))
    assert all("namespace" not in one["metadata"] for one in found)
    places = [
        (one["kind"], one["spec"].get("priority", one["spec"].get("order", at)))
        for at, one in enumerate(found)
    ]
    assert len(set(places)) == len(found)


@pytest.mark.parametrize("platform", ["gke", "gke-dataplane-v2", "oke", "aks", "generic"])
@pytest.mark.parametrize("kind", DENIERS)
def test_dns_at_a_metadata_address_is_left_to_the_other_policies(kind: str, platform: str) -> None:
    text = str(objects(kind, shop(False), platform=platform))
    assert all(port in text for port in ("52", "54", "65535"))
    assert not any(f"{word}53" in text for word in (" ", "'", ":"))


@pytest.mark.parametrize("kind", DENIERS)
def test_on_aws_the_whole_address_is_denied(kind: str) -> None:
    assert "65535" not in str(objects(kind, shop(False), platform="eks"))


def many(count: int) -> bytes:
    workloads = [workload(f"w{at}", labels={"app": f"w{at}"}) for at in range(count)]
    for one in workloads:
        one["metadata"]["annotations"] = REASON
    return stream(workloads)


@pytest.mark.parametrize("kind", DENIERS)
def test_as_many_exceptions_as_there_is_room_for_are_written(kind: str) -> None:
    out, _ = guarded(many(50), asked(kind, scope="cluster"))
    assert set(states(out, Config()).values()) == {"excepted"}


@pytest.mark.parametrize("kind", [one for one in DENIERS if one not in ("antrea", "cilium")])
def test_more_exceptions_are_refused(kind: str) -> None:
    assert refused(many(101), deny=[kind]) == "spec.exceptions"


def refused(data: bytes = b"", **spec: Any) -> str:
    """The field that a configuration is refused for."""
    with pytest.raises(ConfigError) as error:
        run(data or shop(False), config(**spec))
    return error.value.path


def test_what_cannot_be_written_is_refused_with_its_field() -> None:
    assert refused(scope="cluster") == "spec.scope"
    glob = {"exclude": ["team-*"]}
    assert refused(deny=["cilium"], namespaces=glob) == "spec.namespaces.exclude[0]"
    identity: dict[str, Any] = {"platform": "gke-dataplane-v2", "podIdentity": True}
    assert refused(deny=["cilium"], **identity) == "spec.podIdentity"


def test_cilium_excepts_no_workload_without_a_label_of_its_own() -> None:
    twins = [workload(name, labels={"app": "twin"}) for name in ("one", "two")]
    twins[0]["metadata"]["annotations"] = REASON
    data = stream(twins)
    assert refused(data, deny=["cilium"]) == "spec.exceptions"
    for kind in set(DENIERS) - {"cilium"}:
        guarded(data, asked(kind))
