"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.

Cilium documentation, layer 3 and layer 4 policies: what any policy allows is let through, unless a
deny rule denies it; a policy that has rules of a direction isolates what it selects, unless
enableDefaultDeny says otherwise. CIDRs match neither pods nor nodes. A metadata address belongs to
the entity `world`, another link-local address to the node, which is the entity `host`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from imds_guard.platforms import PLATFORMS, PROVIDERS
from imds_guard.reach.addresses import network
from imds_guard.reach.kinds.matching import (
    any_of,
    has_ports,
    holds,
    in_range,
    named_port,
    reaching,
    sequence,
)
from imds_guard.reach.match import Match
from imds_guard.reach.rules import NAMESPACE, Action, Isolation, Rule
from imds_guard.reach.selectors import demanded, matches
from imds_guard.resources.labels import Labels
from imds_guard.resources.network_policy import port_number
from imds_guard.wire import mapping

if TYPE_CHECKING:
    from imds_guard.reach.addresses import Network
    from imds_guard.reach.pod import ApiServer, Pod
    from imds_guard.reach.rules import Port, Rules, Selects
    from imds_guard.resources import Policy
    from imds_guard.resources.network_policy import PolicyType, Protocol

_NAMESPACE = "io.kubernetes.pod.namespace"
_NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
# The labels that Cilium itself puts on endpoints, with values that no manifest shows.
_ADDED = frozenset(("io.cilium.k8s.policy.cluster", "io.cilium.k8s.policy.serviceaccount"))
_WORLD = frozenset(("world", "all"))
_PODS = frozenset(("cluster", "all"))
_NODE = frozenset(("host", "cluster", "all"))
_API_SERVER = frozenset(("kube-apiserver", "all"))
_MAYBE_API_SERVER = frozenset(
    ("cluster", "host", "remote-node", "world", "world-ipv4", "world-ipv6")
)
_LAYER_3 = ("Endpoints", "CIDR", "CIDRSet", "Entities", "FQDNs", "Services", "Groups", "Nodes")
# What they stand for is known only in the cluster.
_UNKNOWN = ("FQDNs", "Services", "Groups")
_SECTIONS: tuple[tuple[PolicyType, str, str, Action], ...] = (
    ("Egress", "egress", "to", "allow"),
    ("Egress", "egressDeny", "to", "deny"),
    ("Ingress", "ingress", "from", "allow"),
    ("Ingress", "ingressDeny", "from", "deny"),
)


def read(policy: Policy, found: Rules) -> None:
    """Add the rules and isolations of one policy."""
    root = mapping(policy.value)
    specs = [("spec", root.get("spec"))]
    specs += [(f"specs[{at}]", one) for at, one in enumerate(sequence(root.get("specs")))]
    for path, value in specs:
        spec = mapping(value)
        if not spec or "nodeSelector" in spec:
            continue  # rules for nodes, not for pods
        selected = _selects(policy, spec)
        for direction, name, way, action in _SECTIONS:
            for index, rule in enumerate(sequence(spec.get(name))):
                field = f"{path}.{name}[{index}]"
                found.rules.append(
                    _rule(
                        policy,
                        field,
                        direction,
                        action,
                        selected,
                        _Peers(policy, way, rule, found.metadata),
                    )
                )
        for direction, name in (("Egress", "egress"), ("Ingress", "ingress")):
            if _isolates(spec, name):
                isolated: PolicyType = "Egress" if direction == "Egress" else "Ingress"
                found.isolations.append(Isolation(policy, isolated, NAMESPACE, selected))
        wanted = demanded(_plain(spec.get("endpointSelector")))
        found.demands[id(policy)] = {
            key: text for key, text in wanted.items() if not key.startswith("io.")
        }


def _isolates(spec: dict[str, Any], name: str) -> bool:
    default = mapping(spec.get("enableDefaultDeny")).get(name)
    if default is not None:
        return str(default).lower() == "true"
    return bool(sequence(spec.get(name)) or sequence(spec.get(f"{name}Deny")))


def _rule(
    policy: Policy,
    field: str,
    direction: PolicyType,
    action: Action,
    selected: Selects,
    peers: _Peers,
) -> Rule:
    reaches = reaching(peers.has_address, peers.has_pod, peers.has_port, peers.has_api_server)
    return Rule(policy, field, direction, NAMESPACE, None, action, selected, reaches)


def _selects(policy: Policy, spec: dict[str, Any]) -> Selects:
    selector = _plain(spec.get("endpointSelector"))

    def selected(pod: Pod) -> Match:
        if policy.address.kind == "CiliumNetworkPolicy":
            if not pod.namespace_is_known:
                return Match.UNKNOWN
            if pod.namespace != policy.namespace:
                return Match.NO
        match = _matches(selector, pod)
        if match is Match.NO and "reserved:" in str(spec.get("endpointSelector")):
            return Match.UNKNOWN
        return match

    return selected


