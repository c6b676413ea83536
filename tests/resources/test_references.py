"""A Service that a workload's settings name is found, however the settings are written."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support.applications import declared, stream
from tests.support.applications import workload as deployment
from tests.support.references import DB, DB_SERVICE, TO_DB, env

WAYS_TO_WRITE = {
    "block": "env:\n- name: DB\n  value: db:5432",
    "value first": "env:\n- value: db:5432\n  name: DB",
    "quotes": "env:\n- name: DB\n  value: 'db:5432'",
    "quoted keys": '"env":\n- "name": DB\n  "value": "db:5432"',
    "escapes": 'env:\n- name: DB\n  value: "\\x64b:5432"',
    "comment": "env:\n- name: DB\n  value:   db:5432   # the shop's",
    "next line": "env:\n- name: DB\n  value:\n    db:5432",
    "two lines": "args:\n- serve\n  db:5432",
    "tag": "env:\n- name: DB\n  value: !!str db:5432",
    "anchor": "env:\n- name: DB\n  value: &db db:5432",
    "folded": "env:\n- name: DB\n  value: >-\n    db:5432",
    "literal": "command:\n- sh\n- -c\n- |\n  set -e\n  nc -z db:5432",
    "flow mapping": "env:\n- {name: DB, value: 'db:5432'}",
    "flow list of mappings": "env: [{name: DB, value: 'db:5432'}]",
    "flow list": "args: [--db, 'db:5432']",
    "flow list over lines": "args: [\n  --db,\n  'db:5432'\n]",
    "JSON in YAML": 'env: [{"name": "DB", "value": "db:5432"}]',
    "list further in": "args:\n  - --db\n  -   db:5432",
}


@pytest.mark.parametrize("name", WAYS_TO_WRITE)
def test_a_reference_is_found_however_it_is_written(name: str) -> None:
    text = stream([deployment("web", image="HERE")]).decode()
    before, _, after = text.partition("image: HERE\n")
    indent = before.rpartition("\n")[2].replace("-", " ")
    written = WAYS_TO_WRITE[name].replace("\n", f"\n{indent}")
    text = f"{before}{written}\n{after}"
    named = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"][0]
    assert "db:5432" in str(named)
    data = text.encode() + b"---\n" + stream([DB, DB_SERVICE])
    assert declared(data, "references") == [TO_DB]


def test_a_reference_is_found_in_json() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": env("db:5432")}
    assert declared(json.dumps(listed).encode(), "references") == [TO_DB]
