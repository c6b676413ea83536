"""`imds-guard audit --traffic`: declared traffic as a table, as JSON and as a graph."""

from __future__ import annotations

import json

import pytest

from tests.support.applications import config, guarded, service, stream
from tests.support.applications import workload as deployment
from tests.support.declarations import WEB, WEB_SERVICE
from tests.support.program import Ended, imds_guard
from tests.support.references import DB, DB_SERVICE

SHOP = [
    deployment("web", ports={"http": 8080}, env=[{"name": "DB", "value": "db:5432"}]),
    WEB_SERVICE,
    DB,
    DB_SERVICE,
]


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 100 columns without colours."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def traffic(*args: str, infer: str | None = None) -> Ended:
    """The shop with a way in to every Service and none out to the database, or with `infer`."""
    way_in = {"from": {"namespace": "shop"}, "ports": [8080, 5432]}
    allow = {"infer": [infer]} if infer else {"ingress": [way_in]}
    out, _ = guarded(stream(SHOP), config(allow=allow))
    return imds_guard("audit", "-", "--traffic", *args, stdin=out)


def test_the_table_says_what_is_cut() -> None:
    ended = traffic()
    assert (ended.status, ended.stderr) == (0, "")
    assert (
        ended.stdout.decode()
        == """\
1 of 3 declared connections is cut.

FROM                    TO                   PORT      DECLARED BY          IN       OUT
pods of namespace shop  Deployment shop/web  8080/TCP  Service shop/web     through
pods of namespace shop  StatefulSet shop/db  5432/TCP  Service shop/db      through
Deployment shop/web     StatefulSet shop/db  5432/TCP  Deployment shop/web  through  cut
"""
    )


def test_the_table_of_long_names_keeps_to_its_width() -> None:
    long = "a-name-that-is-as-long-as-kubernetes-lets-it-be-and-no-longer-1"
    some = [deployment(long, long), service(long, 80, namespace=long)]
    ended = imds_guard("audit", "-", "--traffic", stdin=stream(some))
    lines = ended.stdout.decode().splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0] == "1 declared connection, let through."


def test_json_names_both_ends() -> None:
    found = json.loads(traffic("--format", "json").stdout)
    assert found["summary"] == {"flows": 3, "cut": 1}
    assert [(one["kind"], one["in"], one.get("out")) for one in found["flows"]] == [
        ("services", True, None),
        ("services", True, None),
        ("references", True, False),
    ]
    last = found["flows"][-1]
    assert last["from"] == {
        "source": "workload",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
    }
    assert (last["port"], last["protocol"]) == (5432, "TCP")


def test_mermaid_groups_by_namespace() -> None:
    assert (
        traffic("--format", "mermaid", infer="references").stdout.decode()
        == """\
flowchart LR
  subgraph ns1["namespace shop"]
    n0["pods of namespace shop"]
    n1["Deployment shop/web"]
    n2["StatefulSet shop/db"]
  end
  n0 -.->|"8080/TCP, cut in"| n1
  n0 -->|"5432/TCP"| n2
  n1 -->|"5432/TCP"| n2
  linkStyle 0 stroke:#c00
"""
    )


def test_dot_groups_by_namespace() -> None:
    assert (
        traffic("--format", "dot", infer="references").stdout.decode()
        == """\
digraph traffic {
  rankdir=LR
  node [shape=box]
  subgraph cluster_1 { label="namespace shop"
    n0 [label="pods of namespace shop"]
    n1 [label="Deployment shop/web"]
    n2 [label="StatefulSet shop/db"]
  }
  n0 -> n1 [label="8080/TCP, cut in" style=dashed color="#cc0000"]
  n0 -> n2 [label="5432/TCP"]
  n1 -> n2 [label="5432/TCP"]
}
"""
    )


def test_names_are_no_syntax() -> None:
    evil = deployment('w"] --> x;\n\\', labels={"app": "w"})
    data = stream([evil, service("w", 80)])
    mermaid = imds_guard("audit", "--traffic", "--format", "mermaid", stdin=data).stdout.decode()
    assert '"Deployment shop/w#34;#93; --#62; x#59;#10;#92;"' in mermaid
    dot = imds_guard("audit", "--traffic", "--format", "dot", stdin=data).stdout.decode()
    assert '[label="Deployment shop/w\\"] --> x; \\\\"]' in dot


def test_no_declared_traffic_is_said_so() -> None:
    assert imds_guard("audit", "--traffic", stdin=stream([WEB])).stdout == (
        b"No traffic is declared.\n"
    )


@pytest.mark.parametrize(
    "args, said",
    [
        (["--format", "dot"], "dot is a format of --traffic alone"),
        (["--traffic", "--format", "sarif"], "--traffic has no format sarif"),
        (["--traffic", "--explain", "web"], "take one"),
    ],
)
def test_options_that_do_not_go_together_are_refused(args: list[str], said: str) -> None:
    ended = imds_guard("audit", "-", *args, stdin=stream(SHOP))
    assert ended.status == 2
    assert said in ended.stderr
