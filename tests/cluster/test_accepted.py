"""All that imds-guard writes is taken by a real API server, strictly and as it stands.

The server knows the definitions of the other policy kinds, so their schemas and CEL rules say yes
or no as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from imds_guard.policies.admission import GUARDS
from imds_guard.policies.deny import DENIERS
from tests.cluster import definitions
from tests.cluster.api import STRICTLY, Api, Resource
from tests.cluster.manifests import deployment, namespace, network_policy
from tests.cluster.plane import Plane
from tests.cluster.program import configured, guarded, read
from tests.cluster.record import Record
from tests.support.program import imds_guard

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = [
    namespace("shop"),
    deployment("shop", "web", {"app": "web"}),
    deployment("shop", "db", {"app": "db", "tier": "back"}),
]
ADMISSION = "admissionregistration.k8s.io"
FAMILIES = (("IPv4", "IPv6"), ("IPv4",), ("IPv6",))
POLICY_KINDS = ("NetworkPolicy", "CiliumNetworkPolicy")
# What a configuration may have besides: each is tried on every platform.
FURTHER: tuple[dict[str, Any], ...] = (
    {"exceptions": [{"workload": "web", "reason": "reads its own tags"}]},
    {"exceptions": [{"workload": "shop/db", "reason": "x", "ports": [80]}], "scope": "workload"},
    {"allow": {"sameNamespace": True, "ingress": [{"from": {"namespace": "edge"}, "ports": [80]}]}},
    {"allow": {"egress": [{"to": {"cidr": "0.0.0.0/0"}, "ports": ["8000-8080/TCP", "53/UDP"]}]}},
    {"allow": {"egress": [{"to": {"cidr": "::/0"}}], "ingress": [{"from": {"podLabels": {}}}]}},
    {"dns": {"to": "anywhere"}, "egress": "any"},
    {"providers": ["equinix", "scaleway", "azure-wireserver", "oracle-classic"], "egress": "any"},
    {"labels": {"team": "shop"}, "annotations": {"note": "a: b # c"}},
)


@pytest.fixture(scope="module")
def api(plane: Plane) -> Api:
    definitions.install(plane.api)
    return plane.api


def files(pattern: str) -> list[str]:
    return sorted(str(one.relative_to(ROOT)) for one in ROOT.glob(pattern))


def vocabulary(field: str) -> list[str]:
    """The values that a field of the configuration takes, by the published schema."""
    schema = json.loads(imds_guard("schema").stdout)
    return [str(one) for one in schema["properties"]["spec"]["properties"][field]["enum"]]


def configurations() -> Iterator[dict[str, Any]]:
    choices = product(
        *(vocabulary(one) for one in ("platform", "cni", "egress")),
        ("namespace", "workload"),
        ("link-local", "endpoints"),
        FAMILIES,
        (False, True),
    )
    for platform, cni, egress, scope, block, families, identity in choices:
        yield {
            "platform": platform,
            "cni": cni,
            "egress": egress,
            "scope": scope,
            "block": block,
            "ipFamilies": families,
            "podIdentity": identity,
        }


class Acceptance:
    """Asks the server about each policy once, however many configurations write the same."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._refused: dict[str, str] = {}

    def refused(self, policies: list[Resource]) -> list[str]:
        """What the server said against policies that it does not take as they are."""
        found = [self._asked(one) for one in policies]
        return [one for one in found if one]

    @property
    def asked(self) -> int:
        return len(self._refused)

    def _asked(self, policy: Resource) -> str:
        key = json.dumps(policy, sort_keys=True)
        if key not in self._refused:
            self._plane.add_namespace(policy["metadata"].get("namespace", "default"))
            answer = self._plane.api.apply(policy, STRICTLY)
            kept = answer.accepted and answer.body["spec"] == _without_empty(policy["spec"])
            said = answer.message or f"kept as {json.dumps(answer.body.get('spec'))}"
            self._refused[key] = "" if kept else f"{said}\n{json.dumps(policy, indent=1)}"
        return self._refused[key]


def _keeps(kept: Any, given: Any) -> bool:
    """Whether the server kept all that was given; it may have filled in defaults."""
    if isinstance(given, dict):
        return all(key in kept and _keeps(kept[key], held) for key, held in given.items())
    if isinstance(given, list):
        return len(kept) == len(given) and all(map(_keeps, kept, given))
    return bool(kept == given)


def _without_empty(value: Any) -> Any:
    """The value without empty lists, which the server leaves out."""
    if isinstance(value, dict):
        return {key: _without_empty(one) for key, one in value.items() if one != []}
    return [_without_empty(one) for one in value] if isinstance(value, list) else value


