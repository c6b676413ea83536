"""The labels and annotations that imds-guard writes, and those that it reads on resources."""

from __future__ import annotations

DOMAIN = "imds-guard.dev/"
"""What the names of all our annotations begin with."""

MANAGED_BY = ("app.kubernetes.io/managed-by", "imds-guard")
"""The label that every policy of ours carries: its key and its value."""

OWNER = "imds-guard.dev/config"
"""On our policies: the name of the functionConfig that wrote the policy."""

PLATFORM = "imds-guard.dev/platform"
"""On our policies: the platform of the configuration that wrote them, unless it is generic."""

CNI = "imds-guard.dev/cni"
"""On our policies: the engine of that configuration, where it names one."""

REFERENCES = "imds-guard.dev/references"
"""On our policies: the benchmark items and attack techniques that the policy answers."""

REASON = "imds-guard.dev/reason"
"""On our policies: why the policy lets a workload reach metadata. It marks an exception."""

UNTIL = "imds-guard.dev/until"
"""On our policies: the last day of the exception that the policy is, in UTC."""

GIVEN_KEYS = "imds-guard.dev/given"
"""On our policies: which label and annotation keys the configuration gave, so that a later run
can drop them."""

EXCEPTED = "imds-guard.dev/excepted"
"""On our denials that leave workloads out: which ones, and why."""

BESIDE = "imds-guard.dev/beside"
"""On a policy of ours that goes with somebody else's: the name of that policy."""

EXCLUDE = "imds-guard.dev/exclude"
"""On a Namespace or a workload: why it is left out."""

ALLOW_METADATA = "imds-guard.dev/allow-metadata"
"""On a workload or its pod template: why its pods may reach metadata. On a policy it asks the
admission policy to let it through, for whoever has the right."""

KNOWN = frozenset(
    (
        OWNER,
        PLATFORM,
        CNI,
        REFERENCES,
        REASON,
        UNTIL,
        GIVEN_KEYS,
        EXCEPTED,
        BESIDE,
        EXCLUDE,
        ALLOW_METADATA,
    )
)
"""Every annotation of ours. What is below is a label."""

GENERATE = "imds-guard.dev/generate"
"""A label on a Namespace: Kyverno gives it its policies, where the configuration asks for that."""
