"""From libyaml's events to nodes, without recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from imds_guard.wire.errors import InputError, Place
from imds_guard.wire.node import MAX_DEPTH, Node, UndefinedAlias, counted, key_text
from imds_guard.wire.scalars import MERGE, TAG_MERGE, NoValueError, Typed, plain, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

# Two limits together, as in go-yaml: a document may use aliases freely as long as what they
# stand for is not out of all proportion to its text.
MAX_EXPANDED = 1_000_000
MAX_EXPANSION_RATIO = 10

_STANDARD_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in (
        *("str", "map", "seq", "int", "bool", "float", "null"),
        *("binary", "timestamp", "merge"),
    )
)
# The Python parser stands in where PyYAML was built without libyaml.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: str, line: int) -> Iterator[Node]:
    """Every document of a text whose first line is `line`, counted from 0. Raises InputError."""
    return _Composer(text, line).compose()


class _Composer:
    def __init__(self, text: str, line: int) -> None:
        self._loader = _LOADER(text)
        # Go knows no such escape; libyaml does.
        self._text = text if "\\/" in text else ""
        self._line = line
        self._anchors: dict[str, Node] = {}
        self._open: list[Node] = []
        self._names: list[set[str]] = []  # keys seen in each open collection
        self._count = 0

    def compose(self) -> Iterator[Node]:
        try:
            while True:
                event = self._loader.get_event()
                if isinstance(event, yaml.StreamEndEvent):
                    return
                if isinstance(event, yaml.DocumentStartEvent):
                    self._anchors.clear()
                    self._count = 0
                    continue
                root = None
                if isinstance(event, yaml.NodeEvent):
                    root = self._node(event)
                elif isinstance(event, yaml.CollectionEndEvent):
                    root = self._close(event)
                if root:
                    yield root
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = self._at(mark) if mark else Place()
            raise InputError(f"not valid YAML: {_plain_words(error)}", where) from None
        except yaml.YAMLError as error:
            raise InputError(f"not valid YAML: {error}") from None
        finally:
            self._loader.dispose()

    def _at(self, mark: Any) -> Place:
        return counted(mark.line + self._line, mark.column)

    def _node(self, event: Any) -> Node | None:
        """Take a scalar, an alias or the start of a collection; the root when it is complete."""
        self._count += 1
        if isinstance(event, yaml.AliasEvent):
            return self._attach(self._alias(event), event)
        if event.tag not in (None, "!") and event.tag not in _STANDARD_TAGS:
            raise InputError("YAML tags have no meaning in Kubernetes", self._at(event.start_mark))
        start, end = event.start_mark, event.end_mark
        node = Node("scalar", start.index, end.index, start.line + self._line, start.column)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(node, event)
            return self._attach(node, event)
        node.kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        node.flow = bool(event.flow_style)
        node.size = 0  # while open; an alias to it would be recursive
        self._open.append(node)
        self._names.append(set())
        if len(self._open) > MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise InputError(message, self._at(event.start_mark))
        return None

    def _scalar(self, node: Node, event: Any) -> None:
        """Note what Go makes of a scalar."""
        tag, text = event.tag, event.value
        if event.style == '"' and "\\/" in self._text[node.start : node.end].replace("\\\\", ""):
            raise InputError("not valid YAML: an unknown escape (\\/)", self._at(event.start_mark))
        if event.implicit[0] and "?" in text and self._open and self._open[-1].flow:
            # To Go it ends the scalar and starts a key, to libyaml it is a part of it.
            message = "a question mark between braces or brackets has to be quoted"
            raise InputError(message, self._at(event.start_mark))
        try:
            if tag is None:
                node.text = plain(text) if event.implicit[0] else text
            else:
                node.text = tagged(tag, text)
        except NoValueError as error:
            raise InputError(str(error), self._at(event.start_mark)) from None
        node.merges = text == MERGE and (tag == TAG_MERGE or (tag is None and event.implicit[0]))
        if isinstance(node.text, Typed):
            node.spelled = text

    def _alias(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            raise UndefinedAlias("an alias without its anchor", self._at(event.start_mark))
        if node.size == 0:
            raise InputError("an anchor that contains itself", self._at(event.start_mark))
        node.aliased = True
        return node

    def _close(self, event: Any) -> Node | None:
        node = self._open.pop()
        self._names.pop()
        # libyaml ends a block collection at the next token; its text ends with its last child,
        # which _attach has noted.
        if node.flow:
            node.end = event.end_mark.index
        node.size = 1 + sum(child.size for child in (*node.keys, *node.items))
        if node.size > MAX_EXPANDED and node.size > MAX_EXPANSION_RATIO * self._count:
            raise InputError(
                "aliases expand out of all proportion", counted(node.line, node.column)
            )
        return self._attach(node, event)

    def _attach(self, node: Node, event: Any) -> Node | None:
        if not self._open:
            return node
        parent = self._open[-1]
        leaf = isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent))
        parent.end = max(parent.end, event.end_mark.index if leaf else node.end)
        if parent.kind == "sequence":
            parent.items.append(node)
        elif len(parent.keys) == len(parent.items):
            self._add_key(parent, node, event)
        else:
            if parent.keys[-1].merges and isinstance(event, yaml.AliasEvent):
                self._check_merged(node, event)
            parent.items.append(node)
        return None

    def _check_merged(self, node: Node, event: Any) -> None:
        if node.kind != "mapping":  # a list of them may only be written out
            where = self._at(event.start_mark)
            raise InputError("a merge key (<<) needs a mapping or a list of them", where)

    def _add_key(self, parent: Node, node: Node, event: Any) -> None:
        where = self._at(event.start_mark)
        if node.kind != "scalar":
            message = "a mapping key must be a string (a template has to be rendered first)"
            raise InputError(message, where)
        if node.merges:
            if isinstance(event, yaml.AliasEvent):
                raise InputError("an alias of a merge key (<<)", where)
            parent.keys.append(node)
            return
        try:
            name = key_text(node)
        except InputError as error:
            raise InputError(error.message, where) from None
        if name in self._names[-1]:
            raise InputError("this key stands twice in one mapping", where)
        self._names[-1].add(name)
        parent.keys.append(node)


def _plain_words(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)
