"""`imds-guard audit`: what it reads, what it says in each format, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_sarif import model as sarif

from imds_guard.audit import CHECKS, AuditReport, Opening, Subject, Verdict
from imds_guard.config import Config
from imds_guard.guard.examine import examine
from imds_guard.report import chosen, names, progress
from imds_guard.report.findings import as_markdown, known_findings
from imds_guard.report.summary import STATES, Summary
from tests import clients
from tests.packages import imds_guard_config, kustomization, kustomize, write
from tests.program import Ended, imds_guard

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    metadata:
      labels: {app: web}
    spec:
      containers: []
"""
OPEN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: open
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
      podSelector:
        matchExpressions: [{key: k8s-app, operator: In, values: [kube-dns]}]
    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
  - to:
    - ipBlock:
        cidr: 0.0.0.0/0
    ports: [{port: 80}]
"""
AGENT = WEB.replace("name: web", "name: agent").replace(
    "containers: []", "hostNetwork: true\n      containers: []"
)
OPEN_BLOCK = "spec.egress[1].to[0].ipBlock"
OPEN_LINE = next(at for at, line in enumerate(OPEN.split("\n"), 1) if "- ipBlock" in line)
DNS = "egress[0] to pods with k8s-app=kube-dns of namespace kube-system, on UDP 53, TCP 53"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which web may reach metadata over IPv4, by one rule, and is the only workload."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return write(tmp_path, {"deploy/web.yaml": WEB, "deploy/my policies.yaml": OPEN})


def audit(*args: str, stdin: str | bytes = b"") -> Ended:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    return imds_guard("audit", *args, stdin=data)


def as_json(*args: str, stdin: str | bytes = b"") -> Any:
    return json.loads(audit(*args, "--format", "json", stdin=stdin).stdout)


def guarded(text: str) -> bytes:
    """The resources with the policies that keep them from metadata."""
    ended = imds_guard(stdin=text.encode())
    assert ended.status == 0, ended.stderr
    return ended.stdout


# What is read.


def test_a_folder(shop: Path) -> None:
    found = as_json("deploy")
    assert found["summary"] == {
        "workloads": 1,
        "open": 1,
        "uncertain": 0,
        "ungoverned": 0,
        "excepted": 0,
        "blocked": 0,
        "errors": 1,
        "warnings": 0,
    }
    (verdict,) = found["verdicts"]
    opening = {"address": "169.254.169.254", "ports": [80]}
    assert verdict == {
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "file": {"path": "deploy/web.yaml"},
        "state": "open",
        "openings": [opening],
    }
    (finding,) = found["findings"]
    assert finding["id"] == finding["tags"]["id"] == "IG001"
    assert finding["field"]["path"] == OPEN_BLOCK
    assert finding["file"]["path"] == "deploy/my policies.yaml"
    assert finding["file"]["line"] == OPEN_LINE
    assert finding["resourceRef"]["name"] == "open"


def test_files_that_are_no_resources_are_passed_over_in_folders_alone(shop: Path) -> None:
    write(shop, {"deploy/values.yaml": "image: {tag: 1}\n", "deploy/notes.yaml": "title: a\n"})
    assert as_json("deploy")["summary"]["workloads"] == 1
    ended = audit("deploy/notes.yaml")
    assert (ended.status, ended.stdout) == (2, b"")
    assert "deploy/notes.yaml" in ended.stderr


@pytest.mark.parametrize("as_text", [json.dumps, yaml.safe_dump])
def test_a_list_from_kubectl(as_text: Any) -> None:
    items = [yaml.safe_load(WEB), yaml.safe_load(OPEN)]
    text = as_text({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {}})
    for args in (["-"], []):
        found = as_json(*args, stdin=text)
        assert [one["state"] for one in found["verdicts"]] == ["open"]
        assert [one["id"] for one in found["findings"]] == ["IG001"]
        assert "file" not in found["findings"][0]


def test_a_resource_list_brings_its_configuration() -> None:
    config = imds_guard_config({"egress": "any"})
    config["spec"]["exceptions"] = [{"workload": "shop/web", "reason": "reads its zone"}]
    items = [yaml.safe_load(WEB), yaml.safe_load(OPEN)]
    kind = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList"}
    text = yaml.safe_dump({**kind, "items": items, "functionConfig": config})
    (verdict,) = as_json("-", stdin=text)["verdicts"]
    assert (verdict["state"], verdict["reason"]) == ("excepted", "reads its zone")
    assert as_json("-", "--set", "egress=any", stdin=text)["summary"]["open"] == 1


def test_files_and_standard_input_together(shop: Path) -> None:
    assert as_json("deploy/web.yaml", "-", stdin=AGENT)["summary"]["workloads"] == 2


def test_the_configuration_is_heeded(shop: Path) -> None:
    write(shop, {"config.yaml": imds_guard_config({"namespaces": {"exclude": ["shop"]}})})
    ended = audit("deploy", "--config", "config.yaml")
    assert ended.status == 0
    assert "Left out\n  shop  namespaces.exclude names it\n" in ended.stdout.decode()
    assert as_json("deploy", "--platform", "aks")["summary"]["open"] == 1
    assert "did you mean eks" in audit("deploy", "--platform", "ekss").stderr


@pytest.mark.parametrize(
    "args, stdin, said",
    [
        (["nowhere"], "", "nowhere: no such file or directory"),
        (["empty"], "", "nothing to audit: no Kubernetes resource in empty"),
        (["-"], "", "the input is empty"),
        (["-"], "kind: Pod\n  a: b\n", "line 2"),
        (["-"], "apiVersion: v1\nkind: List\nitems: []\n", "no Kubernetes resource in standard"),
        (["deploy", "--explain", "wep"], "", "no such workload was audited; did you mean shop/web"),
        (["deploy", "--explain", "web", "--format", "sarif"], "", "--explain has no format sarif"),
    ],
)
def test_what_cannot_be_audited(shop: Path, args: list[str], stdin: str, said: str) -> None:
    (shop / "empty").mkdir()
    ended = audit(*args, stdin=stdin)
    assert (ended.status, ended.stdout) == (2, b"")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


# How it ends.


@pytest.mark.parametrize(
    "text, statuses",
    [
        (WEB + "---\n" + OPEN, {"error": 1, "warning": 1, "never": 0}),
        (AGENT, {"error": 0, "warning": 1, "never": 0}),
    ],
)
def test_exit_status(text: str, statuses: dict[str, int]) -> None:
    assert {one: audit("-", "--fail-on", one, stdin=text).status for one in statuses} == statuses
    assert audit("-", stdin=text).status == statuses["error"]


def test_all_is_well() -> None:
    ended = audit("-", stdin=guarded(WEB))
    assert (ended.status, ended.stderr) == (0, "")
    text = ended.stdout.decode()
    assert text.startswith("The workload is kept from the cloud metadata service.\n")
    assert "No errors, no warnings." in text


def test_into_a_file(shop: Path) -> None:
    ended = audit("deploy", "--format", "json", "-o", "found.json")
    assert (ended.status, ended.stdout) == (1, b"")
    assert ended.stderr == "The workload can reach the cloud metadata service; 1 error\n"
    assert json.loads((shop / "found.json").read_text())["summary"]["errors"] == 1


@pytest.mark.parametrize("mode", ["transformers", "generators"])
def test_a_function_that_kustomize_left_out(mode: str, tmp_path: Path) -> None:
    """Without --enable-exec kustomize says nothing; the audit of what it built does."""
    config = {"imds-guard.yaml": imds_guard_config()}
    folder = kustomization(tmp_path, config, namespace="prod", **{mode: ["imds-guard.yaml"]})
    skipped = audit("-", stdin=kustomize(folder, "--enable-alpha-plugins").ok().stdout)
    assert skipped.status == 1
    assert "IG002 unprotected" in skipped.stdout.decode()
    assert audit("-", stdin=kustomize(folder).ok().stdout).status == 0


# The table.


def test_table(shop: Path) -> None:
    write(shop, {"deploy/agent.yaml": AGENT})
    ended = audit("deploy")
    lines = ended.stdout.decode().split("\n")
    assert lines[:6] == [
        "1 of 2 workloads can reach the cloud metadata service.",
        "",
        "  1  open        let through by a policy, or kept back by none",
        "  1  ungoverned  on the host's network, where no NetworkPolicy applies",
        "",
        "1 error, 1 warning.",
    ]
    text = "\n".join(lines)
    assert "IG001 metadata-open: a rule lets a workload reach the metadata service" in text
    assert f"    at      deploy/my policies.yaml:{OPEN_LINE}:" in text
    assert "    fix     add 169.254.169.254/32 to its except" in text
    assert "    Deployment shop/agent  deploy/agent.yaml:1:1" in text
    assert "  open        Deployment shop/web    169.254.169.254:80\n" in text
    assert "\x1b" not in text
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("width", [80, 100])
def test_table_keeps_to_its_width(shop: Path, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but paths, which stay whole."""
    monkeypatch.setenv("COLUMNS", str(width))
    write(shop, {"deploy/all.yaml": re.sub(r"(?s)  - to:.*", "  - {}\n", OPEN)})
    plain = audit("deploy", "-v").stdout.decode()
    assert max(map(len, plain.split("\n"))) <= width
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = audit("deploy", "-v").stdout.decode()
    assert "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.split("\n")] == plain.split("\n")


