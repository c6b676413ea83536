"""IG009 unseen-pods: a resource makes pods that no manifest shows.

Operators make pods of custom resources, virtual machines and workflows. The namespace's policies
hold for such pods as well; whether they cut what the pods need, no manifest tells. With
`scope: workload` no policy is written for them.

So do custom resources of which nothing is known: where a policy asks for a label that no workload
of its namespace has, one of them is supposed to make pods with it.

Found: a virtual machine runs in a pod.

    apiVersion: kubevirt.io/v1
    kind: VirtualMachine
    metadata: {name: db, namespace: shop}
    spec: {runStrategy: Always}

Found: nobody else here can make the pods that the policy is for.

    apiVersion: example.com/v1
    kind: Farm
    metadata: {name: herd, namespace: shop}
    spec: {size: 3}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: herd, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: herd}}
      policyTypes: [Ingress, Egress]

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
    for source in context.pod_makers:
        resource, policy = source.resource, source.policy
        message = f"this {resource.kind} makes pods that no manifest shows"
        if policy is not None:
            others = f" (or {source.others} more resources here)" if source.others else ""
            message = (
                f"policy {policy.address.name} is for pods with {source.labels}, which no "
                f"manifest shows; this {resource.kind}{others} may make them"
            )
        message = f"{message}; {policies}"
        yield note("warning", ID, str(resource.address), message, about=resource, fix=fix)
