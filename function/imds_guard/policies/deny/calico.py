"""deny-cloud-metadata as a GlobalNetworkPolicy of Calico, with a Tier of its own.

Calico reference, Tier and GlobalNetworkPolicy. In the tier `default` what no rule is about is
dropped, so it cannot be there; a tier whose defaultAction is Pass hands it on, and so does the last
rule, for versions before 3.29, which do not know defaultAction. With a namespaceSelector it leaves
the host endpoints of nodes alone. Calico takes any text for a CIDR or a selector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import REASON
from imds_guard.policies.deny.denial import check_room
from imds_guard.policies.manifest import CLUSTER, manifest, shortened
from imds_guard.reach.addresses import network
from imds_guard.reach.selectors import NAMESPACE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imds_guard.policies.deny.denial import Blocked, Denial
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

_VERSION = "projectcalico.org/v3"
TIER = "imds-guard"
_ORDER = 100  # of the tier, and in it of the policy that denies


def build(settings: Settings, denial: Denial) -> Iterator[Manifest]:
    """The tier, the exceptions in their order, and the policy that denies. Raises ConfigError."""
    check_room(denial, "a GlobalNetworkPolicy of Calico", _ORDER)
    tier = {"order": _ORDER, "defaultAction": "Pass"}
    yield manifest(settings, CLUSTER, (_VERSION, "Tier"), TIER, tier)
    for at, excepted in enumerate(denial.exceptions):
        name = shortened(f"{TIER}.allow-metadata-{excepted.namespace}-{excepted.name}")
        yield _policy(
            settings,
            name,
            order=_ORDER - len(denial.exceptions) + at,
            selector=expression(excepted.pod_selector),
            namespaces=f'{NAMESPACE_NAME} == "{excepted.namespace}"',
            egress=list(_rules("Pass", excepted.opened)),
            annotations={REASON: excepted.reason},
        )
    yield _policy(
        settings,
        f"{TIER}.{settings.config.spec.names.deny_metadata}",
        order=_ORDER,
        selector="all()",
        namespaces=expression(denial.namespaces),
        egress=[*_rules("Deny", denial.blocked), {"action": "Pass"}],
    )


def _policy(
    settings: Settings,
    name: str,
    *,
    order: int,
    selector: str,
    namespaces: str,
    egress: list[Manifest],
    annotations: dict[str, str] | None = None,
) -> Manifest:
    spec = {
        "tier": TIER,
        "order": order,
        "selector": selector,
        "namespaceSelector": namespaces,
        "types": ["Egress"],
        "egress": egress,
    }
    kind = (_VERSION, "GlobalNetworkPolicy")
    return manifest(settings, CLUSTER, kind, name, spec, annotations)


def _rules(action: str, groups: Sequence[Blocked]) -> Iterator[Manifest]:
    """A rule per address family and protocol: Calico takes one of each in a rule."""
    for blocked in groups:
        ports: dict[str, list[int | str]] = {}
        for protocol, first, last in blocked.ports:
            span = first if first == last else f"{first}:{last}"
            ports.setdefault(protocol, []).append(span)
        for version in (4, 6):
            nets = [cidr for cidr in blocked.cidrs if network(cidr).version == version]
            if nets and not ports:
                yield {"action": action, "destination": {"nets": nets}}
            elif nets:
                for protocol, spans in ports.items():
                    destination = {"nets": nets, "ports": spans}
                    yield {"action": action, "protocol": protocol, "destination": destination}


def expression(selector: Manifest) -> str:
    """A label selector of Kubernetes in Calico's words."""
    words = [f'{key} == "{value}"' for key, value in selector.get("matchLabels", {}).items()]
    for one in selector.get("matchExpressions", []):
        key, operator = one["key"], one["operator"]
        if operator in ("Exists", "DoesNotExist"):
            words.append(f"has({key})" if operator == "Exists" else f"!has({key})")
        else:
            values = ", ".join(f'"{value}"' for value in one["values"])
            words.append(f"{key} {'in' if operator == 'In' else 'not in'} {{{values}}}")
    return " && ".join(words) or "all()"
