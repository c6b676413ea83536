"""Where resources are that name no namespace, and which namespaces a run governs."""

from __future__ import annotations

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
