"""A maker of random valid policies per kind of an engine: Cilium, Calico, Antrea, GKE."""

from __future__ import annotations

from tests.support.random_parts import (
    LABELS,
    Dice,
    Resource,
    chance,
    port,
    resource,
    selector,
    some,
)


def _plain_labels(dice: Dice) -> Resource:
    return {"matchLabels": {dice.choice(LABELS): "x"}} if chance(dice, 60) else selector(dice)


def _cilium_rule(dice: Dice, way: str, *, denies: bool) -> Resource:
    values: Resource = {
        "CIDR": ["169.254.169.254/32", "fd00::/8"],
        "CIDRSet": [{"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}],
        "Entities": dice.sample(("world", "cluster", "host"), 2),
        "Endpoints": some(dice, _plain_labels),
    }
    if way == "to":
        values["Services"] = [{"k8sService": {"serviceName": "a", "namespace": "b"}}]
        values |= {} if denies else {"FQDNs": [{"matchName": "a.com"}, {"matchPattern": "*.b"}]}
    name = dice.choice(sorted(values))
    rule: Resource = {way + name: values[name]} if chance(dice, 85) else {}
    if chance(dice, 50):
        rule["toPorts"] = [{"ports": some(dice, _cilium_port)}]
    return rule


def _cilium_port(dice: Dice) -> Resource:
    found: Resource = {"port": dice.choice(("80", "53", "0", "http"))}
    if chance(dice, 70):
        found["protocol"] = dice.choice(("TCP", "UDP", "ANY"))
    if found["port"] == "80" and chance(dice, 30):
        found["endPort"] = 443
    return found


def _cilium_spec(dice: Dice) -> Resource:
    spec: Resource = {"endpointSelector": _plain_labels(dice)}
    for name, way in (("egress", "to"), ("ingress", "from")):
        if chance(dice, 60):
            count = dice.choice((1, 1, 2))
            spec[name] = [_cilium_rule(dice, way, denies=False) for _ in range(count)]
    if len(spec) == 1 or chance(dice, 30):
        spec["egressDeny"] = some(dice, lambda d: _cilium_rule(d, "to", denies=True))
    if chance(dice, 20):
        spec["enableDefaultDeny"] = {"egress": chance(dice, 50)}
    return spec


def _cilium(dice: Dice, kind: str, *, namespaced: bool) -> Resource:
    found = resource("cilium.io/v2", kind, _cilium_spec(dice), namespaced=namespaced)
    if chance(dice, 20):
        found["specs"] = [found.pop("spec"), _cilium_spec(dice)]
    return found


def cilium_network_policy(dice: Dice) -> Resource:
    return _cilium(dice, "CiliumNetworkPolicy", namespaced=True)


def cilium_clusterwide_network_policy(dice: Dice) -> Resource:
    return _cilium(dice, "CiliumClusterwideNetworkPolicy", namespaced=False)


def _calico_rule(dice: Dice) -> Resource:
    rule: Resource = {"action": dice.choice(("Allow", "Deny", "Log", "Pass"))}
    if chance(dice, 70):
        rule["protocol"] = dice.choice(("TCP", "UDP", 6))
    entity: Resource = {}
    if chance(dice, 60):
        entity["nets"] = ["169.254.169.254/32", "10.0.0.0/8"]
    if chance(dice, 40):
        entity["selector"] = "app == 'a'"
    if "protocol" in rule and chance(dice, 50):
        entity["ports"] = [80, "1:52", "http"]
    if entity:
        rule["destination"] = entity
    return rule


def _calico_spec(dice: Dice) -> Resource:
    spec: Resource = {
        "selector": "all()",
        "types": dice.choice((["Egress"], ["Ingress", "Egress"])),
    }
    spec["egress"] = some(dice, _calico_rule)
    if chance(dice, 50):
        spec["order"] = dice.choice((0, 1.5, 1000))
    if chance(dice, 30):
        spec["tier"] = "default"
    return spec


def calico_global_network_policy(dice: Dice) -> Resource:
    spec = _calico_spec(dice)
    if chance(dice, 30):
        spec["namespaceSelector"] = "all()"
    if chance(dice, 20):
        spec |= {"doNotTrack": True, "applyOnForward": True}
    return resource("projectcalico.org/v3", "GlobalNetworkPolicy", spec, namespaced=False)


def calico_network_policy(dice: Dice) -> Resource:
    spec = _calico_spec(dice)
    return resource("projectcalico.org/v3", "NetworkPolicy", spec, namespaced=True)


def calico_tier(dice: Dice) -> Resource:
    spec = {"order": dice.choice((1, 100.5)), "defaultAction": dice.choice(("Pass", "Deny"))}
    return resource("projectcalico.org/v3", "Tier", spec, namespaced=False)


def _antrea_peer(dice: Dice) -> Resource:
    return dice.choice(
        (
            {"ipBlock": {"cidr": "169.254.169.254/32"}},
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}},
            {"podSelector": selector(dice)},
            {"podSelector": selector(dice), "namespaceSelector": selector(dice)},
        )
    )


def _antrea(dice: Dice, kind: str, *, namespaced: bool) -> Resource:
    spec: Resource = {"priority": dice.choice((1, 5.5, 10000)), "tier": "application"}
    spec["appliedTo"] = [{"podSelector": selector(dice)}]
    for name, peers in (("egress", "to"), ("ingress", "from")):
        if chance(dice, 70):
            spec[name] = []
            for _ in range(dice.choice((1, 2))):
                rule: Resource = {"action": dice.choice(("Allow", "Drop", "Reject", "Pass"))}
                rule[peers] = some(dice, _antrea_peer)
                if chance(dice, 50):
                    rule["ports"] = some(dice, port)
                if chance(dice, 30):
                    rule |= {"name": "a", "enableLogging": True}
                spec[name].append(rule)
    return resource("crd.antrea.io/v1beta1", kind, spec, namespaced=namespaced)


def antrea_cluster_network_policy(dice: Dice) -> Resource:
    return _antrea(dice, "ClusterNetworkPolicy", namespaced=False)


def antrea_network_policy(dice: Dice) -> Resource:
    return _antrea(dice, "NetworkPolicy", namespaced=True)


def antrea_tier(dice: Dice) -> Resource:
    spec = {"priority": dice.choice((0, 50, 255)), "description": "a"}
    return resource("crd.antrea.io/v1beta1", "Tier", spec, namespaced=False)


def fqdn_network_policy(dice: Dice) -> Resource:
    matches = dice.choice(({"name": "a.com"}, {"pattern": "*.a.com"}))
    rule = {"matches": [matches], "ports": [{"protocol": "TCP", "port": 443}]}
    spec = {"podSelector": selector(dice), "egress": [rule]}
    return resource("networking.gke.io/v1alpha1", "FQDNNetworkPolicy", spec, namespaced=True)
