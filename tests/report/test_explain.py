"""`imds-guard audit --explain`: why a workload has its verdict."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.support.applications import config
from tests.support.applications import guarded as built
from tests.support.shop import AGENT, DNS, OPEN, OPEN_LINE, WEB, as_json, audit, guarded


def test_a_workload_is_explained_rule_by_rule(shop: Path) -> None:
    for name in ("web", "shop/web", "deployment/shop/web"):
        ended = audit("deploy", "--explain", name)
        assert (ended.status, ended.stderr) == (0, "")
        text = ended.stdout.decode()
        assert text.startswith("Deployment shop/web\n  deploy/web.yaml:1\n  pod labels: app=web\n")
        assert "metadata: open, by open egress[1]\n" in text
        assert "DNS: allowed by open egress[0]\n" in text
        assert f"    {DNS}\n      gives DNS\n" in text
        rule = "    egress[1] to 0.0.0.0/0, on TCP 80\n      opens metadata: 169.254.169.254:80\n"
        assert rule in text
        assert "Ingress: no NetworkPolicy selects it, so everything gets in\n" in text


def test_what_nothing_selects_gets_everywhere(shop: Path) -> None:
    text = audit("deploy/web.yaml", "--explain", "web").stdout.decode()
    assert "metadata: open, no NetworkPolicy for egress selects it\n" in text
    assert "Egress: no NetworkPolicy selects it, so everything gets out\n" in text


def test_what_is_on_the_host_has_no_rules(shop: Path) -> None:
    text = audit("-", "--explain", "agent", stdin=f"{AGENT}---\n{OPEN}").stdout.decode()
    assert "metadata: ungoverned, on the host's network" in text
    assert "Egress" not in text


def test_an_exception_is_shown_with_its_reason() -> None:
    text = guarded(
        WEB.replace(
            "  namespace", "  annotations: {imds-guard.dev/allow-metadata: zone}\n  namespace"
        )
    )
    said = audit("-", "--explain", "web", stdin=text).stdout.decode()
    assert "metadata: excepted, zone\n" in said
    assert "allow-metadata-web\n" in said


def test_policies_of_other_kinds_are_shown() -> None:
    world = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: world, namespace: shop}
spec:
  endpointSelector: {}
  egress:
  - toEntities: [world]
"""
    args = ("-", "--explain", "web")
    text = audit(*args, stdin=f"{WEB}---\n{world}").stdout.decode()
    assert "  CiliumNetworkPolicy shop/world egress[0]\n    allows: 169.254.169.254:80" in text
    assert "Egress: no NetworkPolicy selects it; for policies of other kinds see below\n" in text
    (found,) = as_json(*args, stdin=f"{WEB}---\n{world}")
    (other,) = found["others"]
    assert (other["policy"], other["action"]) == ("CiliumNetworkPolicy shop/world", "allow")


def test_json_says_the_same(shop: Path) -> None:
    (found,) = as_json("deploy", "--explain", "web")
    assert found["workload"]["labels"] == {"app": "web"}
    assert (found["verdict"]["state"], found["dns"]) == ("open", ["open egress[0]"])
    assert (found["egress"]["isolated"], found["ingress"]["isolated"]) == (True, False)
    dns, web = found["egress"]["policies"][0]["rules"]
    assert (dns["givesDns"], dns["opensMetadata"]) == (True, [])
    assert (web["givesDns"], web["opensMetadata"]) == (
        False,
        [{"address": "169.254.169.254", "ports": [80]}],
    )
    assert web["place"] == f"deploy/my policies.yaml:{OPEN_LINE - 1}"


def test_rules_are_put_into_words() -> None:
    peers = [
        {"podSelector": {}},
        {"namespaceSelector": {}},
        {"namespaceSelector": {"matchLabels": {"team": "a"}}, "podSelector": {}},
        {"podSelector": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}},
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
    ]
    ports = [{"port": 80}, {"port": 90, "endPort": 99}, {"protocol": "UDP"}, {"port": "http"}]
    policy = yaml.safe_load(OPEN)
    policy["spec"]["egress"] = [{"to": peers, "ports": ports}, {}]
    stdin = f"{WEB}---\n{yaml.safe_dump(policy)}"
    (found,) = as_json("-", "--explain", "web", stdin=stdin)
    some, every = found["egress"]["policies"][0]["rules"]
    assert some["peers"] == [
        "every pod of its own namespace",
        "every pod of every namespace",
        "every pod of namespaces with team=a",
        "pods with tier present of its own namespace",
        "pods with a not in (b) of its own namespace",
        "10.0.0.0/8 except 10.1.0.0/16",
    ]
    assert some["ports"] == ["TCP 80, 90-99, http", "UDP on every port"]
    assert (every["peers"], every["ports"]) == (["anywhere"], ["every port"])


def test_what_a_denial_takes_back_is_said() -> None:
    """NetworkPolicies let it through, and a policy of another kind does not."""
    given = config(deny=["cilium"])
    out, _ = built(f"{WEB}---\n{OPEN}".encode(), given)
    said = audit("-", "--explain", "shop/web", stdin=out).stdout.decode()
    assert "denied by CiliumClusterwideNetworkPolicy deny-cloud-metadata egressDeny" in " ".join(
        said.split()
    )
    assert "whatever NetworkPolicies say" in " ".join(said.split())


def test_the_platform_that_the_policies_were_built_for_is_said() -> None:
    out, _ = built(WEB.encode(), config(platform="gke"))
    for form in ("table", "markdown"):
        said = audit("-", "--format", form, stdin=out).stdout.decode()
        assert "Measured by gke, which the policies here say they were built for." in " ".join(
            said.split()
        )
