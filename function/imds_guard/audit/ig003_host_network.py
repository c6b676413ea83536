"""IG003 host-network: NetworkPolicy does not govern the workload.

Pods with `hostNetwork: true` have the node's own address, which engines leave alone.

Fires: `hostNetwork: true` in a pod template. Does not: every other workload; one that declares an
exception, since its reason is written down already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.wire import Result

ID = "IG003"


def check(context: Context) -> Iterator[Result]:
    """A finding per workload on the host's network."""
    for subject in context.subjects:
        if subject.host_network and not subject.exception:
            message = "hostNetwork: true puts it on the node's network, which no policy governs"
            fix = "remove hostNetwork, or limit metadata at the instance (IMDSv2, hop limit 1)"
            yield note("warning", ID, str(subject), message, about=subject.resource, fix=fix)
