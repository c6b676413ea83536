"""The admission policy on a real API server: it refuses what the audit finds, and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from imds_guard.guard.verify import examine
from imds_guard.resources import resources
from imds_guard.wire import read as read_stream
from tests.cluster.api import STRICTLY, Answer, Api, Resource
from tests.cluster.manifests import deployment, named, namespace, network_policy, pod
from tests.cluster.plane import Plane
from tests.cluster.program import configured, guarded, read, stream
from tests.cluster.record import Record
from tests.cluster.sets import Sets
from tests.support.applications import config

POLICIES = int(os.environ.get("IMDS_GUARD_POLICIES", "500"))
PLATFORM = "gke"  # several addresses, families and ports
ADDRESSES = ("169.254.169.254", "169.254.169.252", "fd20:ce::254")
RBAC = "rbac.authorization.k8s.io/v1"
SECONDS = 30


def guard(*actions: str, **spec: str) -> list[Resource]:
    """The admission policy and its binding."""
    fields = {
        "platform": PLATFORM,
        "scope": "cluster",
        "admission": "validating-admission-policy",
        "admissionActions": ",".join(actions),
        **spec,
    }
    ended = guarded([namespace("shop")], *configured(fields))
    assert ended.status == 0, ended.stderr
    found = [one for one in read(ended.stdout) if one["kind"] != "Namespace"]
    assert len(found) == 2
    return found


def open_policy(name: str = "open", where: str = "shop", **metadata: object) -> Resource:
    policy = network_policy(where, name, {"podSelector": {}, "egress": [{}]})
    policy["spec"]["policyTypes"] = ["Egress"]
    policy["metadata"].update(metadata)
    return policy


def wait_until(api: Api, done: Callable[[Answer], bool]) -> Answer:
    """Applies an opening policy in a dry run until the answer is this: servers take a second."""
    end = time.monotonic() + SECONDS
    while True:
        answer = api.apply(open_policy(), STRICTLY)
        if done(answer):
            return answer
        assert time.monotonic() < end, f"after {SECONDS} s still: {answer.status} {answer.message}"
        time.sleep(0.2)


def is_denied(answer: Answer) -> bool:
    return not answer.accepted and "imds-guard: its egress opens" in answer.message


def is_warned(answer: Answer) -> bool:
    return any("imds-guard: its egress opens" in one for one in answer.warnings)


def install(api: Api, objects: list[Resource], done: Callable[[Answer], bool]) -> None:
    for one in objects:
        api.apply(one).ok()
    wait_until(api, done)


def remove(api: Api, objects: list[Resource]) -> None:
    for one in reversed(objects):
        api.delete(api.path(one))
    wait_until(api, lambda answer: answer.accepted and not answer.warnings)


@pytest.fixture
def denying(plane: Plane) -> Iterator[Api]:
    """An API server that refuses."""
    for name in ("shop", "stock", "kube-system"):
        plane.add_namespace(name)
    objects = guard("Deny")
    install(plane.api, objects, is_denied)
    yield plane.api
    remove(plane.api, objects)


def opens(policy: Resource) -> bool:
    """Whether the audit finds that the policy's own rules open metadata, whomever it selects."""
    found = resources(read_stream(stream([policy])))
    context, _ = examine(found, config(platform=PLATFORM))
    return any(context.leaks(one) for one in context.network_policies)


def test_it_refuses_what_the_audit_finds_and_nothing_else(denying: Api, record: Record) -> None:
    sets, tried, refused = Sets(ADDRESSES), 0, 0
    differences = []
    number = 0
    while tried < POLICIES:
        number += 1
        for policy in sets.case(number).policies:
            answer = denying.apply(policy, STRICTLY)
            if not answer.accepted and not is_denied(answer):
                continue  # the server itself refuses it
            tried += 1
            refused += is_denied(answer)
            if is_denied(answer) != opens(policy):
                differences.append((number, policy["spec"], answer.message))
    record.count("policies asked of the admission policy", tried)
    record.count("of them refused", refused)
    assert 0 < refused < tried
    assert differences == []


def test_a_namespace_of_the_system_is_exempt(denying: Api) -> None:
    assert denying.apply(open_policy(where="kube-system"), STRICTLY).accepted


