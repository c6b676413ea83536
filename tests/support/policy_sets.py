"""Hypothesis strategies: sets of NetworkPolicies in a small world, so that rules meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from imds_guard.resources.network_policy import Protocol

NAMESPACES = ("shop", "stock")
ADDRESSES = (
    *("169.254.169.253", "169.254.169.254", "169.254.169.255", "10.0.0.1", "8.8.8.8", "0.0.0.0"),
    *("fd00:ec2::254", "fd00:ec2::255", "fe80::1", "2001:db8::1", "::"),
)
PORTS = (1, 53, 79, 80, 81, 443, 8080, 65535)
NAMES = ("http", "dns")
PROTOCOLS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")
_CIDRS: dict[str, tuple[str, ...]] = {
    "0.0.0.0/0": ("169.254.169.254/32", "169.254.0.0/16", "128.0.0.0/1", "10.0.0.0/8"),
    "128.0.0.0/1": ("169.254.169.254/32", "169.254.169.254/31"),
    "169.254.0.0/16": ("169.254.169.254/32", "169.254.169.0/24"),
    "169.254.169.254/31": ("169.254.169.254/32",),
    "169.254.169.254/32": (),
    "::/0": ("fd00:ec2::254/128", "fe80::/10", "fd00::/8"),
    "fd00::/8": ("fd00:ec2::254/128", "fd00:ec2::/32"),
}
_KEYS, _VALUES = ("app", "tier"), ("a", "b")
labels = st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(_VALUES))


@st.composite
def expressions(draw: st.DrawFn) -> dict[str, Any]:
    """A requirement of matchExpressions."""
    operator = draw(st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist")))
    found: dict[str, Any] = {"key": draw(st.sampled_from(_KEYS)), "operator": operator}
    if operator in ("In", "NotIn"):
        found["values"] = draw(st.lists(st.sampled_from(_VALUES), min_size=1, unique=True))
    return found


selectors: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.fixed_dictionaries(
    {}, optional={"matchLabels": labels, "matchExpressions": st.lists(expressions(), max_size=2)}
)
namespace_selectors = selectors | st.sampled_from(NAMESPACES).map(
    lambda name: {"matchLabels": {"kubernetes.io/metadata.name": name}}
)


@st.composite
def ip_blocks(draw: st.DrawFn) -> dict[str, Any]:
    """A peer by address."""
    cidr = draw(st.sampled_from(sorted(_CIDRS)))
    block: dict[str, Any] = {"cidr": cidr}
    excepts: tuple[str, ...] = _CIDRS[cidr]
    carved: bool = draw(st.booleans())
    if excepts and carved:
        block["except"] = draw(st.lists(st.sampled_from(excepts), unique=True))
    return {"ipBlock": block}


peers = ip_blocks() | st.one_of(
    st.fixed_dictionaries({"podSelector": selectors}),
    st.fixed_dictionaries({"namespaceSelector": namespace_selectors}),
    st.fixed_dictionaries({"namespaceSelector": namespace_selectors, "podSelector": selectors}),
)


@st.composite
def ports(draw: st.DrawFn) -> dict[str, Any]:
    """A port of a rule."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["protocol"] = draw(st.sampled_from(PROTOCOLS))
    port = draw(st.none() | st.sampled_from(PORTS) | st.sampled_from(NAMES))
    if port is not None:
        found["port"] = port
    if isinstance(port, int) and draw(st.booleans()):
        found["endPort"] = draw(st.sampled_from([one for one in PORTS if one >= port]))
    return found


rules = st.fixed_dictionaries(
    {}, optional={"to": st.lists(peers, max_size=2), "ports": st.lists(ports(), max_size=2)}
)


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """A NetworkPolicy for egress, in one of the namespaces."""
    spec: dict[str, Any] = {"podSelector": draw(selectors)}
    if draw(st.booleans()):
        types = st.lists(st.sampled_from(("Ingress", "Egress")), min_size=1, unique=True)
        spec["policyTypes"] = draw(types)
    if draw(st.booleans()):
        spec["egress"] = draw(st.lists(rules, max_size=2))
    metadata = {"name": "any", "namespace": draw(st.sampled_from(NAMESPACES))}
    api = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return {**api, "metadata": metadata, "spec": spec}


policy_sets = st.lists(policies(), max_size=4)
