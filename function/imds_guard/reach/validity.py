"""What the API server refuses in a NetworkPolicy. A policy that it refuses does not count.

Sources, in github.com/kubernetes/kubernetes: pkg/apis/networking/validation/validation.go for the
rules; apimachinery's pkg/util/validation for names, labels and CIDRs, pkg/apis/meta/v1/validation
for selectors. Since 1.36 CIDRs have to be canonical (KEP-4858, StrictIPCIDRValidation).

Every scalar is read as its text, so that a port's number in quotes, which the server refuses,
counts as the number.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.reach.addresses import cidr_network, contains, mapped_ipv4
from imds_guard.reach.match import Match
from imds_guard.resources.network_policy import LAST_PORT, PROTOCOLS, port_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.network_policy import NetworkPolicy

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = r"(?:[A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
_LABEL_KEY = re.compile(rf"(?:(?P<prefix>{_LABEL}(?:\.{_LABEL})*)/)?{_NAME}")
_LABEL_VALUE = re.compile(rf"(?:{_NAME})?")
_PORT_NAME = re.compile(rf"(?=[0-9-]*[a-z])(?!.*--){_LABEL}")
_LONGEST_PREFIX, _LONGEST_PORT_NAME = 253, 15
_WITH_VALUES, _WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")
_POLICY_TYPES = ("Ingress", "Egress")


class Fault(NamedTuple):
    """Something that the API server refuses.

    `field` is the path of the value that is at fault, and `holder` the path of what has to change,
    from `current` to `proposed` where there is such a value. `since` is the first version of
    Kubernetes that refuses it, None for every version.
    """

    field: str
    why: str
    holder: str
    current: Any = None
    proposed: Any = None
    since: str | None = None


def validity(faults: tuple[Fault, ...]) -> Match:
    """Whether API servers take a policy with these faults: all of them, none, or older ones."""
    if not faults:
        return Match.YES
    return Match.NO if any(one.since is None for one in faults) else Match.MAYBE


KnownFaults = dict[tuple[int, str], "tuple[Any, tuple[Fault, ...]]"]
"""Lists of rules that have been looked at, by their identity and direction, with their faults."""


def faults_of(policy: NetworkPolicy, known: KnownFaults | None = None) -> tuple[Fault, ...]:
    """Everything in the policy's spec that some API server refuses.

    Rules that several policies share are looked at once, where those calls share `known` too.
    """
    spec = policy.policy.spec
    found = [*_selector(spec.get("podSelector"), "spec.podSelector")]
    types = spec.get("policyTypes")
    for at, one in enumerate(types if isinstance(types, list) else []):
        if one not in _POLICY_TYPES:
            field = f"spec.policyTypes[{at}]"
            found.append(Fault(field, f"{one} is not Ingress or Egress", field, one))
    known = {} if known is None else known
    for name, peers in (("egress", "to"), ("ingress", "from")):
        rules = spec.get(name)
        if not isinstance(rules, list) or not rules:
            continue
        key = id(rules), name
        if key not in known:
            known[key] = rules, tuple(_rules(rules, name, peers))
        found += known[key][1]
    return tuple(found)


def _rules(rules: list[Any], name: str, peers: str) -> Iterator[Fault]:
    for at, rule in enumerate(rules):
        yield from _rule(rule, f"spec.{name}[{at}]", peers)


def _rule(value: Any, field: str, peers: str) -> Iterator[Fault]:
    rule = value if isinstance(value, dict) else {}
    ports, entries = rule.get("ports"), rule.get(peers)
    for at, port in enumerate(ports if isinstance(ports, list) else []):
        yield from _port(port, f"{field}.ports[{at}]")
    for at, peer in enumerate(entries if isinstance(entries, list) else []):
        yield from _peer(peer, f"{field}.{peers}[{at}]")


def _port(value: Any, field: str) -> Iterator[Fault]:
    entry = value if isinstance(value, dict) else {}
    protocol, port, end = (entry.get(key) for key in ("protocol", "port", "endPort"))
    if protocol is not None and protocol not in PROTOCOLS:
        proposed = next((one for one in PROTOCOLS if one == str(protocol).upper()), None)
        at = f"{field}.protocol"
        yield Fault(at, f"{protocol} is not TCP, UDP or SCTP", at, protocol, proposed)
    first = None
    if port is not None:
        first = port_number(port)
        if first is None and not _is_port_name(str(port)):
            at, why = f"{field}.port", f"{port} is no port and no port's name"
            yield Fault(at, why, at, port)
        elif first is not None and not 1 <= first <= LAST_PORT:
            why = f"{port} is not from 1 to {LAST_PORT}"
            yield Fault(f"{field}.port", why, f"{field}.port", port)
    if end is None:
        return
    last = port_number(end)
    if first is None:
        yield Fault(
            f"{field}.endPort", "endPort needs a port with a number", f"{field}.endPort", end
        )
    elif last is None or not first <= last <= LAST_PORT:
        why = f"endPort {end} is not from {first} to {LAST_PORT}"
        yield Fault(f"{field}.endPort", why, f"{field}.endPort", end)


def _is_port_name(text: str) -> bool:
    return len(text) <= _LONGEST_PORT_NAME and bool(_PORT_NAME.fullmatch(text))


def _peer(value: Any, field: str) -> Iterator[Fault]:
    peer = value if isinstance(value, dict) else {}
    block = peer.get("ipBlock")
    selectors = [key for key in ("namespaceSelector", "podSelector") if peer.get(key) is not None]
    if block is None and not selectors:
        yield Fault(field, "the peer names no pods and no ipBlock", field, value)
    if block is not None and selectors:
        yield Fault(field, f"an ipBlock excludes {' and '.join(selectors)}", field, value)
    if isinstance(block, dict):
        excepted = block.get("except")
        listed = tuple(map(str, excepted)) if isinstance(excepted, list) else ()
        yield from _ip_block(f"{field}.ipBlock", str(block.get("cidr")), listed)
    for key in selectors:
        yield from _selector(peer[key], f"{field}.{key}")


@lru_cache(maxsize=1024)
def _ip_block(field: str, cidr: str, excepted: tuple[str, ...]) -> tuple[Fault, ...]:
    return tuple(_block_faults(field, cidr, excepted))


def _block_faults(field: str, cidr: str, excepted: tuple[str, ...]) -> Iterator[Fault]:
    at = f"{field}.cidr"
    try:
        outer = cidr_network(cidr)
    except ValueError:
        yield Fault(at, f"{cidr} is no CIDR", at, cidr)
        return
    yield from _canonical(at, cidr, at, cidr, str(outer))
    left = [text for text in excepted if _why_not_inside(outer, text) is None]
    for index, text in enumerate(excepted):
        entry, holder = f"{field}.except[{index}]", f"{field}.except"
        if why := _why_not_inside(outer, text):
            yield Fault(entry, f"{text} {why}", holder, list(excepted), left)
            continue
        canonical = [str(cidr_network(one)) if one == text else one for one in left]
        yield from _canonical(entry, text, holder, list(excepted), canonical)


def _canonical(field: str, text: str, holder: str, current: Any, proposed: Any) -> Iterator[Fault]:
    """Host bits and IPv4-mapped addresses, which API servers take before 1.36."""
    inner = cidr_network(text)
    if mapped_ipv4(inner) is not None:
        why = f"{text} is an IPv4-mapped address, which engines take for {mapped_ipv4(inner)}"
        yield Fault(field, why, holder, current, since="1.36")
        return
    try:
        cidr_network(text, strict=True)
    except ValueError:
        why = f"{text} has bits set behind its prefix length; {inner} is meant, or a longer prefix"
        yield Fault(field, why, holder, current, proposed, since="1.36")


def _why_not_inside(outer: Any, text: str) -> str | None:
    try:
        inner = cidr_network(text)
    except ValueError:
        return "is no CIDR"
    if inner.version != outer.version:
        return f"is IPv{inner.version}, and its cidr {outer} is IPv{outer.version}"
    if inner == outer or not contains(outer, inner):
        return f"is no strict subset of its cidr {outer}"
    return None


def _selector(value: Any, field: str) -> Iterator[Fault]:
    selector = value if isinstance(value, dict) else {}
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    for key, text in labels.items() if isinstance(labels, dict) else ():
        yield from _label(key, "" if text is None else text, f"{field}.matchLabels")
    for at, one in enumerate(expressions if isinstance(expressions, list) else []):
        yield from _requirement(one, f"{field}.matchExpressions[{at}]")


def _requirement(value: Any, field: str) -> Iterator[Fault]:
    one = value if isinstance(value, dict) else {}
    key, operator, values = str(one.get("key") or ""), one.get("operator"), one.get("values")
    yield from _label(key, "", f"{field}.key")
    listed = values if isinstance(values, list) else []
    if operator not in (*_WITH_VALUES, *_WITHOUT_VALUES):
        why = f"the operator {operator} is not one of {', '.join(_WITH_VALUES + _WITHOUT_VALUES)}"
        yield Fault(f"{field}.operator", why, f"{field}.operator", operator)
    elif (operator in _WITH_VALUES) != bool(listed):
        why = f"{operator} needs values" if not listed else f"{operator} takes no values"
        yield Fault(f"{field}.values", why, f"{field}.values", values)
    for text in listed:
        yield from _label("key", "" if text is None else text, f"{field}.values")


def _label(key: str, value: Any, field: str) -> Iterator[Fault]:
    found = _LABEL_KEY.fullmatch(key)
    if found is None or len(found["prefix"] or "") > _LONGEST_PREFIX:
        yield Fault(field, f"{key!r} is no label key", field)
    if not isinstance(value, str) or len(value) > 63 or not _LABEL_VALUE.fullmatch(value):
        said = f"{value!r}" if isinstance(value, str) else "what is no text"
        yield Fault(field, f"{said} is no label value", field)
