"""Declared traffic: who sends what to whom by whose word, and whether policies let it through.

A table for a terminal, JSON for programs, Mermaid and DOT for those who would rather look. The
JSON's shape is stable:

    {"summary": {"flows", "cut"},
     "flows":   [{"kind", "declaredBy": {"kind", "namespace"?, "name"},
                  "from": {"source", a workload's fields or "namespaces"?}, "to": a workload,
                  "port", "protocol", "in", "out"?}]}

`in` and `out` say whether the receiver lets it in and the sender lets it out; `out` is there where
the sender is a workload.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.audit.connectivity import passes
from imds_guard.report.audited import counted, workload_of
from imds_guard.report.json import as_text, subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from imds_guard.audit import Context
    from imds_guard.reach.declared import Flow
    from imds_guard.report.terminal import Part

_FEW = 2  # namespaces that are named, of the many that gateways may be in
_GAP = 2  # between columns
_NARROWEST = 8  # a column is no narrower, however long the others are
_HEADER = ("FROM", "TO", "PORT", "DECLARED BY", "IN", "OUT")
_STYLES = {"through": "green", "cut": "bold red"}


class Connection(NamedTuple):
    """Flows that differ in nothing but their ports; `let_out` is None where no workload sends."""

    flows: tuple[Flow, ...]
    sender: str
    let_in: bool
    let_out: bool | None

    @property
    def is_cut(self) -> bool:
        return not self.let_in or self.let_out is False

    @property
    def receiver(self) -> str:
        return workload_of(self.flows[0].target)

    @property
    def declared_by(self) -> str:
        address = self.flows[0].by.address
        return f"{address.kind} {address}"

    @property
    def ports(self) -> list[str]:
        return list(dict.fromkeys(str(flow.port) for flow in self.flows))


def connections(context: Context) -> list[Connection]:
    """All that is declared, in the order of the input."""
    found: dict[tuple[Any, ...], list[Flow]] = {}
    for flow in context.flows:
        let_in, let_out = passes(context, flow)
        outward = let_out if flow.client is not None else None
        key = (flow.by, flow.target, _sender(context, flow), let_in, outward)
        found.setdefault(key, []).append(flow)
    return [Connection(tuple(flows), *key[2:]) for key, flows in found.items()]


def render(form: str, context: Context, *, width: int = 100, colour: bool = False) -> str:
    """The declared traffic as table, json, mermaid or dot.

    `width` and `colour` are for terminals.
    """
    if form == "json":
        return _json(context)
    found = connections(context)
    if form == "mermaid":
        return _mermaid(found)
    return _dot(found) if form == "dot" else _table(context, found, width, colour)


def _sender(context: Context, flow: Flow) -> str:
    if flow.client is not None:
        return workload_of(flow.client)
    if flow.source == "namespace":
        here = flow.target.namespace
        return f"pods of namespace {here}" if here else "pods of its namespace"
    if flow.source == "world":
        return "the API server" if flow.kind == "webhooks" else "anywhere"
    what = "Prometheus" if flow.source == "prometheus" else "gateways"
    names = context.senders(flow)
    more = len(names) - _FEW
    return f"{what} in {', '.join(names[:_FEW])}" + (f" and {more} more" if more > 0 else "")


# The table.


def _table(context: Context, found: Sequence[Connection], width: int, colour: bool) -> str:
    from imds_guard.report.terminal import Page

    page = Page(width, colour)
    page.line((f"{_headline(found)}.", "bold"))
    if context.others:
        page.line("Policies of other kinds are in the input: what they may let through counts so.")
    if found:
        page.blank()
        rows = [_HEADER, *map(_row, found)]
        widths = _fitted(rows, page.width)
        for row in rows:
            for parts in _lines(row, widths, is_header=row is _HEADER):
                page.line(*parts)
    return page.text


def _headline(found: Sequence[Connection]) -> str:
    if not found:
        return "No traffic is declared"
    number = sum(one.is_cut for one in found)
    declared = counted(len(found), "declared connection")
    if not number:
        return f"{declared}, none is cut" if len(found) > 1 else f"{declared}, let through"
    return f"{number:,} of {declared} {'is' if number == 1 else 'are'} cut"


def _row(one: Connection) -> tuple[str, ...]:
    states = {True: "through", False: "cut", None: ""}
    ports = ", ".join(one.ports)
    way = states[one.let_in], states[one.let_out]
    return (one.sender, one.receiver, ports, one.declared_by, *way)


def _fitted(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide each column is: as its widest cell, the widest narrowed to fit.

    No word is broken while there is another way.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    words = [
        max(len(word) for text in column for word in [*text.split(), ""]) for column in columns
    ]
    room = width - _GAP * (len(widths) - 1)
    for least in (words, [min(word, _NARROWEST) for word in words]):
        while sum(widths) > room and (wide := _spare(widths, least)) is not None:
            widths[wide] -= 1
    return widths


def _spare(widths: Sequence[int], least: Sequence[int]) -> int | None:
    """The widest column that may be narrower."""
    found = [at for at, width in enumerate(widths) if width > least[at]]
    return max(found, key=lambda at: widths[at], default=None)


def _lines(row: Sequence[str], widths: Sequence[int], *, is_header: bool) -> Iterator[list[Part]]:
    """A row's cells, each wrapped in its column."""
    cells = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells))):
        texts = [cell[number] if number < len(cell) else "" for cell in cells]
        styles = ["dim" if is_header else _STYLES.get(text, "") for text in texts]
        gaps = [_GAP] * (len(widths) - 1) + [0]
        yield [
            (text.ljust(width + gap), style)
            for text, width, gap, style in zip(texts, widths, gaps, styles, strict=True)
        ]


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width`; a name that is longer is broken where it has to be."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


# JSON.


def _json(context: Context) -> str:
    flows = [_flow(context, flow) for flow in context.flows]
    cut = sum(not (one["in"] and one.get("out", True)) for one in flows)
    return as_text({"summary": {"flows": len(flows), "cut": cut}, "flows": flows})


def _flow(context: Context, flow: Flow) -> dict[str, Any]:
    let_in, let_out = passes(context, flow)
    by = flow.by.address
    namespace = {"namespace": by.namespace} if by.namespace else {}
    sender: dict[str, Any] = {"source": flow.source}
    if flow.client is not None:
        sender |= subject(flow.client)
    elif flow.source in ("gateways", "prometheus"):
        sender["namespaces"] = list(context.senders(flow))
    return {
        "kind": flow.kind,
        "declaredBy": {"kind": by.kind, **namespace, "name": by.name},
        "from": sender,
        "to": subject(flow.target),
        "port": flow.port.port,
        "protocol": flow.port.protocol,
        "in": let_in,
        **({} if flow.client is None else {"out": let_out}),
    }


# Diagrams.


class _Edge(NamedTuple):
    start: str
    end: str
    is_cut: bool
    label: str


class _Diagram:
    """Nodes by namespace, and one edge per sender, receiver and fate, with all its ports."""

    def __init__(self, found: Iterable[Connection]) -> None:
        self.ids: dict[str, str] = {}
        self.inside: dict[str | None, list[str]] = {None: []}
        ports: dict[tuple[str, str, str], list[str]] = {}
        for one in found:
            flow = one.flows[0]
            client = flow.client.namespace if flow.client else None
            here = flow.target.namespace if flow.source == "namespace" else client
            start = self._node(one.sender, here)
            end = self._node(one.receiver, flow.target.namespace)
            ports.setdefault((start, end, _fate(one)), []).extend(one.ports)
        self.edges = [
            _Edge(start, end, bool(fate), f"{', '.join(dict.fromkeys(listed))}{fate}")
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


def _fate(one: Connection) -> str:
    if not one.is_cut:
        return ""
    ways = [way for way, passed in (("in", one.let_in), ("out", one.let_out)) if passed is False]
    return f", cut {' and '.join(ways)}"


def _mermaid(found: Iterable[Connection]) -> str:
    diagram = _Diagram(found)
    lines = ["flowchart LR"]
    lines += diagram.nodes('subgraph ns{}["{}"]', "end", '{}["{}"]', _in_mermaid)
    for edge in diagram.edges:
        arrow = "-.->" if edge.is_cut else "-->"
        lines.append(f'  {edge.start} {arrow}|"{_in_mermaid(edge.label)}"| {edge.end}')
    if cut := [str(at) for at, edge in enumerate(diagram.edges) if edge.is_cut]:
        lines.append(f"  linkStyle {','.join(cut)} stroke:#c00")
    return "\n".join(lines) + "\n"


def _in_mermaid(text: str) -> str:
    """Text for between quotes: whatever Mermaid or HTML could take for its own, by number."""
    return "".join(one if one.isalnum() or one in " -_./:," else f"#{ord(one)};" for one in text)


def _dot(found: Iterable[Connection]) -> str:
    diagram = _Diagram(found)
    lines = ["digraph traffic {", "  rankdir=LR", "  node [shape=box]"]
    lines += diagram.nodes('subgraph cluster_{} {{ label="{}"', "}", '{} [label="{}"]', _in_dot)
    for edge in diagram.edges:
        style = ' style=dashed color="#cc0000"' if edge.is_cut else ""
        lines.append(f'  {edge.start} -> {edge.end} [label="{_in_dot(edge.label)}"{style}]')
    return "\n".join([*lines, "}"]) + "\n"


def _in_dot(text: str) -> str:
    """Text for between quotes; a backslash would begin one of DOT's own escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(one if one.isprintable() else " " for one in escaped)
