"""IG002 unprotected: no egress policy selects the workload.

Pods that no policy isolates for egress reach everything, metadata included. In rendered output it
is also the sign of a function that was skipped without a word.

Found: a workload in a namespace without policies.

    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: []}

Found: a policy for ingress alone.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]

Not found: any policy for egress selects it.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]

Not found: pods on the host's network are IG003.

    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {hostNetwork: true, containers: []}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.reach.match import Match
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.wire import Result

ID = "IG002"


def check(context: Context) -> Iterator[Result]:
    """A finding per workload that nothing isolates for egress, and nothing keeps from metadata."""
    for subject in context.subjects:
        if subject.host_network or not context.exposure(subject).is_open:
            continue
        isolated = context.isolates(subject)
        if isolated is Match.YES:
            continue
        message = "no egress policy selects it, so it reaches everything, metadata included"
        fix = "run imds-guard on it; if it did run, see whether the build skipped it"
        if isolated:
            message = "it is not certain that an egress policy selects it; without, it reaches all"
            fix = "select it by labels that its manifest has, with a policy that stands only once"
        yield note("error", ID, str(subject), message, about=subject.resource, fix=fix)
