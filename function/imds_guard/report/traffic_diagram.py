"""Declared traffic as nodes and edges: what Mermaid and DOT have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.report.traffic import connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imds_guard.audit import Context
    from imds_guard.report.traffic import Connection


class Edge(NamedTuple):
    """An arrow between two nodes, by their ids."""

    start: str
    end: str
    is_cut: bool
    label: str


class Diagram:
    """Nodes by namespace, and one edge per sender, receiver and fate, with all its ports."""

    def __init__(self, context: Context) -> None:
        self.ids: dict[str, str] = {}
        self.inside: dict[str | None, list[str]] = {None: []}
        ports: dict[tuple[str, str, str], list[str]] = {}
        for connection in connections(context):
            flow = connection.flows[0]
            client = flow.client.namespace if flow.client else None
            here = flow.target.namespace if flow.source == "namespace" else client
            start = self._node(connection.sender, here)
            end = self._node(connection.receiver, flow.target.namespace)
            ports.setdefault((start, end, _fate(connection)), []).extend(connection.ports)
        self.edges = [
            Edge(start, end, bool(fate), f"{', '.join(dict.fromkeys(listed))}{fate}")
            for (start, end, fate), listed in ports.items()
        ]

    def _node(self, title: str, namespace: str | None) -> str:
        if title not in self.ids:
            self.ids[title] = f"n{len(self.ids)}"
            self.inside.setdefault(namespace, []).append(title)
        return self.ids[title]

    def nodes(
        self, opening: str, closing: str, node: str, escape: Callable[[str], str]
    ) -> Iterator[str]:
        """The lines of the nodes, those of a namespace in a box of its own."""
        for number, (namespace, titles) in enumerate(self.inside.items()):
            indent = "  "
            if namespace is not None:
                yield indent + opening.format(number, escape(f"namespace {namespace}"))
                indent *= 2
            for title in titles:
                yield indent + node.format(self.ids[title], escape(title))
            if namespace is not None:
                yield f"  {closing}"


def _fate(connection: Connection) -> str:
    """Where the connection is cut, in words; empty where it is let through."""
    if not connection.is_cut:
        return ""
    both = (("in", connection.let_in), ("out", connection.let_out))
    return f", cut {' and '.join(way for way, passed in both if passed is False)}"
