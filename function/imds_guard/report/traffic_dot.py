"""Declared traffic as a DOT graph, for Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.report.traffic_diagram import Diagram

if TYPE_CHECKING:
    from imds_guard.report.summary import Summary


def render(summary: Summary) -> str:
    """A box per namespace, and an arrow per connection: what is cut is dashed and red."""
    diagram = Diagram(summary.context)
    lines = ["digraph traffic {", "  rankdir=LR", "  node [shape=box]"]
    lines += diagram.nodes('subgraph cluster_{} {{ label="{}"', "}", '{} [label="{}"]', _escaped)
    for edge in diagram.edges:
        style = ' style=dashed color="#cc0000"' if edge.is_cut else ""
        lines.append(f'  {edge.start} -> {edge.end} [label="{_escaped(edge.label)}"{style}]')
    return "\n".join([*lines, "}"]) + "\n"


def _escaped(text: str) -> str:
    """Text for between quotes; a backslash would begin one of DOT's own escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(char if char.isprintable() else " " for char in escaped)