def test_table_of_many_is_short_and_verbose_is_not() -> None:
    many = "---\n".join(WEB.replace("name: web", f"name: web-{at:03}") for at in range(100))
    brief = audit("-", stdin=many).stdout.decode()
    assert "100 errors." in brief
    assert brief.count("web-") == 20
    assert len(re.findall(r"and\s+90\s+more", brief)) == 2
    assert audit("-", "-v", stdin=many).stdout.decode().count("web-") == 200
    calm = audit("-", stdin=guarded(many)).stdout.decode()
    assert "web-" not in calm


def test_verbose_shows_what_to_write(shop: Path) -> None:
    text = audit("deploy", "--verbose").stdout.decode()
    _, _, proposed = text.partition(f"{OPEN_BLOCK} becomes\n")
    value = yaml.safe_load(proposed.partition("\n\n")[0])
    assert value == {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}


@pytest.mark.parametrize("form", names("audit"))
def test_every_state_is_shown(form: str) -> None:
    subject = Subject("Deployment", "shop", "web", {})
    opening = (Opening("169.254.169.254", (80,)), Opening("fd00:ec2::254", (80,)))
    reasons = {"uncertain": "Calico tier", "excepted": "reads | its *zone*"}
    verdicts = [
        Verdict(replace(subject, name=f"is-{one}"), one, opening, reasons.get(one, ""))
        for one in STATES
    ]
    context, _ = examine([], Config())
    text = chosen(form).render(Summary(context, AuditReport([], verdicts)))
    if form != "sarif":
        assert [state for state in STATES if f"is-{state}" not in text] == []
        assert "Calico tier" in text


