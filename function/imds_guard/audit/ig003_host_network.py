"""IG003 host-network: NetworkPolicy does not govern the workload.

Pods with `hostNetwork: true` have the node's own address, which engines leave alone.

Found: `hostNetwork: true` in a pod template.

    apiVersion: apps/v1
    kind: DaemonSet
    metadata:
      name: agent
      namespace: shop
    spec:
      template:
        spec: {hostNetwork: true, containers: []}

Not found: the pods have a network of their own.

    apiVersion: apps/v1
    kind: DaemonSet
    metadata:
      name: agent
      namespace: shop
    spec:
      template:
        spec: {containers: []}

Not found: an exception is declared, so the reason is written down already.

    apiVersion: apps/v1
    kind: DaemonSet
    metadata:
      name: agent
      namespace: shop
      annotations: {imds-guard.dev/allow-metadata: reads the zone of its node}
    spec:
      template:
        spec: {hostNetwork: true, containers: []}
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
            yield note(
                "warning",
                ID,
                str(subject),
                message,
                about=subject.resource,
                fix=fix,
                workloads=[subject],
            )
