"""Hypothesis strategies: resources, and the many ways to lay the same resource out as YAML."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from hypothesis import strategies as st

# Words that look like something else to YAML 1.1, and characters that mean something to it.
_TRAPS = (
    *("", "~", "null", "on", "off", "yes", "012", "0x1f", "1e3", "12:30:45", "2024-01-01", "1_000"),
    *(
        "- a",
        "a: b",
        "a #b",
        "#a",
        "'",
        '"',
        "a'b",
        'a"b',
        "[a]",
        "{a}",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
    ),
    *(
        "---",
        "...",
        "- ",
        "? a",
        ": a",
        "a:",
        "%a",
        "@a",
        "`a",
        "{{ a }}",
        "\\",
        "é",
        "☃ 😀",
        " a ",
    ),
    *(
        "kind: Namespace",
        "- kind: Namespace",
        "items:\n- kind: Namespace",
        "a\nb\n",
        "\n",
        "a\n\n b",
    ),
)
scalars = st.sampled_from(_TRAPS) | st.text("ab:- #'\"\n{}[]", max_size=12)
keys = st.sampled_from(
    ("name", "namespace", "labels", "app.kubernetes.io/name", "a b", "on", "012", "-a", "é", "a:b")
)


def values(depth: int = 3) -> st.SearchStrategy[Any]:
    """Scalars (None for a null), lists and mappings."""
    leaf = scalars | st.none()
    if depth == 0:
        return leaf
    inner = values(depth - 1)
    return leaf | st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)


# Keys in the places where views look for them, with what belongs there and what does not.
pods = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.dictionaries(
            st.sampled_from(("labels", "annotations", "name")), values(1), max_size=3
        ),
        "spec": values(1)
        | st.fixed_dictionaries(
            {},
            optional={
                "hostNetwork": scalars,
                "containers": st.lists(
                    st.dictionaries(st.sampled_from(("env", "args", "x")), values(1), max_size=2),
                    max_size=2,
                )
                | values(1),
                "volumes": values(1),
                "other": values(2),
            },
        ),
    },
)
specs = st.dictionaries(keys, values(), max_size=3) | st.fixed_dictionaries(
    {},
    optional={
        "selector": values(2),
        "ports": values(2),
        "replicas": scalars,
        "template": pods | values(1),
        "jobTemplate": st.fixed_dictionaries({"spec": st.fixed_dictionaries({"template": pods})}),
    },
)

resources = st.fixed_dictionaries(
    {"kind": st.sampled_from(("ConfigMap", "Thing"))},
    optional={
        "apiVersion": st.just("v1"),
        "metadata": st.fixed_dictionaries(
            {"name": st.sampled_from(("one", "two"))},
            optional={"annotations": st.dictionaries(keys, scalars, max_size=3)},
        ),
        "spec": specs,
        "data": st.dictionaries(keys, scalars, max_size=3),
    },
)


# Text that a block scalar can hold as it is.
_LITERAL = re.compile(r"[^\s](?:.*[^\s])?(?:\n+[^\s](?:.*[^\s])?)*\n?")

T = TypeVar("T")


class Layout:
    """Writes values as YAML, asking `draw` at every turn how."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def choose(self, *options: T) -> T:
        return self.draw(st.sampled_from(options))

    def block(self, value: Any, column: int) -> list[str]:
        """A collection that is not empty, as lines; the first one without its indentation."""
        lines: list[str] = []
        if isinstance(value, dict):
            for key, held in value.items():
                lines += self.comment(column)
                label = f"{self.key(key)}:"
                lines += self.entry(
                    label, held, column, sequence_at=self.choose(column, column + 2)
                )
        else:
            for held in value:
                lines += self.comment(column)
                lines += self.entry("-", held, column, sequence_at=column + 2)
        indent = " " * column
        lines = [line if line.strip() == "" else indent + line for line in lines]
        while lines[0].strip() == "" or lines[0].strip().startswith("#"):
            lines.pop(0)
        return [lines[0][column:], *lines[1:]]

    def entry(self, label: str, value: Any, column: int, sequence_at: int) -> list[str]:
        """A key or a dash with its value, relative to `column`."""
        if isinstance(value, str) and _LITERAL.fullmatch(value) and self.choose(True, False):
            ending = "" if value.endswith("\n") else "-"
            lines = value.removesuffix("\n").split("\n")
            indented = [" " * (sequence_at - column or 2) + one if one else "" for one in lines]
            return [f"{label} |{ending}{self.choose('', ' ')}", *indented]
        if not isinstance(value, (dict, list)) or not value or self.choose(0, 0, 0, 1):
            return [f"{label}{self.inline(value)}"]
        step = sequence_at - column if isinstance(value, list) else self.choose(1, 2, 4)
        inner = self.block(value, step)
        if label == "-" and step >= 2 and self.choose(True, True, False):
            return [f"-{' ' * (step - 1)}{inner[0]}", *inner[1:]]
        return [f"{label}{self.choose('', ' # note', ' ')}", " " * step + inner[0], *inner[1:]]

    def inline(self, value: Any) -> str:
        text = self.flow(value)
        return f" {text}{self.choose('', '', ' ', ' # it is')}" if text else ""

    def flow(self, value: Any) -> str:
        if value is None:
            return str(self.choose("null", "~", ""))
        if isinstance(value, str):
            return self.scalar(value)
        separator = self.choose(", ", ",\n          ")
        if isinstance(value, list):
            return "[" + separator.join(self.in_flow(held) for held in value) + "]"
        pairs = (f"{self.key(key)}: {self.in_flow(held)}" for key, held in value.items())
        return "{" + separator.join(pairs) + "}"

    def in_flow(self, value: Any) -> str:
        if isinstance(value, str):
            return json.dumps(value, ensure_ascii=False)
        return "null" if value is None else self.flow(value)

    def key(self, key: str) -> str:
        plain = key.isidentifier() and key.isascii()
        return key if plain else json.dumps(key, ensure_ascii=False)

    def scalar(self, text: str) -> str:
        if text.isalnum() and text.isascii() and text != "null" and self.choose(True, False):
            return text
        if "\n" not in text and self.choose(True, False):
            return "'" + text.replace("'", "''") + "'"
        quoted = json.dumps(text, ensure_ascii=False)
        # A quoted scalar may go on in the next line; a backslash keeps that line break out.
        middle = quoted.find(" ", 1)
        if 0 < middle < len(quoted) - 1 and quoted[middle - 1] != "\\" and self.choose(0, 0, 1):
            indent = " " * int(self.choose(1, 3, 9))
            return f"{quoted[:middle]}\\\n{indent}\\{quoted[middle:]}"
        return quoted

    def comment(self, column: int) -> list[str]:
        return list(self.choose((), (), ("# a 'comment",), ("",), ('# - kind: "x',)))


