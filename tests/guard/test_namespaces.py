"""Where resources are that name no namespace, and which namespaces a run governs."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.support.program import Ended, imds_guard

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web}]}
"""
IN_DEFAULT = WEB.replace("{name: web}", "{name: db, namespace: default}", 1).replace(
    "app: web", "app: db"
)
IN_SHOP = WEB.replace("{name: web}", "{name: api, namespace: shop}", 1)


def run(*documents: str, **pairs: str) -> Ended:
    """The function with these fields of the configuration."""
    args = [word for key, text in pairs.items() for word in ("--set", f"{key}={text}")]
    return imds_guard(*args, stdin="---\n".join(documents).encode())


def policies(ended: Ended) -> list[tuple[str | None, str]]:
    """Namespace and name of every policy that comes out."""
    found = [one for one in yaml.safe_load_all(ended.stdout) if one["kind"] == "NetworkPolicy"]
    return [(one["metadata"].get("namespace"), one["metadata"]["name"]) for one in found]


def test_what_names_no_namespace_has_policies_that_name_none() -> None:
    assert {namespace for namespace, _ in policies(run(WEB))} == {None}


def test_none_and_default_are_one_namespace() -> None:
    ended = run(WEB, IN_DEFAULT)
    assert (ended.status, ended.stderr) == (0, "")
    found = policies(ended)
    assert len(found) == len(set(found))
    assert {namespace for namespace, _ in found} == {"default"}


def test_the_configuration_says_where_they_will_be() -> None:
    found = policies(run(WEB, IN_SHOP, defaultNamespace="shop"))
    assert len(found) == len(set(found))
    assert {namespace for namespace, _ in found} == {"shop"}


def test_a_single_other_namespace_is_said() -> None:
    ended = run(WEB, IN_SHOP)
    assert ended.stderr.startswith("warning namespace web: it names no namespace")
    assert "set defaultNamespace" in ended.stderr
    assert run(WEB, IN_SHOP, IN_SHOP.replace("shop", "bank")).stderr == ""


def test_what_names_no_namespace_is_governed_whatever_include_says() -> None:
    found = policies(run(WEB, IN_SHOP, **{"namespaces.include": "bank"}))
    assert {namespace for namespace, _ in found} == {None}


def test_exclude_adds_to_the_system_namespaces() -> None:
    system = IN_SHOP.replace("shop", "kube-system")
    assert policies(run(system, **{"namespaces.exclude": "lab"})) == []
    assert policies(run(system, **{"namespaces.include": "kube-*"})) == []
    assert policies(run(system, **{"namespaces.include": "kube-system"})) != []


def test_policies_of_namespaces_that_are_not_governed_stay() -> None:
    everything = run(IN_SHOP, IN_SHOP.replace("shop", "bank"))
    ended = imds_guard("--set", "namespaces.include=bank", stdin=everything.stdout)
    assert ended.stdout == everything.stdout


def test_an_exclusion_counts_from_the_configuration_alone_where_that_is_said() -> None:
    hostile = IN_SHOP.replace("namespace: shop}", 'annotations: {imds-guard.dev/exclude: "x"}}')
    assert policies(run(hostile)) == [(None, name) for _, name in policies(run(WEB))]
    ended = run(hostile, trustAnnotations="false")
    assert ended.status == 1
    assert "error IG006" in ended.stderr
    assert "trustAnnotations is false" in ended.stderr


def test_names_of_workloads_never_collide() -> None:
    stateful = WEB.replace("Deployment", "StatefulSet").replace("app: web", "app: two")
    taken = WEB.replace("name: web", "name: web-statefulset", 1).replace("app: web", "app: three")
    ended = run(WEB, stateful, taken, scope="workload")
    assert ended.status == 0, ended.stderr
    found = policies(ended)
    assert len(found) == len(set(found)) == 9


def test_a_namespace_without_a_name_is_refused_with_its_place() -> None:
    for metadata in ("", "metadata:\n", "metadata: {labels: {app: a}}\n"):
        ended = run(f"# ours\napiVersion: v1\nkind: Namespace\n{metadata}")
        assert ended.status == 2
        assert "line 2, column 1: a Namespace needs a name" in ended.stderr


def test_an_include_that_matches_nothing_is_said_with_the_nearest_name() -> None:
    ended = run(IN_SHOP, WEB, **{"namespaces.include": "shpo"})
    assert ended.status == 0  # what names no namespace is governed
    assert ended.stderr.startswith("warning namespaces shpo: namespaces.include has it, but no ")
    assert "(fix: write shop)" in ended.stderr
    several = run(IN_SHOP, **{"namespaces.include": "shop, shpo, bank-*"})
    assert several.stderr.startswith("warning namespaces shpo, bank-*: ")
    assert "(fix: write shop for shpo)" in several.stderr


def test_it_is_an_error_where_workloads_are_there_and_none_is_governed() -> None:
    ended = run(IN_SHOP, **{"namespaces.include": "shpo"})
    assert ended.status == 1
    assert "error namespaces shpo: " in ended.stderr
    assert "no workload is governed (fix: write shop)" in ended.stderr
    assert ended.stdout.startswith(IN_SHOP.encode())  # it is written all the same
    audit = imds_guard("audit", "-", "--set", "namespaces.include=shpo", stdin=IN_SHOP.encode())
    assert audit.status == 1
    # Nothing but a Namespace: nothing is at stake.
    only = run(
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}",
        **{"namespaces.include": "shpo"},
    )
    assert (only.status, only.stderr.split()[0]) == (0, "warning")


