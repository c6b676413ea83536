"""IG005 invalid-except: the API server will reject the policy.

An `except` entry has to be a CIDR of its block's family and a strict subset of its `cidr`. A
client-side dry run takes anything; the server does not, and then none of the policy applies.

Found: an entry of another address family.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: "::/0", except: [169.254.169.254/32]}}]

Found: an entry that is all of its block.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]

Found: an entry outside of its block.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [169.254.169.254/32]}}]

Found: text that is no CIDR.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [metadata.google.internal]}}]

Not found: a part of its block.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from imds_guard.reach.addresses import cidr_network, contains
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.resources import NetworkPolicy
    from imds_guard.resources.network_policy import IpBlock
    from imds_guard.wire import Result

ID = "IG005"


def check(context: Context) -> Iterator[Result]:
    """A finding per entry that will be refused."""
    for policy in context.policies:
        for rule in (*policy.egress, *policy.ingress):
            for peer in rule.peers:
                if peer.ip_block is not None and not _is_valid(peer.ip_block):
                    yield from _block(policy, f"{peer.field}.ipBlock", peer.ip_block)


@lru_cache(maxsize=1024)
def _is_valid(block: IpBlock) -> bool:
    try:
        outer = cidr_network(block.cidr)
    except ValueError:
        return False
    return all(_why(outer, text) is None for text in block.excepted)


def _block(policy: NetworkPolicy, field: str, block: IpBlock) -> Iterator[Result]:
    try:
        outer = cidr_network(block.cidr)
    except ValueError:
        yield _finding(policy, f"{field}.cidr", block.cidr, None, "is no CIDR")
        return
    left = [text for text in block.excepted if _why(outer, text) is None]
    for index, text in enumerate(block.excepted):
        if why := _why(outer, text):
            at = f"{field}.except[{index}]"
            yield _finding(policy, f"{field}.except", list(block.excepted), left, why, at, text)


def _why(outer: Any, text: str) -> str | None:
    try:
        inner = cidr_network(text)
    except ValueError:
        return "is no CIDR"
    if inner.version != outer.version:
        return f"is IPv{inner.version}, and its cidr {outer} is IPv{outer.version}"
    if inner == outer or not contains(outer, inner):
        return f"is no strict subset of its cidr {outer}"
    return None


def _finding(
    policy: NetworkPolicy,
    field: str,
    current: Any,
    proposed: Any,
    why: str,
    at: str | None = None,
    text: str | None = None,
) -> Result:
    where = (at or field).removeprefix("spec.")
    return note(
        "error",
        ID,
        str(policy.address),
        f"{where} {text or current} {why}; the API server rejects the policy",
        about=policy.resource,
        address=policy.address,
        field=field,
        current=current,
        proposed=proposed,
        fix="remove it, or write it under a cidr that holds it",
    )
