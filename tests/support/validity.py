"""What API servers and engines refuse in a policy, asked of the program itself.

The cluster plane holds the program's rules against a real API server (tests/cluster/test_validity),
so that the other tests may go by them.
"""

from __future__ import annotations

from typing import Any

from imds_guard.reach.kinds import custom_faults_of
from imds_guard.reach.validity import Fault, network_policy_faults
from imds_guard.reach.validity.fault import SINCE_1_36
from imds_guard.resources import Address, Policy
from imds_guard.resources.network_policy import NETWORK_POLICY
from imds_guard.wire import as_text


def faults_of(manifest: dict[str, Any]) -> tuple[Fault, ...]:
    """Everything in a loaded policy of any kind that somebody refuses."""
    metadata = manifest["metadata"] if isinstance(manifest.get("metadata"), dict) else {}
    address = Address(
        str(manifest["apiVersion"]),
        str(manifest["kind"]),
        metadata.get("namespace"),
        str(metadata.get("name")),
    )
    policy = Policy(address, value=as_text(manifest))
    if (address.group, address.kind) == NETWORK_POLICY:
        return network_policy_faults(policy)
    return custom_faults_of(policy)


def stands(manifest: dict[str, Any]) -> bool:
    """Whether everybody takes a policy, or, of its CIDRs, every API server before 1.36."""
    return all(fault.doubt == SINCE_1_36 for fault in faults_of(manifest))


def violations(manifest: dict[str, Any]) -> list[str]:
    """The same as lines, `field.path: message`."""
    return [f"{fault.field}: {fault.why}" for fault in faults_of(manifest)]
