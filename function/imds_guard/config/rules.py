"""What the values of a configuration have to be, beyond their types.

pydantic's models and the quick reader go by the same rules. Each takes a value and gives back what
counts, or raises ValueError with what is wrong. None needs pydantic.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from imds_guard.config.errors import nearest
from imds_guard.platforms import ALIASES, CNIS, PLATFORMS, PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.config.parts import IgnoredFinding, MetadataEndpoint, Peer, Port, Spec

# As text: re compiles an expression when it is first used, and keeps it.
_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_DNS_LABEL}(\.{_DNS_LABEL})*"
_GLOB = r"[-a-z0-9*?\[\]!]+"
_LABEL_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
_LABEL_KEY = rf"({_SUBDOMAIN}/)?{_LABEL_NAME}"
_LABEL_VALUE = rf"({_LABEL_NAME})?"
_WORKLOAD = r"([A-Za-z]+/)?([-a-z0-9]+/)?[-a-z0-9.]+"
_FINDING = r"IG[0-9]{3}|[a-z][a-z-]*"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PORT = r"(?:(\d+)(?:-(\d+))?|([a-z0-9](?:[a-z0-9-]*[a-z0-9])?))(?:/(TCP|UDP|SCTP))?"

PLATFORM_NAMES = [*PLATFORMS, *ALIASES]
CNI_NAMES = ["", *CNIS]
PROVIDER_NAMES = [name for name, one in PROVIDERS.items() if one.endpoints]
"""The providers that have an address, which could be blocked."""


def platform(value: str) -> str:
    """The name of a platform."""
    return _one_of(PLATFORM_NAMES, "platform", value)


def cni(value: str) -> str:
    """The name of a policy engine, or nothing."""
    return _one_of(CNI_NAMES, "cni", value)


def provider(value: str) -> str:
    """The name of a provider with an address."""
    _one_of(list(PROVIDERS), "provider", value)
    if value not in PROVIDER_NAMES:
        note = PROVIDERS[value].note
        raise ValueError(f"{value} has no address that could be blocked. {note}")
    return value


def _one_of(known: Sequence[str], what: str, value: str) -> str:
    if value not in known:
        raise ValueError(f"unknown {what} {value!r}{nearest(value, known)}")
    return value


def namespace_name(value: str) -> str:
    """A name that a namespace may have."""
    return _matching(_DNS_LABEL, "a namespace name", value)


def namespace_glob(value: str) -> str:
    """A namespace's name, or a glob."""
    return _matching(_GLOB, "a namespace name or a glob", value)


def policy_name(value: str) -> str:
    """A name for a policy, which may also be a label's value."""
    return _matching(_SUBDOMAIN, "a name for a NetworkPolicy (at most 63 characters)", value)


def label_key(value: str) -> str:
    """A key that a label may have."""
    return _matching(_LABEL_KEY, "a label key", value, 317)


def label_value(value: str) -> str:
    """A value that a label may have."""
    return _matching(_LABEL_VALUE, "a label value", value)


def workload_reference(value: str) -> str:
    """A workload's name, with its namespace and its kind before it where they are told."""
    message = "a workload; write name, namespace/name or kind/namespace/name"
    return _matching(_WORKLOAD, message, value, 317)


def _matching(pattern: str, message: str, value: str, longest: int = 63) -> str:
    if len(value) > longest or not re.fullmatch(pattern, value):
        raise ValueError(f"{value!r} is not {message}")
    return value


def finding_id(value: str) -> str:
    """The id of a finding, or the word of a note."""
    return _matching(_FINDING, "the id of a finding; write it as IG007", value)


def day(value: Any) -> str:
    """A date as text. Some YAML parsers make a date of 2026-12-31 where it is not quoted."""
    from datetime import date

    text = str(value) if type(value) is date else value
    if isinstance(text, str) and re.fullmatch(_DAY, text):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            pass
    raise ValueError(f"{str(value)!r} is not a day; write it as 2026-12-31")


def stripped(value: Any) -> Any:
    """Text without the blanks around it."""
    return value.strip() if isinstance(value, str) else value