def policies(resources: list[Resource]) -> list[Resource]:
    return [one for one in resources if one["kind"] in POLICY_KINDS]


def test_every_configuration(plane: Plane, api: Api, record: Record) -> None:
    acceptance, tried, refused = Acceptance(plane), 0, []
    for spec in configurations():
        ended = guarded(APPLICATION, *configured(spec))
        assert ended.status != 2, (spec, ended.stderr)
        written = policies(read(ended.stdout))
        assert written
        refused += [f"{spec}: {one}" for one in acceptance.refused(written)]
        tried += 1
    assert refused == []
    record.count("configurations, all policies of which were accepted", tried)
    record.count("different policies among them", acceptance.asked)


def test_every_platform_with_more_fields(
    plane: Plane, api: Api, tmp_path: Path, record: Record
) -> None:
    acceptance, tried, refused = Acceptance(plane), 0, []
    for platform, further in product(vocabulary("platform"), FURTHER):
        config = {"apiVersion": "imds-guard.dev/v1alpha1", "kind": "ImdsGuard"}
        path = tmp_path / "config.yaml"
        path.write_text(json.dumps({**config, "spec": {"platform": platform, **further}}))
        ended = guarded(APPLICATION, "--config", str(path))
        assert ended.status != 2, (platform, further, ended.stderr)
        refused += [f"{further}: {one}" for one in acceptance.refused(policies(read(ended.stdout)))]
        tried += 1
    assert refused == []
    record.count("configurations with exceptions, allowances and more", tried)


def test_every_denial(plane: Plane, api: Api, record: Record) -> None:
    """The cluster-wide objects of the kinds whose definitions the server has."""
    served = {
        (one["spec"]["group"], one["spec"]["names"]["kind"])
        for one in api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
    }
    tried: set[str] = set()
    excepted = deployment("shop", "agent", {"app": "agent"})
    excepted["metadata"]["annotations"] = {"imds-guard.dev/allow-metadata": "reads its zone"}
    for platform, families in product(vocabulary("platform"), FAMILIES):
        every = {"deny": list(DENIERS), "admission": list(GUARDS)}
        spec = {"platform": platform, "scope": "cluster", "ipFamilies": families, **every}
        ended = guarded([*APPLICATION, excepted], *configured(spec))
        assert ended.status != 2, (spec, ended.stderr)
        for one in read(ended.stdout):
            group = one["apiVersion"].partition("/")[0]
            if group != ADMISSION and (group, one["kind"]) not in served:
                continue
            text = json.dumps(one, sort_keys=True)
            if text not in tried:
                tried.add(text)
                answer = api.apply(one, STRICTLY)
                assert answer.accepted, (spec, answer.message, one)
                assert _keeps(answer.body["spec"], one["spec"]), (spec, one, answer.body)
    assert tried
    record.count("cluster-wide objects that deny or refuse, all accepted", len(tried))


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "kustomize/configs").glob("*.yaml")),
    ids=lambda one: str(one.relative_to(ROOT)),
)
def test_ready_configurations(plane: Plane, api: Api, path: str) -> None:
    ended = guarded(APPLICATION, "--config", str(ROOT / path))
    assert ended.status == 0, ended.stderr
    written = policies(read(ended.stdout))
    assert written
    assert Acceptance(plane).refused(written) == []


@pytest.mark.parametrize(
    "path",
    sorted(ROOT.glob("examples/*/.expected/**/*.yaml")),
    ids=lambda one: str(one.relative_to(ROOT)),
)
def test_examples(plane: Plane, api: Api, path: str) -> None:
    assert Acceptance(plane).refused(policies(read((ROOT / path).read_bytes()))) == []


def test_the_server_refuses_what_is_wrong(plane: Plane, api: Api) -> None:
    """The strict dry run would not show anything if it took everything."""
    wrong = [
        network_policy("default", "outside", egress("10.0.0.0/8", "192.168.0.0/16")),
        network_policy("default", "bits", egress("10.0.0.1/8")),
        network_policy("default", "unknown", {"podSelector": {}, "egresses": []}),
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "entity", "namespace": "default"},
            "spec": {"endpointSelector": {}, "egress": [{"toEntities": ["nobody"]}]},
        },
    ]
    assert [one["metadata"]["name"] for one in wrong if api.apply(one, STRICTLY).accepted] == []
    assert api.apply(network_policy("default", "right", egress("10.0.0.0/8")), STRICTLY).accepted


def egress(cidr: str, *excepted: str) -> Resource:
    block = {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}
    return {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": block}]}]}
