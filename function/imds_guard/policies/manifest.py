"""What every policy that we write has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from imds_guard.annotations import CNI, GIVEN_KEYS, MANAGED_BY, OWNER, PLATFORM, REFERENCES
from imds_guard.reach.addresses import carve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.config import Port
    from imds_guard.config.model import Direction
    from imds_guard.settings import Settings

Manifest = dict[str, Any]

Scope = Literal["target", "workload"]
"""What a writer writes its policies for: for each target, which is a namespace or, with
`scope: workload`, a workload; or for each workload that needs them."""

CILIUM_NETWORK_POLICY = ("cilium.io", "CiliumNetworkPolicy")

DIRECTIONS: tuple[Direction, ...] = ("Ingress", "Egress")
"""In the order in which policyTypes are written."""

LONGEST_NAME = 63
# CIS Kubernetes benchmark 5.3.2: every namespace has NetworkPolicies. MITRE ATT&CK T1552.005:
# credentials from the cloud instance metadata API.
_REFERENCES = "CIS Kubernetes 5.3.2, MITRE ATT&CK T1552.005"


class Target(NamedTuple):
    """The pods that a set of policies is for, and the names that it takes."""

    namespace: str | None
    pod_selector: Manifest
    prefix: str = ""  # the workload's name, where the set is one workload's
    # Policies of others isolate all of them for egress, and the default deny does not.
    is_isolated: bool = False


class ClusterWriter(NamedTuple):
    """A module that writes cluster-wide objects, loaded when the configuration asks for it."""

    module: str
    kinds: tuple[tuple[str, str], ...]  # the API groups and kinds that it writes


CLUSTER = Target(None, {})
"""The target of a policy that is written once, for all of the cluster."""


def manifest(
    settings: Settings,
    target: Target,
    kind: tuple[str, str],
    name: str,
    spec: Manifest,
    annotations: dict[str, str] | None = None,
) -> Manifest:
    """The manifest of a policy of any kind (its apiVersion and kind), with our labels on it."""
    return {
        "apiVersion": kind[0],
        "kind": kind[1],
        "metadata": _metadata(settings, target, name, annotations or {}),
        "spec": spec,
    }


def network_policy(
    settings: Settings,
    target: Target,
    name: str,
    *,
    policy_types: Sequence[str],
    rules: Manifest | None = None,
    annotations: dict[str, str] | None = None,
) -> Manifest:
    """A NetworkPolicy for `target`; `rules` are its ingress and egress, shared or not."""
    spec = {"podSelector": target.pod_selector, "policyTypes": [*policy_types], **(rules or {})}
    kind = ("networking.k8s.io/v1", "NetworkPolicy")
    return manifest(settings, target, kind, name, spec, annotations)


def all_but_metadata(settings: Settings, cidr: str) -> Manifest:
    """A peer of all addresses of a CIDR `except` those that must not be reached."""
    block: Manifest = {"cidr": cidr}
    if excepted := carve(cidr, settings.blocked):
        block["except"] = list(excepted)
    return {"ipBlock": block}


def entity_policy(
    settings: Settings,
    target: Target,
    name: str,
    entities: Sequence[str],
    ports: Sequence[tuple[int, str]] = (),
) -> Manifest:
    """A CiliumNetworkPolicy that lets `target` reach entities; no `ports`: on every port.

    Cilium takes an address on the node for the entity `host` and the API server for the entity
    `kube-apiserver`; no ipBlock matches either.
    """
    rule: Manifest = {"toEntities": [*entities]}
    if ports:
        to_ports = [{"port": str(port), "protocol": protocol} for port, protocol in ports]
        rule["toPorts"] = [{"ports": to_ports}]
    spec = {"endpointSelector": target.pod_selector, "egress": [rule]}
    return manifest(settings, target, ("cilium.io/v2", "CiliumNetworkPolicy"), name, spec)


def _metadata(
    settings: Settings, target: Target, name: str, annotations: dict[str, str]
) -> Manifest:
    spec = settings.config.spec
    metadata: Manifest = {"name": policy_name(target, name)}
    if target.namespace:
        metadata["namespace"] = target.namespace
    metadata["labels"] = {MANAGED_BY[0]: MANAGED_BY[1], **spec.labels}
    own = {OWNER: settings.config.name, **_built_for(settings), REFERENCES: _REFERENCES}
    own |= annotations
    metadata["annotations"] = {**own, **spec.annotations}
    if given := sorted((*spec.labels, *spec.annotations)):
        metadata["annotations"][GIVEN_KEYS] = ", ".join(given)
    return metadata


def _built_for(settings: Settings) -> dict[str, str]:
    """What an audit of the policy measures by, where nobody tells it anything else."""
    found = {PLATFORM: settings.platform.name, CNI: settings.config.spec.cni}
    return {key: name for key, name in found.items() if name not in ("", "generic")}


def policy_name(target: Target, name: str) -> str:
    """The policy's name for this target, cut to 63 characters with a hash when it is longer."""
    return shortened(f"{target.prefix}-{name}" if target.prefix else name)


def shortened(name: str) -> str:
    """`name`, or its beginning with a hash of all of it, at most 63 characters long."""
    return name if len(name) <= LONGEST_NAME else hashed(name, name)


def hashed(name: str, of: str) -> str:
    """The beginning of `name` with a hash of `of`, at most 63 characters long."""
    import hashlib

    digest = hashlib.sha256(of.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9].rstrip('-.')}-{digest}"


def slug(text: str) -> str:
    """`text` as a part of a resource's name."""
    letters = "".join(char if char.isalnum() and char.isascii() else "-" for char in text.lower())
    return "-".join(part for part in letters.split("-") if part)


def port_rule(port: Port) -> Manifest:
    """A port of the configuration as NetworkPolicyPort."""
    rule: Manifest = {"protocol": port.protocol, "port": port.port}
    if port.end_port is not None:
        rule["endPort"] = port.end_port
    return rule
