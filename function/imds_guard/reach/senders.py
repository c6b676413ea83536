"""Where gateways and Prometheus send from, when no manifest says so for certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.platforms import GATEWAY_NAMESPACES, MONITORING_NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imds_guard.reach.declared import Flow


def senders(flow: Flow, chosen: Sequence[str], known: Iterable[str]) -> tuple[str, ...]:
    """The namespaces of a flow's gateways or of Prometheus.

    For gateways those that the configuration names (`chosen`); else those of the route's gateways
    and the usual ones that are in the input (`known`); else the usual ones.
    """
    if flow.source == "prometheus":
        here = set(known) & set(MONITORING_NAMESPACES)
        return tuple(sorted(here)) or MONITORING_NAMESPACES
    if chosen:
        return tuple(chosen)
    found = {*(flow.namespaces or ()), *(set(known) & set(GATEWAY_NAMESPACES))}
    return tuple(sorted(found)) or GATEWAY_NAMESPACES
