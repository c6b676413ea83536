"""IG009 unseen-pods: a resource makes pods that no manifest shows.

Operators make pods of custom resources, virtual machines and workflows. The namespace's policies
hold for such pods as well; whether they cut what the pods need, no manifest tells. With
`scope: workload` no policy is written for them.

Found: a virtual machine runs in a pod.

    apiVersion: kubevirt.io/v1
    kind: VirtualMachine
    metadata: {name: db, namespace: shop}
    spec: {runStrategy: Always}

Not found: a pod template of a custom resource is read like any other.

    apiVersion: ray.io/v1
    kind: RayCluster
    metadata: {name: train, namespace: shop}
    spec:
      headGroupSpec:
        template:
          metadata: {labels: {app: train}}
          spec: {containers: [{name: head, image: example.com/ray}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.wire import Result

ID = "IG009"


def check(context: Context) -> Iterator[Result]:
    """A finding per resource of a governed namespace that makes pods without a template."""
    policies = "the policies of the namespace hold for them, and what they need is not known"
    fix = "let through by allow what they need"
    if context.settings.config.spec.scope == "workload":
        policies = "with scope: workload no policy is written for them, so they may reach metadata"
        fix = "write a policy that selects them"
    for resource in context.pod_makers:
        message = f"a {resource.kind} makes pods that no manifest shows; {policies}"
        yield note("warning", ID, str(resource.address), message, about=resource, fix=fix)
