"""Declared traffic as JSON, for programs. The shape is stable: fields are added, none changes.

    {"summary": {"flows", "cut"},
     "flows":   [{"kind", "declaredBy": {"kind", "namespace"?, "name"},
                  "from": {"source", a workload's fields or "namespaces"?}, "to": a workload,
                  "port", "protocol", "in", "out"?}]}

`in` and `out` say whether the receiver lets it in and the sender lets it out; `out` is there where
the sender is a workload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.audit.connectivity import passes
from imds_guard.report.json import as_text, workload_data

if TYPE_CHECKING:
    from imds_guard.audit import Context
    from imds_guard.reach.declared import Flow
    from imds_guard.report.summary import Summary


def render(summary: Summary) -> str:
    """Every flow that is declared, in the order of the input."""
    flows = [_flow_data(summary.context, flow) for flow in summary.context.flows]
    cut = sum(not (data["in"] and data.get("out", True)) for data in flows)
    return as_text({"summary": {"flows": len(flows), "cut": cut}, "flows": flows})


def _flow_data(context: Context, flow: Flow) -> dict[str, Any]:
    let_in, let_out = passes(context, flow)
    by = flow.by.address
    namespace = {"namespace": by.namespace} if by.namespace else {}
    sender: dict[str, Any] = {"source": flow.source}
    if flow.client is not None:
        sender |= workload_data(flow.client)
    elif flow.source in ("gateways", "prometheus"):
        sender["namespaces"] = list(context.senders(flow))
    return {
        "kind": flow.kind,
        "declaredBy": {"kind": by.kind, **namespace, "name": by.name},
        "from": sender,
        "to": workload_data(flow.target),
        "port": flow.port.port,
        "protocol": flow.port.protocol,
        "in": let_in,
        **({} if flow.client is None else {"out": let_out}),
    }
