"""A folder loses nothing: what is not read is said, and the rest is."""

from __future__ import annotations

from pathlib import Path

import pytest

from imds_guard.guard.files import read_files
from imds_guard.resources import Resource
from imds_guard.wire import InputError, Result
from tests.support.packages import write
from tests.support.program import imds_guard

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: shop}\n"
LEAK = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: leak, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}
"""


def found_in(folder: Path, *paths: str) -> tuple[list[Resource], list[Result]]:
    notes: list[Result] = []
    named = [str(folder / path) for path in paths] or [str(folder)]
    return list(read_files(named, notes)), notes


def names(resources: list[Resource]) -> list[str]:
    return [one.address.name for one in resources]


def test_a_document_that_is_no_resource_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    text = f"{POD % 'a'}---\nnote: by hand\n---\n{POD % 'b'}---\n- c\n---\nd\n"
    found, notes = found_in(write(tmp_path, {"all.yaml": text}))
    assert names(found) == ["a", "b"]
    assert [(one.severity, one.line_number, one.path) for one in notes] == [
        ("warning", line, str(tmp_path / "all.yaml")) for line in (5, 11, 13)
    ]
    assert notes[0].line().startswith(f"warning not-read {tmp_path}/all.yaml, document 2, line 5")


@pytest.mark.parametrize("text", ["note: a\n", "- a\n", "[1]\n", '{"a": 1}', "a\n"])
def test_a_file_that_is_named_has_to_be_a_resource(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"a.yaml": text})
    with pytest.raises(InputError) as error:
        found_in(tmp_path, "a.yaml")
    assert error.value.place.source == str(tmp_path / "a.yaml")
    assert found_in(tmp_path)[1]


def test_a_resource_that_is_malformed_is_an_error_in_a_folder_too(tmp_path: Path) -> None:
    for text in ("kind: Pod\nmetadata: {name: 80}\n", "kind: Pod\nitems: a\n", "kind: [\n"):
        write(tmp_path, {"a.yaml": text})
        with pytest.raises(InputError):
            found_in(tmp_path)


def test_a_file_that_holds_no_resource_may_be_of_any_yaml(tmp_path: Path) -> None:
    files = {"stack.yaml": "Resources: !Sub {a: b}\n", "web.yaml": POD % "web", "e.yaml": " \n"}
    found, notes = found_in(write(tmp_path, files))
    assert names(found) == ["web"]
    assert [one.line_number for one in notes] == [1]


def test_a_chart_is_left_out_and_what_stands_beside_it_is_read(tmp_path: Path) -> None:
    files = {
        "chart/Chart.yaml": "name: shop\n",
        "chart/values.yaml": "a: b\n",
        "chart/values-prod.yaml": "a: b\n",
        "chart/templates/web.yaml": "kind: Pod\nmetadata: {name: {{ .Release.Name }}}\n",
        "chart/templates/fixed.yaml": POD % "fixed",
        "chart/charts/db/templates/db.yaml": "{{ a }}\n",
        "chart/crds/a.yaml": POD % "of-a-chart",
        "web.yaml": POD % "web",
    }
    found, notes = found_in(write(tmp_path, files))
    assert names(found) == ["of-a-chart", "web"]
    assert [one.path for one in notes] == [str(tmp_path / "chart")]
    assert "helm template" in notes[0].fix


def test_a_template_without_a_chart_is_left_out(tmp_path: Path) -> None:
    files = {"a.yaml": "kind: Pod\nmetadata: {name: {{ include }}\n", "web.yaml": POD % "web"}
    found, notes = found_in(write(tmp_path, files))
    assert names(found) == ["web"]
    assert "helm template" in notes[0].fix


def test_what_kubectl_would_load_and_is_not_read_is_said(tmp_path: Path) -> None:
    files = {
        ".hidden.yaml": f"a: b\n---\n{LEAK}",
        ".github/workflow.yaml": "on: push\n",
        ".imds-guard.yaml": "apiVersion: imds-guard.dev/v1alpha1\nkind: ImdsGuard\n",
        ".broken.yaml": "kind: [\n",
        "values.yaml": LEAK,
        "sub/values.yaml": "kind: none\na: [\n",
        "kustomization.yaml": "resources: [web.yaml]\n",
        "web.yaml": POD % "web",
    }
    found, notes = found_in(write(tmp_path, files))
    assert names(found) == ["web"]
    assert [one.path for one in notes] == [
        str(tmp_path / n) for n in (".hidden.yaml", "values.yaml")
    ]


def test_an_audit_says_what_it_did_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"all.yaml": f"note: a\n---\n{POD % 'web'}"})
    ended = imds_guard("audit", str(tmp_path), "--format", "json", "--fail-on", "never")
    assert ended.status == 0
    assert b'"not-read"' in ended.stdout
    assert imds_guard("audit", str(tmp_path), "--fail-on", "warning").status == 1


def test_where_nothing_is_read_the_error_says_what_was_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"chart/Chart.yaml": "name: shop\n"})
    ended = imds_guard("audit", str(tmp_path))
    assert ended.status == 2
    assert "Helm chart" in ended.stderr


def test_generate_audits_what_it_writes_with_what_it_read(tmp_path: Path) -> None:
    write(tmp_path, {"web.yaml": POD % "web"})
    clean = imds_guard("generate", str(tmp_path))
    assert (clean.status, clean.stderr) == (0, "")
    write(tmp_path, {"leak.yaml": LEAK})
    leaking = imds_guard("generate", str(tmp_path))
    assert leaking.status == 1
    assert leaking.stderr.startswith("error IG001 shop/web: policy leak")
    assert leaking.stdout == clean.stdout


def test_generate_finds_its_own_policies_again(tmp_path: Path) -> None:
    write(tmp_path, {"web.yaml": POD % "web"})
    first = imds_guard("generate", str(tmp_path)).stdout
    write(tmp_path, {"policies.yaml": first.decode()})
    again = imds_guard("generate", str(tmp_path))
    assert (again.status, again.stdout, again.stderr) == (0, first, "")


def test_generate_judges_a_policy_that_only_has_the_name_of_ours(tmp_path: Path) -> None:
    write(tmp_path, {"web.yaml": POD % "web"})
    ours = imds_guard("generate", str(tmp_path)).stdout.decode()
    forged = ours.replace("        except:\n        - 169.254.0.0/16\n", "")
    assert forged != ours
    write(tmp_path, {"policies.yaml": forged})
    ended = imds_guard("generate", str(tmp_path))
    assert ended.status == 1
    assert "IG001" in ended.stderr


def test_generate_says_what_it_did_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"all.yaml": f"note: a\n---\n{POD % 'web'}"})
    ended = imds_guard("generate", str(tmp_path))
    assert ended.status == 0
    assert b"name: default-deny-all" in ended.stdout
    assert ended.stderr.startswith("warning not-read ")
