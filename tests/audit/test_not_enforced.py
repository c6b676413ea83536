"""Workloads whose policies the engine does not enforce, as a person is told of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.support.program import imds_guard

CLOSED: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "closed", "namespace": "shop"},
    "spec": {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [{"ports": [{"protocol": one, "port": 53} for one in ("UDP", "TCP")]}],
    },
}


def pod(name: str = "web", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "labels": {"app": name}}
    body = {"containers": [{"name": "main", "image": "example.com/main"}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body}


def deployment(name: str = "web", **spec: Any) -> dict[str, Any]:
    template = pod(name, **spec)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": template["spec"]},
        },
    }


def audit(*resources: dict[str, Any], args: tuple[str, ...] = (), form: str = "json") -> Any:
    ended = imds_guard(
        *("audit", "-", "--format", form, *args), stdin=yaml.safe_dump_all(resources).encode()
    )
    assert ended.status in (0, 1), ended.stderr
    return json.loads(ended.stdout) if form in ("json", "sarif") else ended.stdout.decode()


def platform(*pairs: str) -> tuple[str, ...]:
    return tuple(word for pair in pairs for word in ("--set", pair))


def test_it_is_never_called_blocked() -> None:
    found = audit(pod(), CLOSED, args=platform("platform=eks"))
    assert found["summary"]["unenforced"] == 1
    assert found["summary"]["blocked"] == 0
    (verdict,) = found["verdicts"]
    assert verdict["state"] == "unenforced"
    assert {one["address"] for one in verdict["openings"]} == {"169.254.169.254", "fd00:ec2::254"}
    assert "standalone" in verdict["reason"]


def test_an_open_policy_is_still_the_worse_news() -> None:
    spec = {**CLOSED["spec"], "egress": [{}]}
    found = audit(pod(), {**CLOSED, "spec": spec}, args=platform("platform=eks"))
    assert found["verdicts"][0]["state"] == "open"
    assert {one["id"] for one in found["findings"] if one["severity"] != "info"} == {
        *("IG001", "IG010")
    }


def test_in_a_cluster_of_ipv6_the_ipv4_endpoint_is_what_is_reached() -> None:
    found = audit(deployment(), CLOSED, args=platform("platform=eks", "ipFamilies=IPv6"))
    (verdict,) = found["verdicts"]
    assert verdict["openings"] == [{"address": "169.254.169.254", "ports": [80]}]


@pytest.mark.parametrize("form", ["table", "markdown", "sarif"])
def test_every_format_has_it(form: str) -> None:
    args = platform("cni=flannel")
    text = str(audit(deployment(), CLOSED, args=args, form=form))
    assert "IG010" in text
    assert form == "sarif" or "unenforced" in text
    assert "blocked" not in text


def test_an_explanation_says_why() -> None:
    args = (*platform("cni=flannel"), "--explain", "web")
    assert "unenforced, flannel enforces no NetworkPolicy" in audit(
        deployment(), CLOSED, args=args, form="table"
    )


def test_it_is_red_where_warnings_are() -> None:
    data = yaml.safe_dump_all([deployment(), CLOSED]).encode()
    args = ("audit", "-", *platform("cni=flannel"))
    assert imds_guard(*args, stdin=data).status == 0
    assert imds_guard(*args, "--fail-on", "warning", stdin=data).status == 1


def test_what_holds_for_every_workload_is_said_once() -> None:
    found = audit(deployment("a"), deployment("b"), CLOSED, args=platform("cni=flannel"))
    assert [one["subject"] for one in found["findings"] if one["id"] == "IG010"] == [
        "shop/a (and 1 more)"
    ]
    assert found["summary"]["unenforced"] == 2


def test_without_workloads_it_is_said_of_the_policies() -> None:
    found = audit(CLOSED, args=platform("cni=flannel"))
    assert [one["subject"] for one in found["findings"] if one["id"] == "IG010"] == [
        "pods that no manifest shows"
    ]


def test_a_word_is_found_however_it_is_written() -> None:
    """An escape or a tag may hide a word of the text from a search for it."""
    text = yaml.safe_dump(deployment())
    escaped = 'nodeSelector: {"kubernetes.io/os": "\\x77indows"}'
    tagged = "nodeSelector: {kubernetes.io/os: !!str windows}"
    for written in (escaped, tagged, "nodeSelector: {kubernetes.io/os: !!binary d2luZG93cw==}"):
        data = text.replace("    spec:\n", f"    spec:\n      {written}\n")
        ended = imds_guard("audit", "-", *platform("cni=cilium"), stdin=data.encode())
        assert b"IG010" in ended.stdout, written


def test_a_template_deep_inside_is_asked_for_its_own_spec() -> None:
    inner = pod(nodeSelector={"kubernetes.io/os": "windows"}, dnsPolicy="None")
    jobs = {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": "train", "namespace": "shop"},
        "spec": {
            "dnsPolicy": "ClusterFirst",
            "replicatedJobs": [{"name": "a", "template": {"spec": {"template": inner}}}],
        },
    }
    found = audit(jobs, CLOSED, args=platform("cni=cilium"))
    assert {one["id"] for one in found["findings"] if one["severity"] != "info"} == {
        *("IG004", "IG010")  # no nameserver of its own is named, so no name resolves
    }
