"""The parts of a policy's rules in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.selectors import NAMESPACE_NAME
from imds_guard.resources.network_policy import LAST_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.resources.network_policy import PolicyPeer, PortRange


def peer_in_words(peer: PolicyPeer) -> str:
    """0.0.0.0/0 except 169.254.169.254/32; pods with app=web in namespace shop"""
    if peer.ip_block is not None:
        excepted = ", ".join(peer.ip_block.excepted)
        return f"{peer.ip_block.cidr} except {excepted}" if excepted else peer.ip_block.cidr
    if not peer.is_readable:
        return "a peer that cannot be read, and may mean anything"
    pods = selector_in_words(peer.pod_selector)
    pods = f"pods with {pods}" if pods else "every pod"
    if peer.namespace_selector is None:
        return f"{pods} of its own namespace"
    namespaces = selector_in_words(peer.namespace_selector)
    if not namespaces:
        return f"{pods} of every namespace"
    if namespaces.startswith(f"{NAMESPACE_NAME}=") and ", " not in namespaces:
        return f"{pods} of namespace {namespaces.partition('=')[2]}"
    return f"{pods} of namespaces with {namespaces}"


def ports_in_words(ports: Iterable[PortRange]) -> list[str]:
    """Per protocol: TCP 80, 443, 8000-8080; UDP dns, which is a port's name."""
    by_protocol: dict[str, list[str]] = {}
    for port in ports:
        text = str(port.first) if port.first == port.last else f"{port.first}-{port.last}"
        if (port.first, port.last) == (1, LAST_PORT):
            text = "on every port"
        by_protocol.setdefault(port.protocol, []).append(port.name or text)
    return [f"{protocol} {', '.join(texts)}" for protocol, texts in by_protocol.items()]


def selector_in_words(selector: Any) -> str:
    """app=web, tier in (a, b); empty where it selects everything."""
    if not isinstance(selector, dict):
        return ""
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    words = [f"{key}={text}" for key, text in labels.items()] if isinstance(labels, dict) else []
    for expression in expressions if isinstance(expressions, list) else []:
        readable = isinstance(expression, dict)
        words.append(_expression(expression) if readable else "what cannot be read")
    return ", ".join(words)


def _expression(expression: dict[str, Any]) -> str:
    key, operator = expression.get("key"), expression.get("operator")
    values = expression.get("values")
    listed = values if isinstance(values, list) else []
    texts = ", ".join(map(str, listed))
    if operator == "In" and len(listed) == 1:
        return f"{key}={texts}"
    words = {"In": f"in ({texts})", "NotIn": f"not in ({texts})"}
    words |= {"Exists": "present", "DoesNotExist": "absent"}
    return f"{key} {words.get(str(operator), str(operator))}"
