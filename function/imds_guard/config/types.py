"""The types of a configuration's values, for pydantic; `rules.py` says what they have to be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from imds_guard.config import rules


class Model(BaseModel):
    """A part of the configuration: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


PortNumber = Annotated[int, Field(ge=1, le=65535)]
Address = Annotated[str, AfterValidator(rules.address)]


class Port(Model):
    """A port as NetworkPolicy knows it: a number, a range up to endPort, or a container's name."""

    port: int | str
    end_port: int | None = Field(None, alias="endPort")
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"

    _from_text = model_validator(mode="before")(staticmethod(rules.port_from_text))
    _in_range = model_validator(mode="after")(rules.port_in_range)


class MetadataEndpoint(Model):
    """A metadata service: its address, and the TCP ports on which it answers. Text is an address.

    Port 53 of such an address is DNS and not blocked, so it cannot be one of them.
    """

    address: Address
    ports: list[PortNumber] = Field(default_factory=lambda: [80, 443], min_length=1)

    _from_text = model_validator(mode="before")(staticmethod(rules.endpoint_from_text))
    _not_dns = model_validator(mode="after")(rules.endpoint_without_dns)


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
Cidr = Annotated[str, AfterValidator(rules.cidr)]
PlatformName = Annotated[str, AfterValidator(rules.platform)]
CniName = Annotated[str, AfterValidator(rules.cni)]
ProviderName = Annotated[
    str,
    AfterValidator(rules.provider),
    WithJsonSchema({"type": "string", "enum": rules.PROVIDER_NAMES}),
]
NamespaceName = Annotated[str, AfterValidator(rules.namespace_name)]
NamespaceGlob = Annotated[str, AfterValidator(rules.namespace_glob)]
PolicyName = Annotated[str, AfterValidator(rules.policy_name)]
LabelKey = Annotated[str, AfterValidator(rules.label_key)]
LabelValue = Annotated[str, AfterValidator(rules.label_value)]
WorkloadReference = Annotated[str, AfterValidator(rules.workload_reference)]
FindingId = Annotated[str, AfterValidator(rules.finding_id)]
Labels = dict[LabelKey, LabelValue]
Reason = Annotated[str, BeforeValidator(rules.stripped)]
Day = Annotated[
    str,
    BeforeValidator(rules.day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
