"""A maker of random valid policies per kind, small and with as many of its fields as may matter."""

from __future__ import annotations

from collections.abc import Callable

from tests.support import random_engines as engines
from tests.support.random_parts import Dice, Resource, chance, port, resource, selector, some

_SIG = "policy.networking.k8s.io"


def _block(dice: Dice) -> Resource:
    cidr, excepted = dice.choice(
        (
            ("0.0.0.0/0", ("169.254.169.254/32", "10.0.0.0/8")),
            ("10.0.0.0/8", ("10.1.0.0/16",)),
            ("::/0", ("fd00:ec2::254/128", "fe80::/10")),
            ("169.254.169.254/32", ()),
        )
    )
    found: Resource = {"cidr": cidr}
    if excepted and chance(dice, 60):
        found["except"] = list(excepted)
    return found


def _peer(dice: Dice) -> Resource:
    if chance(dice, 50):
        return {"ipBlock": _block(dice)}
    names = dice.choice(
        (("podSelector",), ("namespaceSelector",), ("podSelector", "namespaceSelector"))
    )
    return {name: selector(dice) for name in names}


def network_policy_spec(dice: Dice) -> Resource:
    found: Resource = {"podSelector": selector(dice)}
    if chance(dice, 80):
        found["policyTypes"] = dice.choice((["Egress"], ["Ingress"], ["Ingress", "Egress"]))
    for name, peers in (("egress", "to"), ("ingress", "from")):
        if chance(dice, 60):
            found[name] = [
                {
                    **({peers: some(dice, _peer)} if chance(dice, 80) else {}),
                    **({"ports": some(dice, port)} if chance(dice, 60) else {}),
                }
                for _ in range(dice.choice((1, 2)))
            ]
    return found


def network_policy(dice: Dice) -> Resource:
    spec = network_policy_spec(dice)
    return resource("networking.k8s.io/v1", "NetworkPolicy", spec, namespaced=True)


def _pods(dice: Dice) -> Resource:
    return {"namespaceSelector": selector(dice), "podSelector": selector(dice)}


def _sig_peer(dice: Dice, world: tuple[str, ...]) -> Resource:
    if world and chance(dice, 60):
        name = dice.choice(world)
        values: Resource = {
            "networks": dice.sample(("0.0.0.0/0", "169.254.169.254/32", "::/0"), 2),
            "nodes": selector(dice),
            "domainNames": ["*.example.com"],
        }
        return {name: values[name]}
    return {"namespaces": selector(dice)} if chance(dice, 50) else {"pods": _pods(dice)}


def _v1alpha1_port(dice: Dice) -> Resource:
    if chance(dice, 50):
        return {"portNumber": {"port": 80, "protocol": "TCP"}}
    return {"portRange": {"start": 1, "end": 52, "protocol": "UDP"}}


def _protocol(dice: Dice) -> Resource:
    destination = dice.choice(({"number": 80}, {"range": {"start": 54, "end": 65535}}))
    return {dice.choice(("tcp", "udp", "sctp")): {"destinationPort": destination}}


def _sig(
    dice: Dice,
    version: str,
    kind: str,
    actions: tuple[str, ...],
    ports: tuple[str, Callable[[Dice], Resource]],
    world: tuple[str, ...],
    fields: Resource,
) -> Resource:
    subject = {"namespaces": selector(dice)} if chance(dice, 60) else {"pods": _pods(dice)}
    spec: Resource = {**fields, "subject": subject}
    for name, peers in (("egress", "to"), ("ingress", "from")):
        if chance(dice, 70):
            spec[name] = []
            for _ in range(dice.choice((1, 2))):
                beyond = world if name == "egress" else ()
                entries = [_sig_peer(dice, beyond) for _ in range(dice.choice((1, 1, 2)))]
                is_named = any("domainNames" in one for one in entries)
                action = actions[0] if is_named else dice.choice(actions)
                rule: Resource = {"action": action, peers: entries}
                if chance(dice, 50):
                    rule[ports[0]] = some(dice, ports[1])
                if chance(dice, 20):
                    rule["name"] = "deny metadata"
                spec[name].append(rule)
    found = resource(version, kind, spec, namespaced=False)
    if kind.startswith("Baseline"):
        found["metadata"]["name"] = "default"
    return found


_WORLD = ("networks", "networks", "nodes", "domainNames")


def admin_network_policy(dice: Dice) -> Resource:
    return _sig(
        dice,
        f"{_SIG}/v1alpha1",
        "AdminNetworkPolicy",
        ("Allow", "Deny", "Pass"),
        ("ports", _v1alpha1_port),
        _WORLD,
        {"priority": dice.choice((0, 5, 1000))},
    )


def baseline_admin_network_policy(dice: Dice) -> Resource:
    kind, world = "BaselineAdminNetworkPolicy", ("networks", "nodes")
    ports = ("ports", _v1alpha1_port)
    return _sig(dice, f"{_SIG}/v1alpha1", kind, ("Allow", "Deny"), ports, world, {})


def cluster_network_policy(dice: Dice) -> Resource:
    return _sig(
        dice,
        f"{_SIG}/v1alpha2",
        "ClusterNetworkPolicy",
        ("Accept", "Deny", "Pass"),
        ("protocols", _protocol),
        _WORLD,
        {"priority": dice.choice((0, 5, 1000)), "tier": dice.choice(("Admin", "Baseline"))},
    )


def aws_cluster_network_policy(dice: Dice) -> Resource:
    return _sig(
        dice,
        "networking.k8s.aws/v1alpha1",
        "ClusterNetworkPolicy",
        ("Accept", "Deny", "Pass"),
        ("ports", _v1alpha1_port),
        ("networks", "domainNames"),
        {"priority": dice.choice((0, 5, 1000)), "tier": dice.choice(("Admin", "Baseline"))},
    )


def application_network_policy(dice: Dice) -> Resource:
    spec = network_policy_spec(dice)
    version, kind = "networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy"
    if chance(dice, 40):
        spec["egress"] = [{"to": [{"domainNames": ["*.example.com"]}]}]
    return resource(version, kind, spec, namespaced=True)


MAKERS: dict[str, Callable[[Dice], Resource]] = {
    "NetworkPolicy": network_policy,
    "AdminNetworkPolicy": admin_network_policy,
    "BaselineAdminNetworkPolicy": baseline_admin_network_policy,
    "ClusterNetworkPolicy": cluster_network_policy,
    "CiliumNetworkPolicy": engines.cilium_network_policy,
    "CiliumClusterwideNetworkPolicy": engines.cilium_clusterwide_network_policy,
    "AWS ClusterNetworkPolicy": aws_cluster_network_policy,
    "AWS ApplicationNetworkPolicy": application_network_policy,
    "Calico GlobalNetworkPolicy": engines.calico_global_network_policy,
    "Calico NetworkPolicy": engines.calico_network_policy,
    "Calico Tier": engines.calico_tier,
    "Antrea ClusterNetworkPolicy": engines.antrea_cluster_network_policy,
    "Antrea NetworkPolicy": engines.antrea_network_policy,
    "Antrea Tier": engines.antrea_tier,
    "GKE FQDNNetworkPolicy": engines.fqdn_network_policy,
}
"""By a name of the tests' own."""
