"""The fields of the functionConfig: what a person may write.

`parts.py` is made from it by `make parts`; the program reads the configuration from there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from imds_guard.config import rules
from imds_guard.config.types import (
    Cidr,
    CniName,
    Day,
    EndpointOrText,
    FindingId,
    LabelKey,
    Labels,
    Model,
    NamespaceGlob,
    NamespaceName,
    PlatformName,
    PolicyName,
    PortNumber,
    PortText,
    ProviderName,
    Reason,
    WorkloadReference,
)

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
FailOn = Literal["error", "warning"]
Direction = Literal["Ingress", "Egress"]
_UNTIL = (
    "The last day, in UTC, as 2026-12-31. A warning comes from 14 days before. Afterwards an audit "
    "has an error; the function warns and goes by it for 14 more days."
)
_DIRECTIONS: tuple[Direction, ...] = ("Ingress", "Egress")


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

    _one_kind = model_validator(mode="after")(rules.one_kind_of_peer)


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
    until: Day | None = Field(None, description=_UNTIL)


class IgnoredFinding(Model):
    """Findings of severity warning that are known and may stay, and why."""

    finding: FindingId = Field(
        description="The id of the finding, such as IG007. An error cannot be ignored."
    )
    workload: WorkloadReference | None = Field(
        None, description="Of this workload alone: [[kind/]namespace/]name."
    )
    namespace: NamespaceGlob | None = Field(
        None, description="Of a namespace alone, by name or glob."
    )
    reason: Annotated[Reason, Field(min_length=1)] = Field(description="Why it may stay.")
    until: Day | None = Field(None, description=_UNTIL)

    _one_place = model_validator(mode="after")(rules.one_place)


class Names(Model):
    """The names of the policies."""

    default_deny: PolicyName = Field("default-deny-all", alias="defaultDeny")
    allow_dns: PolicyName = Field("allow-dns-egress", alias="allowDns")
    deny_metadata: PolicyName = Field("deny-cloud-metadata", alias="denyMetadata")


class Spec(Model):
    """What to write, and for whom."""

    platform: PlatformName = Field(
        "generic", json_schema_extra={"enum": list(rules.PLATFORM_NAMES)}
    )
    cni: CniName = Field("", json_schema_extra={"enum": list(rules.CNI_NAMES)})
    fail_on: FailOn = Field(
        "error",
        alias="failOn",
        description="Which results make a run exit with 1: errors, or warnings too.",
    )
    providers: list[ProviderName] = Field(default_factory=list)
    endpoints: list[EndpointOrText] = Field(default_factory=list)
    scope: Literal["namespace", "workload", "cluster"] = "namespace"
    default_deny: list[Direction] = Field(
        default_factory=lambda: [*_DIRECTIONS],
        alias="defaultDeny",
        description="The directions that the default deny isolates pods for. [Egress] leaves what "
        "comes in alone. [] writes no default deny: nothing is cut but the metadata service, which "
        "needs `egress: any`.",
    )
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
    ignore: list[IgnoredFinding] = Field(
        default_factory=list, description="Warnings that are known and may stay."
    )
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

    _distinct_names = model_validator(mode="after")(rules.distinct_names)