@st.composite
def resource_lists(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """A ResourceList as text, and its items."""
    layout = Layout(draw)
    items = draw(st.lists(resources, min_size=1, max_size=3))
    lines = ["apiVersion: config.kubernetes.io/v1", "kind: ResourceList", "items:"]
    column = layout.choose(0, 2)
    for item in items:
        text = layout.choose("block", "block", "block", "flow")
        inner = layout.block(item, column + 2) if text == "block" else [layout.flow(item)]
        lines += [f"{' ' * column}- {inner[0]}", *inner[1:]]
    if layout.choose(True, False):
        lines += ["functionConfig:", *("  " + line for line in ("kind: ConfigMap", "data: {}"))]
    text = "\n".join(lines) + layout.choose("\n", "")
    return text.replace("\n", layout.choose("\n", "\n", "\r\n")), items


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """A stream of documents as text, and the documents."""
    layout = Layout(draw)
    items = draw(st.lists(resources, min_size=1, max_size=3))
    text = layout.choose("", "---\n", "# first\n---\n", "--- # first\n")
    for at, item in enumerate(items):
        if at:
            text += layout.choose("---\n", "---\n\n", "--- # next\n", "...\n---\n", "---\n---\n")
        text += "\n".join(layout.block(item, 0)) + "\n"
    return text.replace("\n", layout.choose("\n", "\n", "\r\n")), items


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A ResourceList or a stream with a few characters more, fewer or other ones."""
    text, _ = draw(resource_lists() | streams())
    pieces = st.sampled_from(
        (*_TRAPS, " ", "  ", "\n", "\n- ", "\n  ", "\t", "\r", "\u2028", "\x85")
    )
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 6))
        text = text[:at] + draw(pieces | st.just("")) + text[at + cut :]
    return text
