"""deny-cloud-metadata: the world, but not the metadata service.

The only way to deny an address with NetworkPolicy is to allow the others: all addresses `except`
the metadata endpoints, per IP family. With `egress: web` TCP 80 and 443 only; with `egress: any`
every port, and every pod too, since an ipBlock does not match pods on every engine; with
`egress: web` that is added where the engine is known to be such a one. With `egress: dns` there is
nothing to carve out of, and the policy is not written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.manifest import all_but_metadata, network_policy
from imds_guard.resources.network_policy import NETWORK_POLICY
from imds_guard.settings import WEB_PORTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.manifest import Manifest, Scope, Target
    from imds_guard.settings import Settings

KINDS = (NETWORK_POLICY,)
SCOPE: Scope = "target"


def build(settings: Settings, target: Target) -> Iterator[Manifest]:
    """The carve-out for `target`; none where the configuration lets nothing out anyway."""
    spec = settings.config.spec
    if spec.egress == "dns":
        return
    yield network_policy(
        settings,
        target,
        spec.names.deny_metadata,
        policy_types=["Egress"],
        rules={"egress": settings.once(_egress)},
    )


def _egress(settings: Settings) -> list[Manifest]:
    web = [{"protocol": "TCP", "port": port} for port in WEB_PORTS]
    # A rule per family: some engines apply one block's except to the others of its rule.
    rules: list[Manifest] = [
        {"to": [all_but_metadata(settings, cidr)]} for cidr in settings.any_address
    ]
    pods: Manifest = {"to": [{"namespaceSelector": {}}]}
    if settings.config.spec.egress == "any":
        rules.append(pods)
    else:
        if not settings.ip_block_matches_pods:
            rules.append(pods)
        rules = [{**rule, "ports": web} for rule in rules]
    return rules