def test_no_workload_at_all(shop: Path) -> None:
    for form in names("audit"):
        ended = audit("deploy/my policies.yaml", "--format", form)
        assert (ended.status, ended.stderr) == (0, "")
    assert audit("deploy/my policies.yaml").stdout.decode().startswith("No workload was found")


# SARIF.


def results(*args: str, stdin: str = "") -> list[dict[str, Any]]:
    text = audit(*args, "--format", "sarif", stdin=stdin).stdout
    # A model made of the official JSON schema: unknown properties are errors.
    sarif.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json(
        text, strict=True
    )
    (run,) = json.loads(text)["runs"]
    rules = run["tool"]["driver"]["rules"]
    found: list[dict[str, Any]] = run["results"]
    assert [rules[one["ruleIndex"]]["id"] for one in found] == [one["ruleId"] for one in found]
    prints = [one["partialFingerprints"]["imdsGuard/v1"] for one in found]
    assert len(set(prints)) == len(prints)
    return found


def test_sarif_points_at_the_rule(shop: Path) -> None:
    (result,) = results("deploy")
    assert (result["ruleId"], result["level"]) == ("IG001", "error")
    assert result["message"]["text"].startswith("shop/web: policy open egress[1].to[0].ipBlock ")
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/my%20policies.yaml"},
        "region": {"startLine": OPEN_LINE, "startColumn": 7},
    }
    assert results(str(shop / "deploy"))[0]["locations"] == [location]


def test_sarif_of_a_file_elsewhere(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "elsewhere").mkdir()
    monkeypatch.chdir(shop / "elsewhere")
    (result,) = results(os.path.join(os.pardir, "deploy"))
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == (shop / "deploy" / "my policies.yaml").as_uri()


def test_sarif_of_standard_input(shop: Path) -> None:
    (result,) = results("-", stdin=f"{WEB}---\n{OPEN}")
    (location,) = result["locations"]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == (
        f"NetworkPolicy/shop/open:{OPEN_BLOCK}"
    )
    assert "physicalLocation" not in location


def test_sarif_fingerprints_do_not_move(shop: Path) -> None:
    before = results("deploy")[0]["partialFingerprints"]
    write(shop, {"deploy/my policies.yaml": f"# moved\n{OPEN}", "deploy/agent.yaml": AGENT})
    assert results("deploy")[0]["partialFingerprints"] == before


