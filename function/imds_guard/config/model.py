"""The fields of the functionConfig."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from imds_guard.config.types import (
    Cidr,
    EndpointOrText,
    LabelKey,
    Labels,
    Model,
    NamespaceGlob,
    NamespaceName,
    PolicyName,
    PortNumber,
    PortText,
    Reason,
    WorkloadReference,
    one_of,
)
from imds_guard.platforms import ALIASES, CNIS, PLATFORMS, PROVIDERS

DEFAULT_NAME = "imds-guard"
_PLATFORMS = [*PLATFORMS, *ALIASES]
_PROVIDERS = [name for name, one in PROVIDERS.items() if one.endpoints]

InferredKind = Literal[
    "services",
    "ingresses",
    "gateways",
    "webhooks",
    "monitors",
    "references",
    "apiserver",
    "all",
]
DenyKind = Literal[
    "cluster-network-policy", "admin-network-policy", "cilium", "calico", "antrea", "aws"
]
AdmissionKind = Literal["validating-admission-policy", "kyverno"]
AdmissionAction = Literal["Warn", "Audit", "Deny"]
_ACTIONS: tuple[AdmissionAction, ...] = ("Warn", "Audit")
Family = Literal["IPv4", "IPv6"]
_FAMILIES: tuple[Family, ...] = ("IPv4", "IPv6")


class Namespaces(Model):
    """Which namespaces are governed: names or globs. No include: all that are found.

    The system namespaces are left out unless `include` has their exact name.
    """

    include: list[NamespaceGlob] = Field(default_factory=list)
    exclude: list[NamespaceGlob] = Field(default_factory=list)


class NamedWorkload(Model):
    """A workload that a generator is told of, since it sees no resources."""

    name: PolicyName
    namespace: NamespaceName | None = None
    match_labels: Labels = Field(alias="matchLabels", min_length=1)


class DnsOverride(Model):
    """Where names resolve, where the platform's own answer does not fit."""

    to: Literal["cluster", "anywhere"] | None = None
    namespace: NamespaceName | None = None
    pod_labels: Labels | None = Field(None, alias="podLabels")
    ports: list[PortNumber] | None = None
    addresses: list[Cidr] | None = None


class ApiServerOverride(Model):
    """Where the Kubernetes API server answers, where the platform's own answer does not fit.

    Policies see its real addresses and ports, not those of the Service `kubernetes`.
    """

    cidrs: list[Cidr] | None = None
    ports: list[PortNumber] | None = Field(None, min_length=1)


class Peer(Model):
    """Pods of namespaces, by name or labels, pods by label, or both at once; or addresses."""

    namespace: NamespaceName | None = None
    namespace_labels: Labels | None = Field(None, alias="namespaceLabels")
    pod_labels: Labels | None = Field(None, alias="podLabels")
    cidr: Cidr | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Peer:
        namespaces = (self.namespace, self.namespace_labels)
        by_pod = any(one is not None for one in (*namespaces, self.pod_labels))
        if by_pod == (self.cidr is not None):
            raise ValueError("needs namespace, podLabels or both; or cidr alone")
        if None not in namespaces:
            raise ValueError("needs namespace or namespaceLabels, not both")
        return self


class IngressAllowance(Model):
    """Traffic to let in, to a workload by its name, to those with these pod labels, or to all."""

    workload: WorkloadReference | Labels | None = None
    peer: Peer = Field(alias="from")
    ports: list[PortText] = Field(default_factory=list)


class EgressAllowance(Model):
    """Traffic to let out, of a workload by its name, of those with these pod labels, or of all."""

    workload: WorkloadReference | Labels | None = None
    peer: Peer = Field(alias="to")
    ports: list[PortText] = Field(default_factory=list)


class Allow(Model):
    """What the application needs besides names and the web."""

    same_namespace: bool = Field(False, alias="sameNamespace")
    infer: list[InferredKind] = Field(default_factory=list)
    gateway_namespaces: list[NamespaceName] = Field(default_factory=list, alias="gatewayNamespaces")
    ingress: list[IngressAllowance] = Field(default_factory=list)
    egress: list[EgressAllowance] = Field(default_factory=list)


class WorkloadException(Model):
    """A workload that may reach the metadata service, and why."""

    workload: WorkloadReference
    reason: Annotated[Reason, Field(min_length=1)]
    ports: list[PortText] = Field(default_factory=list)


class Names(Model):
    """The names of the policies."""

    default_deny: PolicyName = Field("default-deny-all", alias="defaultDeny")
    allow_dns: PolicyName = Field("allow-dns-egress", alias="allowDns")
    deny_metadata: PolicyName = Field("deny-cloud-metadata", alias="denyMetadata")


def _with_address(name: str) -> str:
    if name not in _PROVIDERS:
        raise ValueError(f"{name} has no address that could be blocked. {PROVIDERS[name].note}")
    return name


class Spec(Model):
    """What to write, and for whom."""

    platform: Annotated[str, one_of(_PLATFORMS, "platform")] = Field(
        "generic", json_schema_extra={"enum": list(_PLATFORMS)}
    )
    cni: Annotated[str, one_of(["", *CNIS], "cni")] = Field(
        "", json_schema_extra={"enum": ["", *CNIS]}
    )
    providers: list[
        Annotated[
            str,
            one_of(list(PROVIDERS), "provider"),
            AfterValidator(_with_address),
            WithJsonSchema({"type": "string", "enum": _PROVIDERS}),
        ]
    ] = Field(default_factory=list)
    endpoints: list[EndpointOrText] = Field(default_factory=list)
    scope: Literal["namespace", "workload", "cluster"] = "namespace"
    egress: Literal["dns", "web", "any"] = "web"
    block: Literal["link-local", "endpoints"] | None = None  # None: the platform's
    ip_families: list[Family] = Field(
        default_factory=lambda: [*_FAMILIES], alias="ipFamilies", min_length=1
    )
    default_namespace: NamespaceName | Literal[""] = Field("", alias="defaultNamespace")
    namespaces: Namespaces = Field(default_factory=Namespaces)
    workloads: list[NamedWorkload] = Field(default_factory=list)
    manifests: list[str] = Field(default_factory=list)
    dns: DnsOverride = Field(default_factory=DnsOverride)
    api_server: ApiServerOverride = Field(default_factory=ApiServerOverride, alias="apiServer")
    pod_identity: bool = Field(False, alias="podIdentity")
    allow: Allow = Field(default_factory=Allow)
    exceptions: list[WorkloadException] = Field(default_factory=list)
    trust_annotations: bool = Field(True, alias="trustAnnotations")
    deny: list[DenyKind] = Field(default_factory=list)
    admission: list[AdmissionKind] = Field(default_factory=list)
    admission_actions: list[AdmissionAction] = Field(
        default_factory=lambda: [*_ACTIONS], alias="admissionActions", min_length=1
    )
    reopened: Literal["fail", "warn", "repair"] = "fail"
    conflicts: Literal["fail", "adopt", "skip"] = "fail"
    names: Names = Field(default_factory=Names)
    labels: Labels = Field(default_factory=dict)
    annotations: dict[LabelKey, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _distinct_names(self) -> Spec:
        names = [self.names.default_deny, self.names.allow_dns, self.names.deny_metadata]
        if len(set(names)) != len(names):
            raise ValueError("names must differ from each other")
        return self


@dataclass(frozen=True)
class Config:
    """A functionConfig: its name, by which its policies are known as its own, and its spec."""

    name: str = DEFAULT_NAME
    spec: Spec = field(default_factory=Spec.model_construct)  # defaults: nothing to check
