"""The values that a configuration is made of, each checked as Kubernetes would."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from imds_guard.config.errors import nearest

_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
_LABEL_KEY = re.compile(rf"({_SUBDOMAIN}/)?{_LABEL_NAME}")
_LABEL_VALUE = re.compile(rf"({_LABEL_NAME})?")
_PORT = re.compile(r"(?:(\d+)(?:-(\d+))?|([a-z0-9](?:[a-z0-9-]*[a-z0-9])?))(?:/(TCP|UDP|SCTP))?")
_GLOB = re.compile(r"[-a-z0-9*?\[\]!]+")


class Model(BaseModel):
    """A part of the configuration: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


def one_of(known: list[str], what: str) -> AfterValidator:
    """One of the names that are known."""

    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"unknown {what} {value!r}{nearest(value, known)}")
        return value

    return AfterValidator(check)


def matching(pattern: re.Pattern[str], message: str, longest: int = 63) -> AfterValidator:
    """Text of this form; `message` says what it has to be."""

    def check(value: str) -> str:
        if len(value) > longest or not pattern.fullmatch(value):
            raise ValueError(f"{value!r} is not {message}")
        return value

    return AfterValidator(check)


def _network(value: str) -> str:
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


def _address(value: str) -> str:
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


PortNumber = Annotated[int, Field(ge=1, le=65535)]
Address = Annotated[str, AfterValidator(_address)]


class Port(Model):
    """A port as NetworkPolicy knows it: a number, a range up to endPort, or a container's name."""

    port: int | str
    end_port: int | None = Field(None, alias="endPort")
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, dict):
            port = value.get("port")
            if isinstance(port, str) and port.isdecimal():
                return {**value, "port": int(port)}
            return value
        found = _PORT.fullmatch(str(value))
        if found is None:
            raise ValueError(f"{value!r} is not a port; write 443, 53/UDP, 8000-8080/TCP or a name")
        number, end, name, protocol = found.groups()
        read: dict[str, Any] = {"port": name or int(number), "protocol": protocol or "TCP"}
        return {**read, "endPort": int(end)} if end else read

    @model_validator(mode="after")
    def _in_range(self) -> Port:
        if isinstance(self.port, str):
            named = re.search("[a-z]", self.port) and len(self.port) <= 15
            if not named or "--" in self.port or not _PORT.fullmatch(self.port) or self.end_port:
                raise ValueError(f"{self.port!r} is not a port name")
        else:
            last = self.end_port if self.end_port is not None else self.port
            if not 1 <= self.port <= last <= 65535:
                raise ValueError("a port is 1 to 65535, and a range goes upwards")
        return self


class MetadataEndpoint(Model):
    """A metadata service: its address, and the TCP ports on which it answers. Text is an address.

    Port 53 of such an address is DNS and not blocked, so it cannot be one of them.
    """

    address: Address
    ports: list[PortNumber] = Field(default_factory=lambda: [80, 443], min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"address": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _not_dns(self) -> MetadataEndpoint:
        if 53 in self.ports:
            raise ValueError("port 53 of a metadata address is DNS, which is not blocked")
        return self


_PORT_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 65535},
        {"type": "string", "examples": ["53/UDP", "8000-8080/TCP", "http"]},
        {
            "type": "object",
            "properties": {
                "port": {"type": ["integer", "string"]},
                "endPort": {"type": "integer"},
                "protocol": {"enum": ["TCP", "UDP", "SCTP"]},
            },
            "required": ["port"],
            "additionalProperties": False,
        },
    ]
}
_ENDPOINT_SCHEMA = {
    "anyOf": [
        {"type": "string", "examples": ["10.1.1.1", "fd00::1"]},
        {
            "type": "object",
            "properties": {
                "address": {"type": "string"},
                "ports": {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 1, "maximum": 65535},
                    "minItems": 1,
                    "default": [80, 443],
                },
            },
            "required": ["address"],
            "additionalProperties": False,
        },
    ]
}
EndpointOrText = Annotated[MetadataEndpoint, WithJsonSchema(_ENDPOINT_SCHEMA)]
PortText = Annotated[Port, WithJsonSchema(_PORT_SCHEMA)]
Cidr = Annotated[str, AfterValidator(_network)]
NamespaceName = Annotated[str, matching(re.compile(_DNS_LABEL), "a namespace name")]
NamespaceGlob = Annotated[str, matching(_GLOB, "a namespace name or a glob")]
PolicyName = Annotated[
    str, matching(re.compile(_SUBDOMAIN), "a name for a NetworkPolicy (at most 63 characters)")
]
LabelKey = Annotated[str, matching(_LABEL_KEY, "a label key", 317)]
LabelValue = Annotated[str, matching(_LABEL_VALUE, "a label value")]
WorkloadReference = Annotated[
    str,
    matching(
        re.compile(r"([A-Za-z]+/)?([-a-z0-9]+/)?[-a-z0-9.]+"),
        "a workload; write name, namespace/name or kind/namespace/name",
        317,
    ),
]
Labels = dict[LabelKey, LabelValue]
Reason = Annotated[
    str, BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)
]