def test_sarif_of_what_is_no_finding_of_the_audit() -> None:
    exception = '[{"workload": "nobody", "reason": "gone"}]'
    found = results("-", "--set", f"exceptions={exception}", stdin=WEB)
    assert sorted(one["ruleId"] for one in found) == ["IG002", "unmatched"]


# Markdown.


def test_markdown(shop: Path) -> None:
    write(shop, {"deploy/agent.yaml": AGENT})
    text = audit("deploy", "--format", "markdown").stdout.decode()
    assert text.startswith("### ❌ 1 of 2 workloads can reach the cloud metadata service\n")
    assert (
        f"| ❌ IG001 | `NetworkPolicy shop/open`<br>`deploy/my policies.yaml:{OPEN_LINE}:7` |"
        in text
    )
    assert "| ungoverned | `Deployment shop/agent` |" in text
    tables = [line for line in text.split("\n") if line.startswith("|")]
    # Escaped bars aside, every row has as many cells as its title.
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {5, 4}


def test_markdown_folds_what_is_blocked() -> None:
    text = audit("-", "--format", "markdown", stdin=guarded(WEB)).stdout.decode()
    assert text.startswith("### ✅ The workload is kept from")
    assert "<details><summary>1 workload blocked" in text


def test_markdown_of_many_fits_into_a_comment() -> None:
    many = "---\n".join(WEB.replace("name: web", f"name: web-{at}") for at in range(500))
    text = audit("-", "--format", "markdown", stdin=many).stdout.decode()
    assert len(text) < 40_000  # GitHub's limit is 65,536 characters
    assert text.count("and 450 more") == 2


# --explain.


def test_explain(shop: Path) -> None:
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


def test_explain_what_nothing_selects(shop: Path) -> None:
    text = audit("deploy/web.yaml", "--explain", "web").stdout.decode()
    assert "metadata: open, no NetworkPolicy for egress selects it\n" in text
    assert "Egress: no NetworkPolicy selects it, so everything gets out\n" in text


def test_explain_what_is_on_the_host(shop: Path) -> None:
    text = audit("-", "--explain", "agent", stdin=f"{AGENT}---\n{OPEN}").stdout.decode()
    assert "metadata: ungoverned, on the host's network" in text
    assert "Egress" not in text


def test_explain_an_exception() -> None:
    text = guarded(
        WEB.replace(
            "  namespace", "  annotations: {imds-guard.dev/allow-metadata: zone}\n  namespace"
        )
    )
    said = audit("-", "--explain", "web", stdin=text).stdout.decode()
    assert "metadata: excepted, zone\n" in said
    assert "allow-metadata-web\n" in said


def test_explain_policies_of_other_kinds() -> None:
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


def test_explain_as_json(shop: Path) -> None:
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


def test_explain_rules_in_words() -> None:
    peers = [
        {"podSelector": {}},
        {"namespaceSelector": {}},
        {"namespaceSelector": {"matchLabels": {"team": "a"}}, "podSelector": {}},
        {"podSelector": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}},
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
        {},
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
        "a peer that cannot be read, and may mean anything",
    ]
    assert some["ports"] == ["TCP 80, 90-99, http", "UDP on every port"]
    assert (every["peers"], every["ports"]) == (["anywhere"], ["every port"])


# The progress bar.


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "stderr, patience, shown",
    [(Terminal(), 0, True), (Terminal(), 60, False), (io.StringIO(), 0, False)],
)
def test_progress(
    stderr: io.StringIO, patience: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, and only where it takes its time."""
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(progress, "_PATIENCE", patience)
    monkeypatch.setattr(progress, "_STEP", 1)
    with progress.Progress() as bar:
        for _ in bar.counting(range(3), "auditing"):
            deadline = time.monotonic() + 10
            while shown and "reading" not in stderr.getvalue() and time.monotonic() < deadline:
                time.sleep(0.01)
    assert ("reading: " in stderr.getvalue()) is shown


# The documentation.


def test_every_finding_is_documented() -> None:
    assert list(known_findings()) == list(dict.fromkeys(str(module.ID) for module in CHECKS))
    for one in known_findings().values():
        assert re.fullmatch(r"[a-z-]+", one.name)
        assert one.title
        assert "**Found:** " in one.text
        assert "**Not found:** " in one.text


def test_the_page_is_current() -> None:
    """After a change: python -m imds_guard.report.findings > docs/findings.md"""
    page = clients.ROOT / "docs" / "findings.md"
    assert page.read_text(encoding="utf-8") == as_markdown()
