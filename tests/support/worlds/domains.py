"""Names of the world in policies: what they stand for is known only in the cluster."""

from __future__ import annotations

from tests.support.engines.parts import Manifest

_DOMAIN = "*.example.com"


def name_one(policy: Manifest) -> None:
    """Give a policy's first egress rule a name besides what it has, where its kind knows names."""
    spec = policy.get("spec") or {}
    group, kind = policy["apiVersion"].partition("/")[0], policy["kind"]
    if group == "cilium.io" and "egress" in spec:
        spec["egress"] = [*spec["egress"], {"toFQDNs": [{"matchPattern": _DOMAIN}]}]
        return
    rules = spec.get("egress") or []
    if group.startswith("policy.") or kind == "ApplicationNetworkPolicy":
        peer: Manifest = {"domainNames": [_DOMAIN]}
        # SIG Network's kinds take names where they allow.
        rules = [one for one in rules if one.get("action", "Allow") in ("Allow", "Accept")]
    elif group == "crd.antrea.io":
        peer = {"fqdn": _DOMAIN}
    else:
        return
    for rule in rules[:1]:
        rule["to"] = [*rule.get("to", []), peer]
