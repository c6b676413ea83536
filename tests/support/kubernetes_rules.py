"""A strict check of a NetworkPolicy against the rules of Kubernetes itself, 1.30 and later.

It shares nothing with the code under test: what Kubernetes would refuse, it lists. Sources, all in
github.com/kubernetes/kubernetes; apimachinery is staging/src/k8s.io/apimachinery:

- the policy: pkg/apis/networking/validation/validation.go
- its fields: staging/src/k8s.io/api/networking/v1/types.go
- names, labels, port names: apimachinery/pkg/util/validation and pkg/api/validate/content
- selectors: apimachinery/pkg/apis/meta/v1/validation
- metadata: apimachinery/pkg/api/validation/objectmeta.go and the same package's generic.go

Stricter than the API server, on purpose:

- null is an absent field, as it is there, but a violation as a list item or as a map's value,
  where the server would read an empty one (an empty egress rule allows everything);
- a key, a date or a float is never turned into the string or integer that is wanted;
- `spec.podSelector` must be written, and no policy type twice;
- a CIDR must be canonical, which the server only partly asks for (see `_cidr`).

It does not look into the metadata that servers and controllers write (`_WRITTEN_BY_SERVERS`), and
it sees a loaded object: keys given twice, or a plain scalar that Go's YAML reads differently from
PyYAML (`y`, `1e3`), are gone by then.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

from tests.support.field_report import Report
from tests.support.kubernetes_text import (
    dns_label,
    dns_subdomain,
    label_key,
    label_value,
    name_prefix,
    one_of,
    port_name,
)

_Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

_WRITTEN_BY_PEOPLE = ("annotations", "generateName", "labels", "name", "namespace")
_WRITTEN_BY_SERVERS = (
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"),
    *("generation", "managedFields", "ownerReferences", "resourceVersion", "selfLink", "uid"),
)
_ANNOTATIONS_LIMIT = 256 * 1024
_POLICY_TYPES = ("Ingress", "Egress")
_WITH_VALUES, _WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")


def violations(policy: object) -> list[str]:
    """What Kubernetes would refuse in a loaded NetworkPolicy, `field.path: message` each."""
    report = Report()
    fields = report.mapping(policy, "", ("apiVersion", "kind", "metadata", "spec"))
    for name, wanted in (("apiVersion", "networking.k8s.io/v1"), ("kind", "NetworkPolicy")):
        if fields.get(name) != wanted:
            report.add(name, f"must be {wanted}")
    _metadata(report, fields.get("metadata", {}), "metadata")
    _spec(report, fields.get("spec", {}), "spec")
    return report.found


def _metadata(report: Report, value: object, path: str) -> None:
    """ValidateObjectMeta. No namespace is legal in a manifest: the request supplies it."""
    fields = report.mapping(value, path, _WRITTEN_BY_PEOPLE + _WRITTEN_BY_SERVERS)
    rules = {"name": dns_subdomain, "generateName": name_prefix, "namespace": dns_label}
    for field, wrong in rules.items():
        if fields.get(field, "") != "":  # an empty one counts as not set
            report.text(fields[field], f"{path}.{field}", wrong)
    if fields.get("name", "") == "" and fields.get("generateName", "") == "":
        report.add(f"{path}.name", "required, or else generateName")
    _labels(report, fields.get("labels", {}), f"{path}.labels")
    _annotations(report, fields.get("annotations", {}), f"{path}.annotations")


def _labels(report: Report, value: object, path: str) -> None:
    """ValidateLabels, for labels and matchLabels alike."""
    for key, item, where in report.string_map(value, path):
        report.text(key, where, label_key)
        report.text(item, where, label_value)


def _annotations(report: Report, value: object, path: str) -> None:
    """ValidateAnnotations: lowercased keys, and the bytes of all keys and values together."""
    size = 0
    for key, item, where in report.string_map(value, path):
        report.text(key.lower(), where, label_key)
        size += len((key + item).encode("utf-8", "surrogatepass"))
    if size > _ANNOTATIONS_LIMIT:
        report.add(path, f"{size} bytes, more than {_ANNOTATIONS_LIMIT}")


def _spec(report: Report, value: object, path: str) -> None:
    """ValidateNetworkPolicySpec. Rules of a type that policyTypes leaves out are legal."""
    fields = report.mapping(value, path, ("egress", "ingress", "podSelector", "policyTypes"))
    if "podSelector" in fields:
        _selector(report, fields["podSelector"], f"{path}.podSelector")
    else:
        # The API server reads {}; types.go long called the field NOT optional, and now optional.
        report.add(f"{path}.podSelector", "required")
    _policy_types(report, fields.get("policyTypes", []), f"{path}.policyTypes")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for rule, where in report.items(fields.get(direction, []), f"{path}.{direction}"):
            _rule(report, rule, where, peers)


def _policy_types(report: Report, value: object, path: str) -> None:
    """At most two, each known. The API takes the same one twice; this check does not."""
    seen: list[object] = []
    for item, where in report.items(value, path):
        report.text(item, where, one_of(_POLICY_TYPES))
        if item in seen:
            report.add(where, "duplicate")
        seen.append(item)
    if len(seen) > len(_POLICY_TYPES):
        report.add(path, "more than two")


def _rule(report: Report, value: object, path: str, peers: str) -> None:
    """An empty rule is legal and matches everything."""
    fields = report.mapping(value, path, ("ports", peers))
    for port, where in report.items(fields.get("ports", []), f"{path}.ports"):
        _port(report, port, where)
    for peer, where in report.items(fields.get(peers, []), f"{path}.{peers}"):
        _peer(report, peer, where)


def _port(report: Report, value: object, path: str) -> None:
    """ValidateNetworkPolicyPort: all optional, but endPort wants a numeric port."""
    fields = report.mapping(value, path, ("endPort", "port", "protocol"))
    if "protocol" in fields:
        report.text(fields["protocol"], f"{path}.protocol", one_of(("TCP", "UDP", "SCTP")))
    port, end, low = fields.get("port"), fields.get("endPort"), None
    if isinstance(port, str):
        report.text(port, f"{path}.port", port_name)
    elif port is not None:
        low = report.port_number(port, f"{path}.port")
    if end is None:
        return
    high = report.port_number(end, f"{path}.endPort")
    if port is None or isinstance(port, str):
        report.add(f"{path}.endPort", "needs a numeric port")
    elif low is not None and high is not None and high < low:
        report.add(f"{path}.endPort", "less than port")


def _peer(report: Report, value: object, path: str) -> None:
    """ValidateNetworkPolicyPeer: an ipBlock alone, or one or both selectors."""
    fields = report.mapping(value, path, ("ipBlock", "namespaceSelector", "podSelector"))
    if not fields:
        report.add(path, "must specify a peer")
    if "ipBlock" in fields and len(fields) > 1:
        report.add(path, "ipBlock excludes selectors")
    for key, item in fields.items():
        (_ip_block if key == "ipBlock" else _selector)(report, item, f"{path}.{key}")


def _selector(report: Report, value: object, path: str) -> None:
    """ValidateLabelSelector: empty is legal and selects everything."""
    fields = report.mapping(value, path, ("matchExpressions", "matchLabels"))
    _labels(report, fields.get("matchLabels", {}), f"{path}.matchLabels")
    expressions = fields.get("matchExpressions", [])
    for item, where in report.items(expressions, f"{path}.matchExpressions"):
        _requirement(report, item, where)


def _requirement(report: Report, value: object, path: str) -> None:
    """ValidateLabelSelectorRequirement, values included (not yet in an update of an old one)."""
    fields = report.mapping(value, path, ("key", "operator", "values"))
    operator = fields.get("operator", "")
    report.text(fields.get("key", ""), f"{path}.key", label_key)
    report.text(operator, f"{path}.operator", one_of(_WITH_VALUES + _WITHOUT_VALUES))
    values = report.items(fields.get("values", []), f"{path}.values")
    if operator in _WITH_VALUES and not values:
        report.add(f"{path}.values", f"required with {operator}")
    if operator in _WITHOUT_VALUES and values:
        report.add(f"{path}.values", f"not allowed with {operator}")
    for item, where in values:
        report.text(item, where, label_value)


def _ip_block(report: Report, value: object, path: str) -> None:
    """ValidateIPBlock: each exception lies inside the block and is smaller than it."""
    fields = report.mapping(value, path, ("cidr", "except"))
    block = _cidr(report, fields.get("cidr", ""), f"{path}.cidr")
    for item, where in report.items(fields.get("except", []), f"{path}.except"):
        hole = _cidr(report, item, where)
        if block is None or hole is None:
            continue
        if hole.version != block.version:
            report.add(where, "not of the address family of cidr")
        elif hole.network_address not in block or hole.prefixlen <= block.prefixlen:
            report.add(where, "not a strict subset of cidr")


def _cidr(report: Report, value: object, path: str) -> _Network | None:
    """IsValidCIDRForLegacyField, strict as it is by default since 1.36 (KEP-4858).

    Older servers also take leading zeros, IPv4-mapped addresses and bits beyond the prefix. No
    server refuses other spellings of IPv6: GetWarningsForCIDR asks for RFC 5952.
    """
    if not isinstance(value, str):
        report.mistyped(value, path, "a string")
        return None
    try:
        # Go takes no netmask, zone or bare address.
        plain = re.fullmatch("[0-9A-Fa-f:.]+/[0-9]+", value)
        network = ipaddress.ip_network(value if plain else "", strict=False)
    except ValueError:
        report.add(path, "not a valid CIDR" if value else "required")
        return None
    address = ipaddress.ip_address(value.partition("/")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        report.add(path, "not canonical: an IPv4-mapped address")
    elif address != network.network_address:
        report.add(path, "not canonical: bits set beyond the prefix")
    elif str(network) != value:
        report.add(path, f"not canonical: write {network}")
    return network
