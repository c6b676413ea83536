"""The audit as JUnit XML: a case for each workload, and none passes that can reach metadata."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from tests.support.applications import resource, stream, workload
from tests.support.shop import AGENT, OPEN, WEB, audit

OPEN_FOR_ALL = resource(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    "open",
    "shop",
    spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]},
)


def suites(*args: str, stdin: str = "") -> list[ElementTree.Element]:
    text = audit(*args, "--format", "junit", stdin=stdin).stdout
    root = ElementTree.fromstring(text)
    cases = root.findall("testsuite/testcase")
    assert int(root.attrib["tests"]) == len(cases)
    failing = [case for case in cases if case.find("failure") is not None]
    assert int(root.attrib["failures"]) == len(failing)
    return root.findall("testsuite")


def states(stdin: str) -> dict[str, bool]:
    """By the name of a case, whether it passes."""
    return {
        case.attrib["name"]: case.find("failure") is None
        for suite in suites("-", stdin=stdin)
        for case in suite
    }


def test_a_workload_fails_with_the_rule_that_is_to_blame(shop: Path) -> None:
    (suite,) = suites("deploy")
    (failure,) = suite.findall("testcase/failure")
    assert suite.attrib["name"] == "shop"
    assert failure.attrib["type"] == "IG001"
    assert "policy open egress[1]" in failure.attrib["message"]
    assert "deploy/my policies.yaml:" in str(failure.text)


def test_every_workload_that_a_policy_opens_fails() -> None:
    data = stream([workload("web"), workload("api"), OPEN_FOR_ALL]).decode()
    found = states(data)
    assert found["Deployment shop/web"] is False
    assert found["Deployment shop/api"] is False


def test_a_warning_fails_nothing() -> None:
    found = states(AGENT)
    assert set(found.values()) == {True}


def test_what_xml_cannot_hold_is_replaced() -> None:
    hostile = workload("web")
    hostile["metadata"]["name"] = 'we<b>&"\u0001'
    found = states(stream([hostile, OPEN_FOR_ALL]).decode())
    assert 'Deployment shop/we<b>&"\ufffd' in found


def test_without_a_finding_every_case_passes() -> None:
    assert set(states(f"{WEB}---\n{OPEN}").values()) == {False}
    assert states(stream([resource("v1", "Service", "web", "shop", spec={})]).decode()) == {}