def test_other_writes_are_let_through(denying: Api) -> None:
    others = [deployment("shop", "web", {"app": "web"}), pod("shop", "web", {"app": "web"})]
    for one in others:
        assert denying.apply(one, STRICTLY).accepted


def test_an_old_policy_can_be_labelled_and_deleted(plane: Plane) -> None:
    plane.add_namespace("shop")
    old = open_policy("old")
    plane.api.apply(old).ok()
    objects = guard("Deny")
    install(plane.api, objects, is_denied)
    try:
        labelled = open_policy("old", labels={"team": "a"})
        assert plane.api.apply(labelled).accepted
        changed = open_policy("old")
        changed["spec"]["egress"] = [{}, {}]
        assert is_denied(plane.api.apply(changed))
        plane.api.delete(plane.api.path(old))
    finally:
        remove(plane.api, objects)


def role(name: str, group: str, *verbs: str) -> list[Resource]:
    """A user of this name who has these verbs on the NetworkPolicies of a group."""
    rule = {"apiGroups": [group], "resources": ["networkpolicies"], "verbs": list(verbs)}
    kinds = {"apiGroup": "rbac.authorization.k8s.io"}
    granted = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": named(name), "rules": [rule]}
    binding = {
        "apiVersion": RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": named(name),
        "roleRef": {**kinds, "kind": "ClusterRole", "name": name},
        "subjects": [{**kinds, "kind": "User", "name": name.partition(":")[0]}],
    }
    return [granted, binding]


def test_an_exception_takes_a_reason_and_a_verb(denying: Api) -> None:
    every = role("tenant:policies", "networking.k8s.io", "*")
    also = role("owner:policies", "networking.k8s.io", "*")
    verb = role("owner:exceptions", "imds-guard.dev", "allow-metadata")
    for one in (*every, *also, *verb):
        denying.apply(one).ok()
    tenant, owner = denying.seen_by("tenant"), denying.seen_by("owner")
    with_reason = open_policy(annotations={"imds-guard.dev/reason": "reads its zone"})
    without = open_policy(annotations={"imds-guard.dev/reason": ""})
    try:
        refused = tenant.apply(with_reason, STRICTLY)
        assert is_denied(refused)
        assert "its exception needs the verb allow-metadata" in refused.message
        assert is_denied(owner.apply(without, STRICTLY))
        assert owner.apply(with_reason, STRICTLY).accepted
    finally:
        for client in (tenant, owner):
            client.close()
        for one in (*every, *also, *verb):
            denying.delete(denying.path(one))


def test_what_we_write_ourselves_passes(denying: Api) -> None:
    application = [deployment("shop", "web", {"app": "web"})]
    application[0]["metadata"]["annotations"] = {"imds-guard.dev/allow-metadata": "its zone"}
    for more in ({}, {"scope": "workload"}, {"egress": "any"}, {"podIdentity": "true"}):
        fields = {"platform": PLATFORM, **more}
        written = [
            one
            for one in read(guarded(application, *configured(fields)).stdout)
            if one["kind"] == "NetworkPolicy"
        ]
        assert any(one["metadata"]["name"] == "allow-metadata-web" for one in written)
        for one in written:
            assert denying.apply(one, STRICTLY).accepted, (fields, one)


def test_a_thousand_rules_are_within_the_limits(denying: Api) -> None:
    rule = {
        "to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}],
        "ports": [{"port": 443}],
    }
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule] * 1000}
    many = network_policy("shop", "many", spec)
    assert denying.apply(many, STRICTLY).accepted
    many["spec"]["egress"][-1] = {}
    assert is_denied(denying.apply(many, STRICTLY))


def test_it_warns_and_lets_through(plane: Plane) -> None:
    for name in ("shop", "stock"):
        plane.add_namespace(name)
    objects = guard("Warn", "Audit")
    sets = Sets(ADDRESSES)
    install(plane.api, objects, is_warned)
    try:
        for number in range(POLICIES // 5):
            for policy in sets.case(number).policies:
                answer = plane.api.apply(policy, STRICTLY)
                if answer.accepted:
                    assert is_warned(answer) == opens(policy), policy["spec"]
    finally:
        remove(plane.api, objects)


def test_it_can_be_removed_and_installed_again(plane: Plane) -> None:
    plane.add_namespace("shop")
    for _ in range(2):
        objects = guard("Deny")
        install(plane.api, objects, is_denied)
        remove(plane.api, objects)
