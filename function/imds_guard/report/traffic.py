"""Declared traffic: who sends what to whom by whose word, and whether policies let it through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.audit.connectivity import passes
from imds_guard.report.summary import workload_of

if TYPE_CHECKING:
    from imds_guard.audit import Context
    from imds_guard.reach.declared import Flow

_FEW = 2  # namespaces that are named, of the many that gateways may be in


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
    alike: dict[tuple[Any, ...], list[Flow]] = {}
    for flow in context.flows:
        let_in, let_out = passes(context, flow)
        outward = let_out if flow.client is not None else None
        key = (flow.by, flow.target, _sender(context, flow), let_in, outward)
        alike.setdefault(key, []).append(flow)
    return [Connection(tuple(flows), *key[2:]) for key, flows in alike.items()]


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
