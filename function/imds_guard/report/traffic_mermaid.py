"""Declared traffic as a Mermaid flowchart, which GitHub and GitLab draw within Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.report.traffic_diagram import Diagram

if TYPE_CHECKING:
    from imds_guard.report.summary import Summary


def render(summary: Summary) -> str:
    """A box per namespace, and an arrow per connection: what is cut is dashed and red."""
    diagram = Diagram(summary.context)
    lines = ["flowchart LR"]
    lines += diagram.nodes('subgraph ns{}["{}"]', "end", '{}["{}"]', _escaped)
    for edge in diagram.edges:
        arrow = "-.->" if edge.is_cut else "-->"
        lines.append(f'  {edge.start} {arrow}|"{_escaped(edge.label)}"| {edge.end}')
    if cut := [str(at) for at, edge in enumerate(diagram.edges) if edge.is_cut]:
        lines.append(f"  linkStyle {','.join(cut)} stroke:#c00")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Text for between quotes: whatever Mermaid or HTML could take for its own, by number."""
    return "".join(
        char if char.isalnum() or char in " -_./:," else f"#{ord(char)};" for char in text
    )