class _Peers:
    """One rule: the peers that it names, and the ports. `way` is to or from."""

    def __init__(self, policy: Policy, way: str, rule: Any, metadata: frozenset[str]) -> None:
        self.policy = policy
        self.metadata = metadata
        self.rule = mapping(rule)
        self.named = {name: self.rule[way + name] for name in _LAYER_3 if way + name in self.rule}
        self.entities = {
            one for one in sequence(self.named.get("Entities")) if isinstance(one, str)
        }
        # Requirements of further labels, and of mutual authentication.
        is_narrowed = f"{way}Requires" in self.rule or "authentication" in self.rule
        self.widest = Match.UNKNOWN if is_narrowed else Match.YES
        self.has_listed_port = has_ports(sequence(self.rule.get("toPorts")), _entry)

    def has_address(self, address: Network) -> Match:
        """Whether the rule is about an address that is no pod's."""
        if not self.rule:
            return Match.NO  # an empty rule allows nothing
        if not self.named:
            return self.widest  # ports alone: everywhere
        found = [Match.UNKNOWN for name in _UNKNOWN if name in self.named]
        if _is_on_node(address, self.metadata):
            found.append(Match.YES if self.entities & _NODE else Match.NO)
            found += [Match.UNKNOWN for _ in sequence(self.named.get("Nodes"))]
        else:
            found += [holds(cidr, address) for cidr in sequence(self.named.get("CIDR"))]
            entries = sequence(self.named.get("CIDRSet"))
            found += [_cidr_rule(mapping(one), address) for one in entries]
            world = {*_WORLD, f"world-ipv{address.version}"}
            found.append(Match.YES if self.entities & world else Match.NO)
        return min(any_of(found), self.widest)

    def has_api_server(self, _: ApiServer) -> Match:
        """Whether the rule is about the API server, an entity of its own.

        Whether it is also a node of the cluster, or an address of the world, is not known.
        """
        if not self.rule:
            return Match.NO
        if not self.named or self.entities & _API_SERVER:
            return self.widest
        found = [Match.UNKNOWN for name in (*_UNKNOWN, "Nodes") if name in self.named]
        if self.entities & _MAYBE_API_SERVER:
            found.append(Match.UNKNOWN)
        return min(any_of(found), self.widest)

    def has_pod(self, pod: Pod) -> Match:
        """Whether the rule is about a pod."""
        if not self.rule:
            return Match.NO
        if not self.named or self.entities & _PODS:
            return self.widest
        found = [Match.UNKNOWN for name in _UNKNOWN if name in self.named]
        if self.entities & {"unmanaged", "init", "health", "ingress", "cluster-mesh"}:
            found.append(Match.UNKNOWN)
        found += [self._selects(one, pod) for one in sequence(self.named.get("Endpoints"))]
        return min(any_of(found), self.widest)

    def _selects(self, selector: Any, pod: Pod) -> Match:
        plain = _plain(selector)
        match = _matches(plain, pod)
        asked = str(plain)
        is_anywhere = _NAMESPACE in asked or _NAMESPACE_LABELS in asked
        if is_anywhere or self.policy.address.kind == "CiliumClusterwideNetworkPolicy":
            return match
        # Endpoints of the policy's own namespace are meant.
        if not pod.namespace_is_known:
            return min(match, Match.UNKNOWN)
        return match if pod.namespace == self.policy.namespace else Match.NO

    def has_port(self, protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
        """Whether the rule has a port."""
        if not sequence(self.rule.get("toPorts")) and "icmps" in self.rule:
            return Match.NO  # ICMP rules are about no port
        return self.has_listed_port(protocol, port, receiver)


@cache
def _is_on_node(address: Network, further: frozenset[str]) -> bool:
    """Whether Cilium takes an address for the node: link-local ones, but for metadata services.

    `further` are such services besides those of the known providers.
    """
    metadata = {
        endpoint.address for provider in PROVIDERS.values() for endpoint in provider.endpoints
    }
    if str(address.network_address) in metadata | further:
        return False
    agents = {
        endpoint.address
        for platform in PLATFORMS.values()
        for identity in (platform.identity, *platform.further_identities)
        if identity is not None and identity.cilium_host
        for endpoint in identity.endpoints
    }
    link_local = network("169.254.0.0/16") if address.version == 4 else network("fe80::/10")
    return str(address.network_address) in agents or address.overlaps(link_local)


def _cidr_rule(one: dict[str, Any], address: Network) -> Match:
    if "cidr" not in one:
        return Match.UNKNOWN  # a group that is defined elsewhere
    if any(holds(text, address) is Match.YES for text in sequence(one.get("except"))):
        return Match.NO
    return holds(one["cidr"], address)


def _entry(entry: dict[str, Any], protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
    ports = sequence(entry.get("ports"))
    match = any_of(_port(mapping(one), protocol, port, receiver) for one in ports)
    if not ports:
        match = Match.YES
    # A layer 7 rule lets some requests through, and not others; DNS rules let names resolve.
    limited = set(mapping(entry.get("rules"))) - {"dns"}
    return min(match, Match.UNKNOWN) if limited else match


def _port(entry: dict[str, Any], protocol: Protocol, port: Port, receiver: Pod | None) -> Match:
    if str(entry.get("protocol", "ANY")) not in ("ANY", protocol):
        return Match.NO
    first = port_number(entry.get("port"))
    if first == 0:
        return Match.YES
    if first is None:
        return named_port(entry.get("port"), protocol, port, receiver)
    end = entry.get("endPort")
    return in_range(port, first, end if end is not None and port_number(end) != 0 else None)


def _matches(selector: dict[str, Any], pod: Pod) -> Match:
    """Whether a selector without prefixes selects a pod, by its labels as Cilium knows them."""
    of_namespace = pod.namespace_labels
    known = {
        **pod.labels.known,
        **{_NAMESPACE_LABELS + key: text for key, text in of_namespace.known.items()},
        **({_NAMESPACE: pod.namespace} if pod.namespace is not None else {}),
    }
    present = _ADDED.union(
        pod.labels.present, (_NAMESPACE_LABELS + key for key in of_namespace.present)
    )
    maybe = pod.labels.maybe.union(_NAMESPACE_LABELS + key for key in of_namespace.maybe)
    is_complete = pod.labels.is_complete and (
        of_namespace.is_complete or _NAMESPACE_LABELS not in str(selector)
    )
    return matches(selector, Labels(known, present, maybe, is_complete))


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
