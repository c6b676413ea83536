"""An exception that is written is for its workload alone, and nobody else comes to be excepted."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.support.program import Ended, imds_guard

REASON = "reads its zone"


def deployment(
    name: str, labels: dict[str, str | None], selector: Any, *, excepted: bool = False
) -> dict[str, Any]:
    """A Deployment whose pods have these labels; its own selector may be a shorter one."""
    metadata: dict[str, Any] = {"labels": labels}
    if excepted:
        metadata["annotations"] = {"imds-guard.dev/allow-metadata": REASON}
    pod = {"containers": [{"name": "main", "image": f"example.com/{name}"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": selector, "template": {"metadata": metadata, "spec": pod}},
    }


SHARED = {"matchLabels": {"app": "shop"}}
WEB = deployment("web", {"app": "shop", "tier": "web"}, SHARED, excepted=True)
API = deployment("api", {"app": "shop", "tier": "api"}, SHARED)


def run(*documents: dict[str, Any], command: tuple[str, ...] = (), **pairs: str) -> Ended:
    """The program with these fields of the configuration."""
    args = [word for key, text in pairs.items() for word in ("--set", f"{key}={text}")]
    return imds_guard(*command, *args, stdin=yaml.safe_dump_all(documents).encode())


def selector_of(ended: Ended) -> Any:
    """Whom the exception that was written selects."""
    found: list[Any] = list(yaml.safe_load_all(ended.stdout))
    (policy,) = [one for one in found if one["metadata"]["name"].startswith("allow-metadata")]
    return policy["spec"]["podSelector"]


def verdicts(stdout: bytes) -> dict[str, str]:
    """The state of each workload."""
    report = json.loads(stdout)
    return {one["name"]: one["state"] for one in report["verdicts"]}


@pytest.mark.parametrize(
    "other,written",
    [
        (API, {"matchLabels": {"app": "shop", "tier": "web"}}),
        # Nobody shares its label, or nobody that its selector selects.
        (deployment("api", {"app": "api"}, {"matchLabels": {"app": "api"}}), SHARED),
        (deployment("api", {"tier": "web"}, {"matchLabels": {"tier": "web"}}), SHARED),
    ],
)
def test_a_selector_that_others_match_has_a_label_more(other: Any, written: Any) -> None:
    ended = run(WEB, other)
    assert (ended.status, ended.stderr) == (0, "")
    assert selector_of(ended) == written
    audited = imds_guard("audit", "-", "--format", "json", stdin=ended.stdout)
    assert verdicts(audited.stdout) == {"web": "excepted", "api": "blocked"}


def test_expressions_of_a_selector_stay() -> None:
    by_expression = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    web = deployment("web", {"app": "shop", "tier": "web"}, by_expression, excepted=True)
    expected = {**by_expression, "matchLabels": {"tier": "web"}}
    assert selector_of(run(web, API)) == expected


def test_a_label_that_the_other_may_have_sets_nothing_apart() -> None:
    """A null label may be dropped, or be the empty text."""
    web = deployment("web", {"app": "shop", "tier": "", "z": "web"}, SHARED, excepted=True)
    other = deployment("api", {"app": "shop", "tier": None, "z": "api"}, SHARED)
    assert selector_of(run(web, other)) == {"matchLabels": {"app": "shop", "z": "web"}}


def test_a_workload_without_a_label_of_its_own_is_an_error_that_names_the_other() -> None:
    bare = deployment("web", {"app": "shop"}, SHARED, excepted=True)
    ended = run(bare, API)
    assert ended.status == 1
    (line,) = ended.stderr.splitlines()
    assert line == (
        "error IG006 shop/allow-metadata-web: the exception is for shop/web, but also selects "
        "shop/api (fix: give the pods of shop/web a label of their own, and select them by it and "
        "not shop/api)"
    )
    audited = imds_guard("audit", "-", "--format", "json", stdin=ended.stdout)
    assert verdicts(audited.stdout) == {"web": "excepted", "api": "open"}


def test_the_label_that_separates_them_is_named() -> None:
    theirs = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "theirs",
            "namespace": "shop",
            "annotations": {"imds-guard.dev/reason": REASON},
        },
        "spec": {
            "podSelector": SHARED,
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}]}],
        },
    }
    ended = run(WEB, API, theirs)
    assert ended.status == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error IG006 shop/theirs: the exception is for shop/web, but also ")
    assert "podSelector: {matchLabels: {tier: web}}, which selects shop/web and not" in line
    # Where neither declares it, it cannot be told whom it is for: neither is excepted.
    plain = deployment("web", {"app": "shop", "tier": "web"}, SHARED)
    audited = run(plain, API, theirs, command=("audit", "-", "--format", "json"))
    assert verdicts(audited.stdout) == {"web": "open", "api": "open"}
    # Only one has the label: that one it is for.
    alone = run(plain, theirs, command=("audit", "-", "--format", "json"))
    assert verdicts(alone.stdout) == {"web": "excepted"}


def test_an_exception_by_its_own_word_counts_for_nobody_unseen_without_trust() -> None:
    """It selects no workload of the input, and the configuration knows nothing of it."""
    forged = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "forged",
            "namespace": "shop",
            "annotations": {"imds-guard.dev/reason": "because"},
        },
        "spec": {
            "podSelector": {"matchLabels": {"app": "unseen"}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}]}],
        },
    }
    assert run(API, forged).status == 0
    ended = run(API, forged, trustAnnotations="false")
    assert ended.status == 1
    assert "policy forged egress[0].to[0].ipBlock reaches 169.254.169.254" in ended.stderr