def test_a_glob_that_matches_system_namespaces_alone_governs_nothing_and_says_so() -> None:
    ended = run(IN_SHOP.replace("shop", "kube-system"), **{"namespaces.include": "kube-*"})
    assert ended.status == 1
    assert "only system namespaces match, and a glob does not govern those" in ended.stderr
    assert "(fix: write kube-system)" in ended.stderr
    exact = {"namespaces.include": "kube-system"}
    assert run(IN_SHOP.replace("shop", "kube-system"), **exact).stderr == ""


def test_an_exclude_that_matches_nothing_is_a_warning() -> None:
    ended = run(IN_SHOP, **{"namespaces.exclude": "lab"})
    assert ended.status == 0
    assert ended.stderr.startswith("warning namespaces lab: namespaces.exclude has it, but no ")
    assert "(fix: write shop, or remove it)" in ended.stderr
    # Those of the system are left out whether they are named or not.
    assert run(IN_SHOP, **{"namespaces.exclude": "kube-system, kube-public"}).stderr == ""


def test_a_glob_and_the_namespace_of_a_policy_match() -> None:
    policy = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: bank}
spec: {podSelector: {}, policyTypes: [Egress]}
"""
    assert run(IN_SHOP, policy, **{"namespaces.include": "sh*, bank"}).stderr == ""
    nothing = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
    assert run(nothing, **{"namespaces.include": "shop"}).stderr == ""


def test_policies_and_services_that_name_no_namespace_stand_apart_too() -> None:
    """A chart of which only the templates of policies, or of workloads, write a namespace."""
    policy = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Egress]}
"""
    service = (
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}}}\n"
    )
    for unnamed in (policy, service):
        ended = run(IN_SHOP, unnamed)
        assert "it names no namespace, so it counts as of default, apart from shop" in ended.stderr
        named = unnamed.replace("metadata: {", "metadata: {namespace: shop, ")
        assert "apart from shop" in run(WEB, named).stderr
        assert "apart from" not in run(IN_SHOP, unnamed, defaultNamespace="shop").stderr
        assert "apart from" not in run(IN_SHOP, named).stderr


def test_clients_of_cluster_dns_are_let_in_where_its_namespace_is_governed() -> None:
    dns = IN_SHOP.replace("shop", "kube-system").replace("app: web", "k8s-app: kube-dns")
    written = policies(run(dns, **{"namespaces.include": "kube-system"}))
    assert ("kube-system", "allow-dns-ingress") in written
    bare = dns.replace(", namespace: kube-system", "")
    ended = run(bare, defaultNamespace="kube-system")
    assert (None, "allow-dns-ingress") in policies(ended)
    assert ended.status == 0, ended.stderr


def test_the_namespaces_of_platform_and_engine_are_left_out() -> None:
    for name, pairs in {
        "openshift-monitoring": {"platform": "openshift"},
        "amazon-cloudwatch": {"platform": "aws"},
        "calico-system": {},
    }.items():
        there = IN_SHOP.replace("shop", name)
        assert policies(run(there, **pairs)) == []
        assert policies(run(there, **pairs, **{"namespaces.include": f"{name[:-1]}*"})) == []
        assert policies(run(there, **pairs, **{"namespaces.include": name})) != []
    # No platform's own: a name that somebody may give.
    assert policies(run(IN_SHOP.replace("shop", "openshift-monitoring"))) != []


def test_a_generator_knows_where_its_policies_will_be() -> None:
    """Workloads with the namespace and without it are in one, and get one set of policies."""

    def written(**spec: Any) -> list[tuple[str | None, str]]:
        local = {"config.kubernetes.io/local-config": "true"}
        config = {
            "apiVersion": "imds-guard.dev/v1alpha1",
            "kind": "ImdsGuard",
            "metadata": {"name": "guard", "annotations": local},
            "spec": {"defaultNamespace": "shop", **spec},
        }
        given = {
            "apiVersion": "config.kubernetes.io/v1",
            "kind": "ResourceList",
            "items": [config],
            "functionConfig": config,
        }
        ended = imds_guard(stdin=json.dumps(given).encode())
        assert (ended.status, ended.stderr) == (0, "")
        found = json.loads(ended.stdout)["items"][1:]
        return [(one["metadata"].get("namespace"), one["metadata"]["name"]) for one in found]

    web = {"name": "web", "matchLabels": {"app": "web"}}
    api = {"name": "api", "matchLabels": {"app": "api"}}
    exceptions = [{"workload": "shop/api", "reason": "reads its zone"}]
    names = ["default-deny-all", "allow-dns-egress", "deny-cloud-metadata", "allow-metadata-api"]
    found = written(workloads=[{**web, "namespace": "shop"}, api], exceptions=exceptions)
    assert sorted(found) == sorted(("shop", name) for name in names)
    found = written(workloads=[web, api], exceptions=exceptions)
    assert {namespace for namespace, _ in found} == {None}
    assert sorted(name for _, name in found) == sorted(names)
    assert {namespace for namespace, _ in written()} == {None}