def cidr(value: str) -> str:
    """An address or a CIDR, as the CIDR that Kubernetes takes."""
    try:
        found = ipaddress.ip_network(value)
    except ValueError:
        pass
    else:
        mapped = getattr(found.network_address, "ipv4_mapped", None)
        if mapped is not None and found.prefixlen >= 96:
            # API servers from 1.36 refuse it (KEP-4858), and engines take it for IPv4.
            written = f"{mapped}/{found.prefixlen - 96}"
            raise ValueError(f"{value!r} is an IPv4-mapped address; write {written}")
        return str(found)
    try:
        inside = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"{value!r} is not an address or a CIDR") from None
    raise ValueError(f"{value!r} has host bits set; did you mean {inside}?")


def address(value: str) -> str:
    """An address of a metadata service that no provider has."""
    try:
        found = ipaddress.ip_address(value)
    except ValueError:
        raise ValueError(
            f"{value!r} is not an address; write one without a prefix length"
        ) from None
    if mapped := getattr(found, "ipv4_mapped", None):
        raise ValueError(f"{value!r} is an IPv4-mapped address; write {mapped}")
    is_nowhere = found.is_unspecified or found.is_loopback or found.is_multicast
    if is_nowhere or getattr(found, "scope_id", None):
        raise ValueError(f"{value!r} is not an address that pods reach over the network")
    return str(found)


def endpoint_from_text(value: Any) -> Any:
    """The fields of an endpoint; text is its address."""
    return {"address": value} if isinstance(value, str) else value


def endpoint_without_dns(endpoint: MetadataEndpoint) -> MetadataEndpoint:
    """An endpoint without the port of DNS."""
    if 53 in endpoint.ports:
        raise ValueError("port 53 of a metadata address is DNS, which is not blocked")
    return endpoint


def port_from_text(value: Any) -> Any:
    """The fields of a port that is written as 443, 53/UDP, 8000-8080/TCP or a name."""
    if isinstance(value, dict):
        port = value.get("port")
        if isinstance(port, str) and port.isdecimal():
            return {**value, "port": int(port)}
        return value
    found = re.fullmatch(_PORT, str(value))
    if found is None:
        raise ValueError(f"{value!r} is not a port; write 443, 53/UDP, 8000-8080/TCP or a name")
    number, end, name, protocol = found.groups()
    read: dict[str, Any] = {"port": name or int(number), "protocol": protocol or "TCP"}
    return {**read, "endPort": int(end)} if end else read


def port_in_range(port: Port) -> Port:
    """A port with a number that there is, or a name that a container's port may have."""
    if isinstance(port.port, str):
        named = re.search("[a-z]", port.port) and len(port.port) <= 15
        if not named or "--" in port.port or not re.fullmatch(_PORT, port.port) or port.end_port:
            raise ValueError(f"{port.port!r} is not a port name")
    else:
        last = port.end_port if port.end_port is not None else port.port
        if not 1 <= port.port <= last <= 65535:
            raise ValueError("a port is 1 to 65535, and a range goes upwards")
    return port


def one_kind_of_peer(peer: Peer) -> Peer:
    """A peer that is either pods or addresses."""
    namespaces = (peer.namespace, peer.namespace_labels)
    by_pod = any(one is not None for one in (*namespaces, peer.pod_labels))
    if by_pod == (peer.cidr is not None):
        raise ValueError("needs namespace, podLabels or both; or cidr alone")
    if None not in namespaces:
        raise ValueError("needs namespace or namespaceLabels, not both")
    return peer


def one_place(ignored: IgnoredFinding) -> IgnoredFinding:
    """What is ignored, of a workload or of a namespace, or everywhere."""
    if ignored.workload is not None and ignored.namespace is not None:
        raise ValueError("needs workload or namespace, not both; workload may name it too")
    return ignored


def distinct_names(spec: Spec) -> Spec:
    """A spec whose policies have names of their own."""
    names = [spec.names.default_deny, spec.names.allow_dns, spec.names.deny_metadata]
    if len(set(names)) != len(names):
        raise ValueError("names must differ from each other")
    return spec
