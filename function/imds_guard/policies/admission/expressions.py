"""What an admission policy asks of a NetworkPolicy, in the expression language of Kubernetes (CEL).

A NetworkPolicy opens metadata where one of its egress rules holds a port of an endpoint, and has no
`to`, or an ipBlock that holds the address and no `except` that does. It is the question of the
audit, asked of one policy: whom it selects, and what others say, is not looked at.

Kubernetes documentation, Common Expression Language: `cidr(...).containsIP(...)` from 1.31. Maps of
mixed types need `dyn`. `containsCIDR` is not used: it is wrong before 1.32.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import ALLOW_METADATA, REASON

if TYPE_CHECKING:
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

OPENED = "opened"
ASKED = "asked"

GROUP, RESOURCE, VERB = "imds-guard.dev", "networkpolicies", "allow-metadata"
"""What RBAC has to allow whoever applies an exception: a verb on a resource that nobody serves, so
that a role with every verb on NetworkPolicies does not include it."""

# Whether ports `p` of a rule hold one of the TCP ports `of`. A port by name may be any.
_HAS_PORT = (
    "(!has(p.protocol) || p.protocol == 'TCP') && (!has(p.port) || type(p.port) == string || "
    "{of}.exists(n, has(p.endPort) ? int(p.port) <= n && n <= int(p.endPort) : int(p.port) == n))"
)
_HAS_ADDRESS = (
    "has(t.ipBlock) && cidr(t.ipBlock.cidr).containsIP({address}) && "
    "(!has(t.ipBlock.except) || !t.ipBlock.except.exists(x, cidr(x).containsIP({address})))"
)


NETWORK_POLICIES: Manifest = {
    "apiGroups": ["networking.k8s.io"],
    "apiVersions": ["v1"],
    "operations": ["CREATE", "UPDATE"],
    "resources": ["networkpolicies"],
}
"""What is looked at: NetworkPolicies that are made or changed."""


def variables(settings: Settings) -> list[Manifest]:
    """The variables of a policy: the endpoints, the rules that count, and what they open."""
    return [
        {"name": "endpoints", "expression": _endpoints(settings)},
        {"name": "rules", "expression": _rules(settings)},
        {"name": OPENED, "expression": _opened()},
    ]


def _endpoints(settings: Settings) -> str:
    """The metadata addresses with their TCP ports: literals, which no prefix can tear off."""
    entries = [
        f"{{'address': dyn('{cidr.partition('/')[0]}'), 'ports': dyn({list(numbers)})}}"
        for numbers, cidrs in settings.endpoints_by_ports.items()
        for cidr in cidrs
    ]
    return f"[{', '.join(entries)}]"


def _rules(settings: Settings) -> str:
    """The egress rules that count: on Cilium also those that policyTypes leaves out."""
    if settings.cni is not None and not settings.cni.heeds_policy_types:
        return "has(object.spec.egress) ? object.spec.egress : []"
    return (
        "has(object.spec.egress) && (!has(object.spec.policyTypes) || "
        "size(object.spec.policyTypes) == 0 || 'Egress' in object.spec.policyTypes) "
        "? object.spec.egress : []"
    )


def _opened() -> str:
    ports = f"!has(r.ports) || size(r.ports) == 0 || r.ports.exists(p, {_HAS_PORT})"
    peers = f"!has(r.to) || size(r.to) == 0 || r.to.exists(t, {_HAS_ADDRESS})"
    return (
        "variables.endpoints.filter(e, variables.rules.exists(r, "
        f"({ports.format(of='e.ports')}) && ({peers.format(address='e.address')})))"
        ".map(e, string(e.address))"
    )


def asked() -> str:
    """Whether the policy asks to be an exception, with a reason."""
    annotations = "object.metadata.annotations"
    return (
        f"has({annotations}) && ['{REASON}', '{ALLOW_METADATA}'].exists(key, "
        f"key in {annotations} && {annotations}[key] != '')"
    )


def is_allowed() -> str:
    """Whether whoever applies the policy may make exceptions."""
    return (
        f"authorizer.group('{GROUP}').resource('{RESOURCE}').namespace(object.metadata.namespace)"
        f".name(object.metadata.name).check('{VERB}').allowed()"
    )


def finding() -> str:
    """What is said of a policy that opens metadata."""
    return f"'imds-guard: its egress opens cloud metadata at ' + variables.{OPENED}.join(', ')"


def refusal() -> str:
    """What is said of a policy that is refused, with what mends it."""
    return (
        f"{finding()} + (variables.{ASKED} "
        f"? '; its exception needs the verb {VERB} on {RESOURCE}.{GROUP}' "
        ": '; write the address under except of the ipBlock')"
    )
