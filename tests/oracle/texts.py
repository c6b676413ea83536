"""Manifests, and what becomes of them when single lines and words are changed.

The same number always gives the same text.
"""

from __future__ import annotations

import json
import random
import re
from typing import Any

import yaml

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: leak
  namespace: shop
  labels:
    app: web
spec:
  podSelector:
    matchLabels:
      app: web
  policyTypes:
  - Ingress
  - Egress
  egress:
  - to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
        - 169.254.0.0/16
    ports:
    - protocol: TCP
      port: 80
      endPort: 90
  - to:
    - namespaceSelector: {}
      podSelector:
        matchExpressions:
        - key: app
          operator: In
          values: [api, "80"]
  ingress: []
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop window
  namespace: shop
  annotations:
    note: |
      a: 'b
      - c
    other: "it's"
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
        version: "1"
    spec:
      hostNetwork: false
      serviceAccountName: web
      containers:
      - name: web
        image: example.com/web:1
        args: ['--banner', "on", '012']
        ports:
        - name: http
          containerPort: 8080
"""
CONFIG_MAP = """\
# It's a comment.
apiVersion: v1
kind: ConfigMap
metadata:
  name: x
  namespace: shop
  finalizers: [b, 'd', "e"]
data:
  80: x
  key: 'it''s'
  text: >-
    folded "text
    and 'more
  flow: "{a: [b, c]}"
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api, "tier": 'back'}}
spec:
  containers: [{name: api, image: "example.com/api:1", ports: [{name: http, containerPort: 80}]}]
"""
SHORT_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 443}]}]}
"""
SEEDS = (POLICY, POLICY, SHORT_POLICY, DEPLOYMENT, CONFIG_MAP, POD)

# Other spellings of a value, and what may stand where it stood.
VALUES = (
    *("0x50", "0120", "0999", "1e3", "80.0", "65535.0", "1_000", "+80", "-1", ".5", "1.5", "08"),
    *("12345678901234567890", "1e30", ".inf", "2024-01-01", "12:30:45", "on", "Yes", "n", "true"),
    *("~", "null", "", "''", "'80'", '"80"', "!!str 80", '!!int "80"', "!!binary ODA=", "! 80"),
    *("!!bool yes", "!x y", "&a b", "*a", "{}", "[]", "[~]", "[x]", "{a: b}", "{a: {b: [c]}}"),
    *(
        "{<<: {a: b}}",
        "[{}]",
        "|\n          text",
        '"a\n b"',
        "'a\n\n  b'",
        "a\n            b",
        "a b",
    ),
    *(
        "a: b",
        "- a",
        "a #b",
        "a#b",
        "# a",
        "[b', 'd]",
        '[b", "d]',
        "{b': 'd}",
        "[a, b",
        "{a: b",
        "a]",
    ),
    *(
        "Egress",
        "TCP",
        "0.0.0.0/0",
        "web",
        "|-",
        ">",
        "|2",
        '"\\u00e9"',
        '"\\x41"',
        "\u00e9",
        "a\tb",
    ),
)
KEYS = (
    *(
        "0x50",
        "80",
        "on",
        "~",
        "null",
        "<<",
        "'a'",
        '"app"',
        "1.5",
        "? a\n",
        "!!str 80",
        "&k a",
        "a b",
    ),
    *(
        "items",
        "kind",
        "spec",
        "egress",
        "name",
        "namespace",
        "labels",
        "1e3",
        "y",
        "-a",
        "'it''s'",
    ),
)
LINES = (
    *(
        "---",
        "--- # c",
        "...",
        "--- {a: b}",
        "---x",
        "%YAML 1.1",
        "# c",
        "# don't",
        "  # 'c",
        "",
        "  ",
    ),
    *(
        "    ",
        "\t",
        "<<: {egress: [{}]}",
        "  <<: {a: b}",
        "items: []",
        "items:",
        "'",
        '"',
        "]",
        "- a",
    ),
    *(
        "  egress: [{}]",
        "  podSelector: {}",
        "    app: 80",
        "x: &a {app: web}",
        "  <<: *a",
        "? x",
        ": y",
    ),
    *(
        "- kind: A",
        "  - {}",
        "    - port: 1e3",
        "      endPort: 65535.0",
        "    0x50: x",
        "    on: x",
    ),
)
PIECES = (
    *(
        "'",
        '"',
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        " ",
        "#",
        "-",
        "&a ",
        "*a",
        "!",
        "|",
        ">",
        "?",
        "%",
        "@",
    ),
    *(
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\u0085",
        "\u2028",
        "\ufeff",
        "\u00a0",
        "\u00e9",
        ": ",
        " #",
        "- ",
        "\\",
    ),
    *("', '", '", "', "`", "~", "\n---\n", "\n...\n", "''", "\\n"),
)
_VALUE = re.compile(r"(?<=[:-] )[^\n]+")
_KEY = re.compile(r"(?m)^([ -]*)([^\s:#-][^\n:]*)(?=:(?:[ \n]|\Z))")


OURS = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: %s
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: imds-guard
  annotations:
    imds-guard.dev/config: imds-guard
spec:
  podSelector: {}
  policyTypes: [Egress]
