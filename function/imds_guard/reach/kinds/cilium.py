"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.

Cilium documentation, layer 3 and layer 4 policies: what any policy allows is let through, unless an
egressDeny rule denies it; a policy with egress rules isolates what it selects, unless
enableDefaultDeny says otherwise. The metadata address belongs to the entity `world`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.decision import Action, Client, Match, Rule
from imds_guard.reach.kinds.matching import holds, number, sequence
from imds_guard.reach.selectors import matches
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.reach.addresses import Network
    from imds_guard.reach.decision import OtherPolicies
    from imds_guard.reach.grants import Pod
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import Protocol

_NAMESPACE = "io.kubernetes.pod.namespace"
_NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
_WORLD = {"world", "all"}
_PODS = {"cluster", "all"}
_LAYER_3 = frozenset(
    [
        *("toEndpoints", "toCIDR", "toCIDRSet", "toEntities"),
        *("toFQDNs", "toServices", "toGroups", "toNodes"),
    ]
)
# What they stand for is known only in the cluster.
_UNKNOWN = ("toFQDNs", "toServices", "toGroups")


def read(policy: Policy, found: OtherPolicies) -> None:
    """Add the rules and isolations of one policy."""
    root = policy.value
    specs = [("spec", root.get("spec"))]
    specs += [(f"specs[{at}]", one) for at, one in enumerate(sequence(root.get("specs")))]
    for path, value in specs:
        spec = mapping(value)
        if not spec or "nodeSelector" in spec:
            continue  # rules for nodes, not for pods
        selects = _selects(policy, spec)
        sections: tuple[tuple[str, Action], ...] = (("egress", "allow"), ("egressDeny", "deny"))
        for name, action in sections:
            for index, rule in enumerate(sequence(spec.get(name))):
                field = f"{path}.{name}[{index}]"
                found.rules.append(_rule(policy, field, action, selects, mapping(rule)))
        default = mapping(spec.get("enableDefaultDeny")).get("egress")
        has_egress = "egress" in spec or "egressDeny" in spec
        if has_egress if default is None else str(default).lower() == "true":
            found.isolations.append(selects)


def _rule(
    policy: Policy,
    field: str,
    action: Action,
    selects: Callable[[Client], Match],
    rule: dict[str, Any],
) -> Rule:
    def reaches(address: Network, protocol: Protocol, port: int) -> Match:
        return min(_to_address(rule, address), _ports(rule, protocol, port))

    def reaches_pod(pod: Pod, protocol: Protocol, port: int) -> Match:
        return min(_to_pod(policy, rule, pod), _ports(rule, protocol, port))

    return Rule(policy, field, "namespace", (0,), action, selects, reaches, reaches_pod)


def _selects(policy: Policy, spec: dict[str, Any]) -> Callable[[Client], Match]:
    def selects(client: Client) -> Match:
        if policy.address.kind == "CiliumNetworkPolicy" and client.namespace != policy.namespace:
            return Match.NO
        labels = _labels(client.namespace, client.labels, client.namespace_labels)
        if matches(_plain(spec.get("endpointSelector")), labels):
            return Match.YES
        asks = str(spec.get("endpointSelector"))
        unknown = _NAMESPACE_LABELS in asks and not client.namespace_is_known
        return Match.MAYBE if unknown or "reserved:" in asks else Match.NO

    return selects


def _to_address(rule: dict[str, Any], address: Network) -> Match:
    if not rule:
        return Match.NO  # an empty rule allows nothing
    if not _LAYER_3 & rule.keys():
        return Match.YES  # ports alone: everywhere
    found = [holds(cidr, address) for cidr in sequence(rule.get("toCIDR"))]
    found += [_cidr_rule(mapping(one), address) for one in sequence(rule.get("toCIDRSet"))]
    entities = _entities(rule)
    if entities & {*_WORLD, f"world-ipv{address.version}"}:
        found.append(Match.YES)
    if any(name in rule for name in _UNKNOWN):
        found.append(Match.MAYBE)
    return max(found, default=Match.NO)


def _entities(rule: dict[str, Any]) -> set[str]:
    return {one for one in sequence(rule.get("toEntities")) if isinstance(one, str)}


def _cidr_rule(one: dict[str, Any], address: Network) -> Match:
    if "cidr" not in one:
        return Match.MAYBE  # a group that is defined elsewhere
    if any(holds(text, address) is Match.YES for text in sequence(one.get("except"))):
        return Match.NO
    return holds(one["cidr"], address)


def _to_pod(policy: Policy, rule: dict[str, Any], pod: Pod) -> Match:
    if not rule:
        return Match.NO
    if not _LAYER_3 & rule.keys() or _entities(rule) & _PODS:
        return Match.YES
    for selector in sequence(rule.get("toEndpoints")):
        labels = _labels(pod.namespace, pod.labels, pod.namespace_labels)
        plain = _plain(selector)
        asked = str(plain)
        here = _NAMESPACE in asked or _NAMESPACE_LABELS in asked
        clusterwide = policy.address.kind == "CiliumClusterwideNetworkPolicy"
        if not here and not clusterwide and pod.namespace != policy.namespace:
            continue  # endpoints of the policy's own namespace are meant
        if matches(plain, labels):
            return Match.YES
    return Match.MAYBE if any(name in rule for name in _UNKNOWN) else Match.NO


def _ports(rule: dict[str, Any], protocol: Protocol, port: int) -> Match:
    entries = sequence(rule.get("toPorts"))
    if not entries:
        # ICMP rules are about no port.
        return Match.NO if "icmps" in rule else Match.YES
    return max(_entry(mapping(one), protocol, port) for one in entries)


def _entry(entry: dict[str, Any], protocol: Protocol, port: int) -> Match:
    ports = [_port(mapping(one), protocol, port) for one in sequence(entry.get("ports"))]
    match = max(ports, default=Match.YES)
    # A layer 7 rule lets some requests through, and not others; DNS rules let names resolve.
    limited = set(mapping(entry.get("rules"))) - {"dns"}
    return min(match, Match.MAYBE) if limited else match


def _port(entry: dict[str, Any], protocol: Protocol, port: int) -> Match:
    if str(entry.get("protocol", "ANY")) not in ("ANY", protocol):
        return Match.NO
    first = number(entry.get("port"))
    if first is None:
        return Match.MAYBE
    last = number(entry.get("endPort")) or first
    return Match.YES if first == 0 or first <= port <= last else Match.NO


def _labels(namespace: str | None, labels: Any, namespace_labels: Any) -> dict[str, str]:
    """Labels as Cilium knows them."""
    of_namespace = {_NAMESPACE_LABELS + key: value for key, value in namespace_labels.items()}
    return {**labels, **of_namespace, **({_NAMESPACE: namespace} if namespace else {})}


def _plain(selector: Any) -> dict[str, Any]:
    """A selector without the prefixes that say where a label comes from."""
    found = mapping(selector)
    labels = {_key(key): value for key, value in mapping(found.get("matchLabels")).items()}
    expressions = [
        {**mapping(one), "key": _key(str(mapping(one).get("key")))}
        for one in sequence(found.get("matchExpressions"))
    ]
    return {"matchLabels": labels, "matchExpressions": expressions}


def _key(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:")
