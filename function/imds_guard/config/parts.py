"""The parts of a configuration, and what each field takes: made of `model.py` by `make parts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from imds_guard.config.part import NOTHING, Form, Part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal


class MetadataEndpoint(Part):
    """A metadata service: its address, and the TCP ports on which it answers. Text is an address.

    Port 53 of such an address is DNS and not blocked, so it cannot be one of them.
    """

    address: str
    ports: tuple[int, ...] = (80, 443)

    BEFORE: ClassVar[tuple[str, ...]] = ("endpoint_from_text",)
    AFTER: ClassVar[tuple[str, ...]] = ("endpoint_without_dns",)
    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "address": ("address", ("text", ("address",), 0)),
        "ports": ("ports", ("list", ("number", 1, 65535), 1)),
    }


class Namespaces(Part):
    """Which namespaces are governed: names or globs. No include: all that are found.

    The system namespaces are left out unless `include` has their exact name.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "include": ("include", ("list", ("text", ("namespace_glob",), 0), 0)),
        "exclude": ("exclude", ("list", ("text", ("namespace_glob",), 0), 0)),
    }


class NamedWorkload(Part):
    """A workload that a generator is told of, since it sees no resources."""

    name: str
    namespace: str | None = None
    match_labels: Mapping[str, str]

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "name": ("name", ("text", ("policy_name",), 0)),
        "namespace": ("namespace", ("text", ("namespace_name",), 0)),
        "matchLabels": (
            "match_labels",
            ("map", ("text", ("label_key",), 0), ("text", ("label_value",), 0), 1),
        ),
    }


class DnsOverride(Part):
    """Where names resolve, where the platform's own answer does not fit."""

    to: Literal["cluster", "anywhere"] | None = None
    namespace: str | None = None
    pod_labels: Mapping[str, str] | None = None
    ports: tuple[int, ...] | None = None
    addresses: tuple[str, ...] | None = None

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "to": ("to", ("word", ("cluster", "anywhere"))),
        "namespace": ("namespace", ("text", ("namespace_name",), 0)),
        "podLabels": (
            "pod_labels",
            ("map", ("text", ("label_key",), 0), ("text", ("label_value",), 0), 0),
        ),
        "ports": ("ports", ("list", ("number", 1, 65535), 0)),
        "addresses": ("addresses", ("list", ("text", ("cidr",), 0), 0)),
    }


class ApiServerOverride(Part):
    """Where the Kubernetes API server answers, where the platform's own answer does not fit.

    Policies see its real addresses and ports, not those of the Service `kubernetes`.
    """

    cidrs: tuple[str, ...] | None = None
    ports: tuple[int, ...] | None = None

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "cidrs": ("cidrs", ("list", ("text", ("cidr",), 0), 0)),
        "ports": ("ports", ("list", ("number", 1, 65535), 1)),
    }


class Peer(Part):
    """Pods of namespaces, by name or labels, pods by label, or both at once; or addresses."""

    namespace: str | None = None
    namespace_labels: Mapping[str, str] | None = None
    pod_labels: Mapping[str, str] | None = None
    cidr: str | None = None

    AFTER: ClassVar[tuple[str, ...]] = ("one_kind_of_peer",)
    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "namespace": ("namespace", ("text", ("namespace_name",), 0)),
        "namespaceLabels": (
            "namespace_labels",
            ("map", ("text", ("label_key",), 0), ("text", ("label_value",), 0), 0),
        ),
        "podLabels": (
            "pod_labels",
            ("map", ("text", ("label_key",), 0), ("text", ("label_value",), 0), 0),
        ),
        "cidr": ("cidr", ("text", ("cidr",), 0)),
    }


class Port(Part):
    """A port as NetworkPolicy knows it: a number, a range up to endPort, or a container's name."""

    port: int | str
    end_port: int | None = None
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"

    BEFORE: ClassVar[tuple[str, ...]] = ("port_from_text",)
    AFTER: ClassVar[tuple[str, ...]] = ("port_in_range",)
    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "port": ("port", ("either", ("number", None, None), ("text", (), 0))),
        "endPort": ("end_port", ("number", None, None)),
        "protocol": ("protocol", ("word", ("TCP", "UDP", "SCTP"))),
    }


