"""The audit as SARIF: valid, and each result where it belongs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic_sarif import model as sarif

from tests.support.packages import write
from tests.support.shop import AGENT, OPEN, OPEN_BLOCK, OPEN_LINE, WEB, audit


def results(*args: str, stdin: str = "") -> list[dict[str, Any]]:
    """The results of a valid log; each names its rule and has a fingerprint of its own."""
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


def test_a_result_points_at_the_rule(shop: Path) -> None:
    (result,) = results("deploy")
    assert (result["ruleId"], result["level"]) == ("IG001", "error")
    assert result["message"]["text"].startswith("shop/web: policy open egress[1].to[0].ipBlock ")
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/my%20policies.yaml"},
        "region": {"startLine": OPEN_LINE, "startColumn": 7},
    }
    assert results(str(shop / "deploy"))[0]["locations"] == [location]


def test_a_file_outside_of_the_working_directory_has_its_whole_address(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "elsewhere").mkdir()
    monkeypatch.chdir(shop / "elsewhere")
    (result,) = results(os.path.join(os.pardir, "deploy"))
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == (shop / "deploy" / "my policies.yaml").as_uri()


def test_what_came_from_standard_input_is_named_by_its_resource(shop: Path) -> None:
    (result,) = results("-", stdin=f"{WEB}---\n{OPEN}")
    (location,) = result["locations"]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == (
        f"NetworkPolicy/shop/open:{OPEN_BLOCK}"
    )
    assert "physicalLocation" not in location


def test_fingerprints_do_not_move(shop: Path) -> None:
    before = results("deploy")[0]["partialFingerprints"]
    write(shop, {"deploy/my policies.yaml": f"# moved\n{OPEN}", "deploy/agent.yaml": AGENT})
    assert results("deploy")[0]["partialFingerprints"] == before


def test_what_is_no_finding_of_the_audit_has_a_rule_too() -> None:
    exception = '[{"workload": "nobody", "reason": "gone"}]'
    found = results("-", "--set", f"exceptions={exception}", stdin=WEB)
    assert sorted(one["ruleId"] for one in found) == ["IG002", "unmatched"]