"""
STALE = OURS % "deny-cloud-metadata"
UNWANTED = OURS % "allow-metadata-old"
# What opens something, and what would close it.
_HIDING = (
    *(("[b', 'd]", "']"), ('[b", "d]', '"]'), ("{b': 'd}", "'}"), ("'b", "'"), ('"b', '"')),
    *(("[b, 'c', 'd]", "']"), ("[", "]"), ("{a: b", "}"), ("|", ""), (">-", ""), ("|2", "")),
    *(("&a 'b", "'"), ("!!str 'b", "'"), ("? 'a", "'"), ("# 'a", "'"), ("[a: 'b", "']")),
    *(('"\\"', '"'), ("'''", "'"), ("[ 'it''s', 'a", "']"), ("- 'a", "'"), ("\t'a", "'")),
    *(("a 'b", "'"), ("'a': 'b", "'"), ('{"a":"b', '"}'), ("[http://a, 'b", "']")),
)


def mixed(number: int) -> str:
    """Manifests and policies that we own in one text, with openings that hide what follows."""
    chance = random.Random(number)
    texts = [chance.choice((*SEEDS, STALE, UNWANTED)) for _ in range(chance.randint(2, 5))]
    text = _in_one(chance, texts)
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3))):
        text = chance.choice((_hide, _hide, *_CHANGES))(chance, text)
    return text


def _hide(chance: random.Random, text: str) -> str:
    """Something is opened in one place, and closed in a comment further on or nowhere."""
    opening, closing = chance.choice(_HIDING)
    ends = [one.start() for one in re.finditer("\n", text)]
    if len(ends) < 2:
        return text
    first, second = sorted(chance.sample(ends, 2))
    lead = chance.choice((" ", "\n", "\n  ", "\n- ", "\n  x: ", "\n    - "))
    end = chance.choice((f"\n# {closing}", f"\n{closing}", closing, f"\n    x: y{closing}", ""))
    return f"{text[:first]}{lead}{opening}{text[first:second]}{end}{text[second:]}"


def text_of(number: int) -> str:
    """Some manifests, changed in a few places."""
    chance = random.Random(number)
    text = _whole(chance)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        text = chance.choice(_CHANGES)(chance, text)
    return text


def _whole(chance: random.Random) -> str:
    count = chance.choice((1, 1, 1, 2, 2, 3))
    return _in_one(chance, [chance.choice(SEEDS) for _ in range(count)])


def _in_one(chance: random.Random, texts: list[str]) -> str:
    """The texts as a stream or a list, in YAML or JSON."""
    how = chance.random()
    if how < 0.45:
        return "---\n".join(texts)
    if how < 0.65:
        items = "".join(_indented(one, "- ", "  ") for one in texts)
        return f"apiVersion: v1\nkind: List\nitems:\n{items}"
    if how < 0.75:
        return _typed_list(chance, texts)
    if how < 0.85:
        items = "".join(_indented(one, "  - ", "    ") for one in texts)
        inner = f"- apiVersion: v1\n  kind: List\n  items:\n{items}"
        return f"apiVersion: v1\nkind: {chance.choice(('List', 'ConfigMap'))}\nitems:\n{inner}"
    values = [yaml.safe_load(one) for one in texts]
    indent = chance.choice((None, 2))
    if how < 0.95:
        return "\n".join(json.dumps(one, indent=indent) for one in values) + "\n"
    return yaml.safe_dump_all(values, default_flow_style=chance.choice((True, False, None)))


def _indented(text: str, first: str, rest: str) -> str:
    lines = text.splitlines()
    return "".join(f"{rest if at else first}{line}\n" for at, line in enumerate(lines))


def _typed_list(chance: random.Random, texts: list[str]) -> str:
    value: Any = yaml.safe_load(texts[0])
    for name in chance.choice((("kind", "apiVersion"), ("kind",), ("apiVersion",), ())):
        texts[0] = re.sub(rf"(?m)^{name}: .*\n", "", texts[0])
    items = _indented(texts[0], "- ", "  ")
    return f"apiVersion: {value['apiVersion']}\nkind: {value['kind']}List\nitems:\n{items}"


def _change_value(chance: random.Random, text: str) -> str:
    return _replace(chance, text, _VALUE, chance.choice(VALUES))


def _change_key(chance: random.Random, text: str) -> str:
    found = list(_KEY.finditer(text))
    if not found:
        return text
    start, end = chance.choice(found).span(2)
    return text[:start] + chance.choice(KEYS) + text[end:]


def _change_line(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    how = chance.randrange(5)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(at, chance.choice(LINES))
    elif how == 2:
        lines.insert(at, chance.choice(lines))
    elif how == 3:
        lines[at] = chance.choice(("  ", " ", "    ")) + lines[at]
    else:
        lines[at] = lines[at][chance.choice((1, 2)) :]
    return "\n".join(lines)


def _change_piece(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(PIECES) + text[at + chance.choice((0, 0, 1)) :]


def _change_breaks(chance: random.Random, text: str) -> str:
    return text.replace("\n", chance.choice(("\r\n", "\n\n", "\n# c\n")))


def _share(chance: random.Random, text: str) -> str:
    """An anchor on one value, and its alias or a merge of it somewhere behind."""
    found = list(re.finditer(r"(?m)(?<=:) ", text))
    if len(found) < 2:
        return text
    first, second = sorted(chance.sample(range(len(found)), 2))
    start, end = found[first].end(), found[second].end()
    line_end = text.find("\n", end)
    rest = text[line_end:] if line_end >= 0 else ""
    return f"{text[:start]}&s {text[start:end]}*s{rest}"


def _replace(chance: random.Random, text: str, pattern: re.Pattern[str], new: str) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    start, end = chance.choice(found).span()
    return text[:start] + new + text[end:]


_CHANGES = (
    *(_change_value, _change_value, _change_value, _change_key, _change_line, _change_line),
    *(_change_piece, _change_piece, _change_breaks, _share),
)