class IngressAllowance(Part):
    """Traffic to let in, to a workload by its name, to those with these pod labels, or to all."""

    workload: str | Mapping[str, str] | None = None
    peer: Peer
    ports: tuple[Port, ...] = ()

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "workload": (
            "workload",
            (
                "either",
                ("text", ("workload_reference",), 0),
                ("map", ("text", ("label_key",), 0), ("text", ("label_value",), 0), 0),
            ),
        ),
        "from": ("peer", ("part", "Peer")),
        "ports": ("ports", ("list", ("part", "Port"), 0)),
    }


class EgressAllowance(Part):
    """Traffic to let out, of a workload by its name, of those with these pod labels, or of all."""

    workload: str | Mapping[str, str] | None = None
    peer: Peer
    ports: tuple[Port, ...] = ()

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "workload": (
            "workload",
            (
                "either",
                ("text", ("workload_reference",), 0),
                ("map", ("text", ("label_key",), 0), ("text", ("label_value",), 0), 0),
            ),
        ),
        "to": ("peer", ("part", "Peer")),
        "ports": ("ports", ("list", ("part", "Port"), 0)),
    }


class Allow(Part):
    """What the application needs besides names and the web."""

    same_namespace: bool = False
    infer: tuple[
        Literal[
            "services",
            "ingresses",
            "gateways",
            "webhooks",
            "monitors",
            "references",
            "apiserver",
            "all",
        ],
        ...,
    ] = ()
    gateway_namespaces: tuple[str, ...] = ()
    ingress: tuple[IngressAllowance, ...] = ()
    egress: tuple[EgressAllowance, ...] = ()

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "sameNamespace": ("same_namespace", ("flag",)),
        "infer": (
            "infer",
            (
                "list",
                (
                    "word",
                    (
                        "services",
                        "ingresses",
                        "gateways",
                        "webhooks",
                        "monitors",
                        "references",
                        "apiserver",
                        "all",
                    ),
                ),
                0,
            ),
        ),
        "gatewayNamespaces": ("gateway_namespaces", ("list", ("text", ("namespace_name",), 0), 0)),
        "ingress": ("ingress", ("list", ("part", "IngressAllowance"), 0)),
        "egress": ("egress", ("list", ("part", "EgressAllowance"), 0)),
    }


class WorkloadException(Part):
    """A workload that may reach the metadata service, and why."""

    workload: str
    reason: str
    ports: tuple[Port, ...] = ()
    until: str | None = None

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "workload": ("workload", ("text", ("workload_reference",), 0)),
        "reason": ("reason", ("text", ("stripped",), 1)),
        "ports": ("ports", ("list", ("part", "Port"), 0)),
        "until": ("until", ("text", ("day",), 0)),
    }


class IgnoredFinding(Part):
    """Findings of severity warning that are known and may stay, and why."""

    finding: str
    workload: str | None = None
    namespace: str | None = None
    reason: str
    until: str | None = None

    AFTER: ClassVar[tuple[str, ...]] = ("one_place",)
    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "finding": ("finding", ("text", ("finding_id",), 0)),
        "workload": ("workload", ("text", ("workload_reference",), 0)),
        "namespace": ("namespace", ("text", ("namespace_glob",), 0)),
        "reason": ("reason", ("text", ("stripped",), 1)),
        "until": ("until", ("text", ("day",), 0)),
    }


class Names(Part):
    """The names of the policies."""

    default_deny: str = "default-deny-all"
    allow_dns: str = "allow-dns-egress"
    deny_metadata: str = "deny-cloud-metadata"

    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "defaultDeny": ("default_deny", ("text", ("policy_name",), 0)),
        "allowDns": ("allow_dns", ("text", ("policy_name",), 0)),
        "denyMetadata": ("deny_metadata", ("text", ("policy_name",), 0)),
    }


