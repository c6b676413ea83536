"""Pods that a controller of the input owns are told of with their owner, and none is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.policy_sets import labels, policies
from tests.support.program import imds_guard

Object = dict[str, Any]
SPEC: Object = {
    "containers": [{"name": "main", "image": "example.com/main"}],
    "dnsPolicy": "ClusterFirst",
    "serviceAccountName": "default",
}
HASH = {"pod-template-hash": "5d7c"}
WORST = ("open", "unenforced", "uncertain", "ungoverned", "excepted", "blocked")


def thing(
    api: str,
    kind: str,
    name: str,
    *,
    owner: Object | None = None,
    namespace: str = "shop",
    uid: bool = True,
    **fields: Any,
) -> Object:
    """An object as a cluster holds it: with a uid, and a reference to its owner."""
    metadata: Object = {"name": name, "namespace": namespace, **fields.pop("metadata", {})}
    if uid:
        metadata["uid"] = f"{kind}-{name}"
    if owner is not None:
        reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True}
        reference["name"] = owner["metadata"]["name"]
        if "uid" in owner["metadata"]:
            reference["uid"] = owner["metadata"]["uid"]
        metadata["ownerReferences"] = [reference]
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def template(own: dict[str, str], **spec: Any) -> Object:
    return {"metadata": {"labels": own}, "spec": {**SPEC, **spec}}


def deployment(name: str = "web", *, uid: bool = True, **metadata: Any) -> Object:
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template({"app": name})}
    return thing("apps/v1", "Deployment", name, uid=uid, metadata=metadata, spec=spec)


def replica_set(owner: Object, *, uid: bool = True) -> Object:
    name = owner["metadata"]["name"]
    own = {"app": name, **HASH}
    spec = {"selector": {"matchLabels": own}, "template": template(own)}
    return thing("apps/v1", "ReplicaSet", f"{name}-5d7c", owner=owner, uid=uid, spec=spec)


def pod(owner: Object | None, name: str = "web-5d7c-x", *, uid: bool = True, **more: Any) -> Object:
    own = more.pop("labels", {"app": "web", **HASH})
    metadata = {"labels": own, **more.pop("metadata", {})}
    return thing("v1", "Pod", name, owner=owner, uid=uid, metadata=metadata, spec={**SPEC, **more})


def policy(name: str, selector: Object, *egress: Object) -> Object:
    spec = {"podSelector": selector, "policyTypes": ["Egress"], "egress": list(egress)}
    return thing("networking.k8s.io/v1", "NetworkPolicy", name, uid=False, spec=spec)


DNS = {"ports": [{"protocol": one, "port": 53} for one in ("UDP", "TCP")]}
CLOSED = policy("closed", {}, DNS)


def audit(*objects: Object, args: tuple[str, ...] = ()) -> Any:
    data = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    ended = imds_guard("audit", "-", "--format", "json", *args, stdin=data.encode())
    assert ended.status in (0, 1), ended.stderr
    return json.loads(ended.stdout)


def states(found: Any) -> dict[str, str]:
    return {f"{one['kind']}/{one['name']}": one["state"] for one in found["verdicts"]}


def ids(found: Any) -> set[str]:
    return {one["id"] for one in found["findings"] if one["severity"] != "info"}


def test_what_a_cluster_holds_counts_each_workload_once() -> None:
    web = deployment()
    inner = {"spec": {"template": template({"app": "tick"})}}
    cron = thing("batch/v1", "CronJob", "tick", spec={"jobTemplate": inner})
    added = {"job-name": "tick-1", "controller-uid": "7"}
    added |= {f"batch.kubernetes.io/{key}": value for key, value in added.items()}
    own = {"app": "tick", **added}
    job = thing("batch/v1", "Job", "tick-1", owner=cron, spec={"template": template(own)})
    db = thing("apps/v1", "StatefulSet", "db", spec={"template": template({"app": "db"})})
    of_db = {"controller-revision-hash": "9", "statefulset.kubernetes.io/pod-name": "db-0"}
    replicas = replica_set(web)
    pods = [pod(replicas, f"web-5d7c-{at}") for at in range(3)]
    pods += [pod(job, "tick-1-x", labels=own)]
    pods += [pod(db, "db-0", labels={"app": "db", "apps.kubernetes.io/pod-index": "0", **of_db})]
    found = audit(*pods, replicas, web, cron, job, db, CLOSED)
    assert states(found) == dict.fromkeys(
        ("Deployment/web", "CronJob/tick", "StatefulSet/db"), "blocked"
    )
    assert not ids(found)


def test_a_pod_whose_owner_is_not_there_is_its_own() -> None:
    assert states(audit(pod(replica_set(deployment())))) == {"Pod/web-5d7c-x": "open"}


def test_a_replica_set_that_nobody_asked_for_is_known_by_its_name() -> None:
    web = deployment()
    assert states(audit(web, pod(replica_set(web)), CLOSED)) == {"Deployment/web": "blocked"}
    other = pod(replica_set(web), labels={"app": "web", "pod-template-hash": "another"})
    assert len(states(audit(web, other, CLOSED))) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"hostNetwork": True},
        {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.1"]}},
        {"serviceAccountName": "other"},
        {"labels": HASH},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_pod_that_the_template_does_not_make_is_its_own(change: Object) -> None:
    web = deployment()
    found = audit(web, replica_set(web), pod(replica_set(web), **change), CLOSED)
    assert set(states(found)) == {"Deployment/web", "Pod/web-5d7c-x"}


def test_a_label_more_is_its_owners_as_long_as_no_policy_sees_it() -> None:
    web = deployment()
    odd = pod(web, labels={"app": "web", **HASH, "security.istio.io/tlsMode": "istio"})
    assert states(audit(web, odd, CLOSED)) == {"Deployment/web": "blocked"}
    opening = policy("mesh", {"matchLabels": {"security.istio.io/tlsMode": "istio"}}, {})
    assert states(audit(web, odd, CLOSED, opening)) == {
        "Deployment/web": "blocked",
        "Pod/web-5d7c-x": "open",
    }
    spared = {"key": "security.istio.io/tlsMode", "operator": "DoesNotExist"}
    closed = policy("closed", {"matchExpressions": [spared]}, DNS)
    assert states(audit(web, odd, closed))["Pod/web-5d7c-x"] == "open"


def test_a_label_more_is_asked_of_policies_of_other_kinds_too() -> None:
    web = deployment()
    odd = pod(web, labels={"app": "web", **HASH, "tier": "edge"})
    spec = {
        "endpointSelector": {"matchLabels": {"tier": "edge"}},
        "egress": [{"toCIDR": ["0.0.0.0/0"]}],
    }
    opening = thing("cilium.io/v2", "CiliumNetworkPolicy", "edge", uid=False, spec=spec)
    assert states(audit(web, odd, CLOSED, opening)) == {
        "Deployment/web": "blocked",
        "Pod/web-5d7c-x": "open",
    }


def test_a_reference_to_another_object_is_none() -> None:
    web = deployment()
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    for changed in (
        {**reference, "uid": "of one that is gone"},
        {**reference, "kind": "DaemonSet"},
        {**reference, "apiVersion": "example.com/v1"},
        {**reference, "name": "other"},
    ):
        claiming = pod(None, metadata={"ownerReferences": [changed]})
        assert len(states(audit(web, claiming, CLOSED))) == 2, changed
    away = pod(None, metadata={"ownerReferences": [reference], "namespace": "stock"})
    assert len(states(audit(web, away, CLOSED))) == 2


def test_of_a_circle_each_is_judged() -> None:
    first, second = deployment("web"), deployment("web2")
    second["spec"]["template"] = first["spec"]["template"]
    for one, other in ((first, second), (second, first)):
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "controller": True}
        name = other["metadata"]["name"]
        one["metadata"]["ownerReferences"] = [{**reference, "name": name}]
    third = pod(first)
    assert set(states(audit(first, second, third))) == {
        *("Deployment/web", "Deployment/web2", "Pod/web-5d7c-x")
    }
    first["metadata"]["ownerReferences"][0]["name"] = "web"
    assert "Deployment/web" in states(audit(first))


ALLOW = policy(
    "allow-metadata-web",
    {"matchLabels": {"app": "web"}},
    {
        "to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}],
        "ports": [{"port": 80}],
    },
)
ALLOW["metadata"]["annotations"] = {"imds-guard.dev/reason": "reads its zone"}
EXCEPTED = {"imds-guard.dev/allow-metadata": "reads its zone"}


def test_an_exception_of_the_owner_is_that_of_its_pods() -> None:
    web = deployment(annotations=EXCEPTED)
    found = audit(web, replica_set(web), pod(replica_set(web)), CLOSED, ALLOW)
    assert states(found) == {"Deployment/web": "excepted"}
    assert not ids(found)


@pytest.mark.parametrize("uids", [(True, False), (False, True), (False, False)])
def test_an_exception_is_not_claimed_by_text_alone(uids: tuple[bool, bool]) -> None:
    """Anyone can write an ownerReference; only the API server writes a uid on the owner."""
    web = deployment(annotations=EXCEPTED, uid=uids[0])
    thief = pod(web)
    if uids[1]:
        thief["metadata"]["ownerReferences"][0]["uid"] = "made up"
    else:
        thief["metadata"]["ownerReferences"][0].pop("uid", None)
    found = audit(web, thief, CLOSED, ALLOW)
    assert states(found)["Pod/web-5d7c-x"] == "open"
    assert "IG006" in ids(found)  # the exception selects pods that do not declare it
    assert states(found) == states(audit(web, pod(None), CLOSED, ALLOW))


def test_an_owner_that_is_left_out_takes_its_pods_along() -> None:
    web = deployment(annotations={"imds-guard.dev/exclude": "a tool of the cluster"})
    found = audit(web, replica_set(web), pod(replica_set(web)), deployment("api"), CLOSED)
    assert states(found) == {"Deployment/api": "blocked"}
    assert not ids(found)
    claiming = pod(web)
    del claiming["metadata"]["ownerReferences"][0]["uid"]
    found = audit(web, claiming, deployment("api"), policy("own", {"matchLabels": {"app": "api"}}))
    assert states(found)["Pod/web-5d7c-x"] == "open"


def test_no_policy_is_written_for_pods_of_others() -> None:
    web = deployment()
    items = [web, replica_set(web), pod(replica_set(web))]
    ended = imds_guard("--set", "scope=workload", stdin=yaml.safe_dump_all(items).encode())
    assert ended.status == 0, ended.stderr
    found = list(yaml.safe_load_all(ended.stdout))
    written = [one["metadata"]["name"] for one in found if one["kind"] == "NetworkPolicy"]
    base = ("default-deny-all", "allow-dns-egress", "deny-cloud-metadata")
    assert written == [f"web-{name}" for name in base]


def test_what_the_engine_does_to_the_pod_alone_is_said() -> None:
    web = deployment()
    own = {"app": "web", **HASH, "eks.amazonaws.com/fargate-profile": "batch"}
    found = audit(web, pod(web, labels=own), CLOSED, args=("--platform", "eks"))
    assert states(found) == {"Deployment/web": "blocked", "Pod/web-5d7c-x": "unenforced"}


def test_a_resource_whose_pods_are_shown_is_no_unseen_one() -> None:
    custom = thing("monitoring.coreos.com/v1", "Prometheus", "k8s", spec={"replicas": 2})
    spec = {"template": template({"app": "web"})}
    made = thing("apps/v1", "StatefulSet", "prometheus-k8s", owner=custom, spec=spec)
    assert "IG009" not in ids(audit(custom, made, CLOSED))
    del made["metadata"]["ownerReferences"][0]["uid"]
    assert "IG009" in ids(audit(custom, made, CLOSED))


def test_the_reference_of_a_controller_comes_first() -> None:
    web, other = deployment(), deployment("other")
    owned = pod(web)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}
    owned["metadata"]["ownerReferences"].insert(0, reference)
    assert set(states(audit(web, other, owned, CLOSED))) == {"Deployment/web", "Deployment/other"}


@settings(max_examples=150, deadline=None)
@given(own=labels, more=labels, given_policies=st.lists(policies(), max_size=4), uid=st.booleans())
def test_an_owner_never_hides_a_pod_with_another_verdict(
    own: dict[str, str], more: dict[str, str], given_policies: list[Object], uid: bool
) -> None:
    """Whatever the policies: with the reference and without it the same states are there."""
    owner = deployment(uid=uid)
    owner["spec"] = {"template": template(own)}
    claiming = pod(owner, labels={**own, **more, **HASH})
    alone = pod(None, labels={**own, **more, **HASH})
    named = [
        {**one, "metadata": {**one["metadata"], "name": f"p{at}"}}
        for at, one in enumerate(given_policies)
    ]
    told = set(states(audit(owner, claiming, *named)).values())
    really = states(audit(owner, alone, *named))
    assert min(map(WORST.index, told)) <= min(map(WORST.index, really.values()))
    assert really["Pod/web-5d7c-x"] in told
