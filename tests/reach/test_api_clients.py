"""Which workloads use the Kubernetes API, and what shows it."""

from __future__ import annotations

from typing import Any

import pytest

from imds_guard.guard.discover import discover
from imds_guard.guard.pods import pods_of, subject_of
from imds_guard.reach.api_clients import api_clients
from imds_guard.resources import resources, workloads
from imds_guard.wire import read
from tests.support.applications import Resource, resource, stream, workload

RBAC = "rbac.authorization.k8s.io"
ACCOUNT = {"kind": "ServiceAccount", "name": "op", "namespace": "shop"}


def binding(kind: str = "RoleBinding", *subjects: dict[str, Any], role: str = "edit") -> Resource:
    """A binding of a ClusterRole to these subjects."""
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    namespace = "shop" if kind == "RoleBinding" else None
    fields = {"roleRef": reference, "subjects": list(subjects or (ACCOUNT,))}
    return resource(f"{RBAC}/v1", kind, "op", namespace, **fields)


def seen(*documents: Resource) -> dict[str, str]:
    """What shows that a workload uses the API, by its name."""
    found = list(resources(read(stream(list(documents)))))
    inventory = discover(found)
    subjects = [subject_of(pods_of(one), None) for each in found for one in workloads(each)]
    return {
        client.subject.name: client.sign for client in api_clients(inventory.declared, subjects)
    }


def with_account(**pod: Any) -> Resource:
    return workload("op", pod={"serviceAccountName": "op", **pod})


@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
def test_a_role_of_its_account_shows_it(kind: str) -> None:
    sign = f"its ServiceAccount op is bound by {kind} {'shop/' if kind[0] == 'R' else ''}op"
    assert seen(with_account(), binding(kind)) == {"op": sign}


@pytest.mark.parametrize(
    "subjects",
    [
        [{**ACCOUNT, "namespace": "other"}],
        [{**ACCOUNT, "name": "other"}],
        [{"kind": "User", "name": "op"}],
        [{"kind": "Group", "name": "system:serviceaccounts:shop"}],
    ],
)
def test_a_role_of_somebody_else_shows_nothing(subjects: list[dict[str, Any]]) -> None:
    assert seen(with_account(), binding("RoleBinding", *subjects)) == {}


def test_without_an_account_of_its_own_a_workload_is_the_default_one() -> None:
    default = {**ACCOUNT, "name": "default"}
    assert list(seen(workload("web"), binding("RoleBinding", default))) == ["web"]


@pytest.mark.parametrize("verbs", [["use"], ["get"], ["use", "get"]])
def test_a_role_for_admission_alone_calls_no_api(verbs: list[str]) -> None:
    rules = [{"apiGroups": ["policy"], "resources": ["podsecuritypolicies"], "verbs": verbs}]
    role = resource(f"{RBAC}/v1", "ClusterRole", "psp", None, rules=rules)
    is_seen = bool(seen(with_account(), role, binding(role="psp")))
    assert is_seen is (verbs != ["use"])


TOKEN_VOLUME = {
    "name": "token",
    "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]},
}


@pytest.mark.parametrize(
    ("of_pod", "of_account", "uses"),
    [
        (None, None, True),
        (False, None, False),
        (None, False, False),
        (True, False, True),
        (False, True, False),
    ],
)
def test_without_a_token_a_role_shows_nothing(
    of_pod: bool | None, of_account: bool | None, uses: bool
) -> None:
    pod = {} if of_pod is None else {"automountServiceAccountToken": of_pod}
    account = {} if of_account is None else {"automountServiceAccountToken": of_account}
    documents = [with_account(**pod), resource("v1", "ServiceAccount", "op", "shop", **account)]
    assert bool(seen(*documents, binding())) is uses


def test_a_projected_token_is_one_too() -> None:
    pod = with_account(automountServiceAccountToken=False, volumes=[TOKEN_VOLUME])
    assert list(seen(pod, binding())) == ["op"]


@pytest.mark.parametrize(
    ("container", "field"),
    [
        ({"command": ["kubectl", "get", "pods"]}, "command"),
        ({"command": ["/usr/local/bin/kubectl", "get", "pods"]}, "command"),
        ({"command": ["sh", "-c", "set -e; kubectl get pods"]}, "command"),
        ({"args": ["--master=https://kubernetes.default.svc:443"]}, "args"),
        ({"args": ["--host=https://$(KUBERNETES_SERVICE_HOST)"]}, "args"),
        ({"env": [{"name": "API", "value": "kubernetes.default:443"}]}, "env"),
        ({"env": [{"name": "KUBERNETES_SERVICE_HOST", "value": "10.0.0.1"}]}, "env"),
    ],
)
def test_what_names_the_api_server_shows_it(container: dict[str, Any], field: str) -> None:
    assert seen(workload("op", **container)) == {"op": f"its {field} names it"}


@pytest.mark.parametrize(
    "container",
    [
        {"image": "example.com/kubectl:1"},
        {"args": ["--tool=kubectl-neat"]},
        {"args": ["--url=https://kubernetes.io"]},
        {"env": [{"name": "KUBERNETES_NAMESPACE", "value": "shop"}]},
        {"env": [{"name": "HOST", "value": "my-kubernetes.default.example.com"}]},
        {"env": [{"name": "API", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]},
    ],
)
def test_what_only_looks_like_it_shows_nothing(container: dict[str, Any]) -> None:
    assert seen(workload("web", **container)) == {}


def test_a_workload_on_the_host_is_left_out() -> None:
    assert seen(with_account(hostNetwork=True), binding()) == {}


@pytest.mark.parametrize(
    "written",
    [
        'args: ["--host=\\x6bubernetes.default"]',
        "args:\n        - >-\n          run\n          kubectl get",
    ],
)
def test_it_is_seen_however_it_is_written(written: str) -> None:
    text = stream([workload("op", image="HERE")]).decode().replace("image: HERE", written)
    found = list(resources(read(text.encode())))
    subjects = [subject_of(pods_of(one), None) for each in found for one in workloads(each)]
    (client,) = api_clients(discover(found).declared, subjects)
    assert client.sign == "its args names it"