class Spec(Part):
    """What to write, and for whom."""

    platform: str = "generic"
    cni: str = ""
    fail_on: Literal["error", "warning"] = "error"
    providers: tuple[str, ...] = ()
    endpoints: tuple[MetadataEndpoint, ...] = ()
    scope: Literal["namespace", "workload", "cluster"] = "namespace"
    default_deny: tuple[Literal["Ingress", "Egress"], ...] = ("Ingress", "Egress")
    egress: Literal["dns", "web", "any"] = "web"
    block: Literal["link-local", "endpoints"] | None = None
    ip_families: tuple[Literal["IPv4", "IPv6"], ...] = ("IPv4", "IPv6")
    default_namespace: str | Literal[""] = ""
    namespaces: Namespaces = Namespaces()
    workloads: tuple[NamedWorkload, ...] = ()
    manifests: tuple[str, ...] = ()
    dns: DnsOverride = DnsOverride()
    api_server: ApiServerOverride = ApiServerOverride()
    pod_identity: bool = False
    allow: Allow = Allow()
    exceptions: tuple[WorkloadException, ...] = ()
    ignore: tuple[IgnoredFinding, ...] = ()
    trust_annotations: bool = True
    deny: tuple[
        Literal[
            "cluster-network-policy", "admin-network-policy", "cilium", "calico", "antrea", "aws"
        ],
        ...,
    ] = ()
    admission: tuple[Literal["validating-admission-policy", "kyverno"], ...] = ()
    admission_actions: tuple[Literal["Warn", "Audit", "Deny"], ...] = ("Warn", "Audit")
    reopened: Literal["fail", "warn", "repair"] = "fail"
    conflicts: Literal["fail", "adopt", "skip"] = "fail"
    names: Names = Names()
    labels: Mapping[str, str] = NOTHING
    annotations: Mapping[str, str] = NOTHING

    AFTER: ClassVar[tuple[str, ...]] = ("distinct_names",)
    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {
        "platform": ("platform", ("text", ("platform",), 0)),
        "cni": ("cni", ("text", ("cni",), 0)),
        "failOn": ("fail_on", ("word", ("error", "warning"))),
        "providers": ("providers", ("list", ("text", ("provider",), 0), 0)),
        "endpoints": ("endpoints", ("list", ("part", "MetadataEndpoint"), 0)),
        "scope": ("scope", ("word", ("namespace", "workload", "cluster"))),
        "defaultDeny": ("default_deny", ("list", ("word", ("Ingress", "Egress")), 0)),
        "egress": ("egress", ("word", ("dns", "web", "any"))),
        "block": ("block", ("word", ("link-local", "endpoints"))),
        "ipFamilies": ("ip_families", ("list", ("word", ("IPv4", "IPv6")), 1)),
        "defaultNamespace": (
            "default_namespace",
            ("either", ("text", ("namespace_name",), 0), ("word", ("",))),
        ),
        "namespaces": ("namespaces", ("part", "Namespaces")),
        "workloads": ("workloads", ("list", ("part", "NamedWorkload"), 0)),
        "manifests": ("manifests", ("list", ("text", (), 0), 0)),
        "dns": ("dns", ("part", "DnsOverride")),
        "apiServer": ("api_server", ("part", "ApiServerOverride")),
        "podIdentity": ("pod_identity", ("flag",)),
        "allow": ("allow", ("part", "Allow")),
        "exceptions": ("exceptions", ("list", ("part", "WorkloadException"), 0)),
        "ignore": ("ignore", ("list", ("part", "IgnoredFinding"), 0)),
        "trustAnnotations": ("trust_annotations", ("flag",)),
        "deny": (
            "deny",
            (
                "list",
                (
                    "word",
                    (
                        "cluster-network-policy",
                        "admin-network-policy",
                        "cilium",
                        "calico",
                        "antrea",
                        "aws",
                    ),
                ),
                0,
            ),
        ),
        "admission": (
            "admission",
            ("list", ("word", ("validating-admission-policy", "kyverno")), 0),
        ),
        "admissionActions": ("admission_actions", ("list", ("word", ("Warn", "Audit", "Deny")), 1)),
        "reopened": ("reopened", ("word", ("fail", "warn", "repair"))),
        "conflicts": ("conflicts", ("word", ("fail", "adopt", "skip"))),
        "names": ("names", ("part", "Names")),
        "labels": (
            "labels",
            ("map", ("text", ("label_key",), 0), ("text", ("label_value",), 0), 0),
        ),
        "annotations": ("annotations", ("map", ("text", ("label_key",), 0), ("text", (), 0), 0)),
    }
