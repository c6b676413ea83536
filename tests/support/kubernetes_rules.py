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
from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

import yaml

_Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
_Wrong: TypeAlias = Callable[[str], str]
"""Tells what is wrong with a string, in words; empty when nothing is."""

_WRITTEN_BY_PEOPLE = ("annotations", "generateName", "labels", "name", "namespace")
_WRITTEN_BY_SERVERS = (
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"),
    *("generation", "managedFields", "ownerReferences", "resourceVersion", "selfLink", "uid"),
)
_ANNOTATIONS_LIMIT = 256 * 1024
_POLICY_TYPES = ("Ingress", "Egress")
_WITH_VALUES, _WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def violations(policy: object) -> list[str]:
    """What Kubernetes would refuse in a loaded NetworkPolicy, `field.path: message` each."""
    report = _Report()
    fields = report.mapping(policy, "", ("apiVersion", "kind", "metadata", "spec"))
    for name, wanted in (("apiVersion", "networking.k8s.io/v1"), ("kind", "NetworkPolicy")):
        if fields.get(name) != wanted:
            report.add(name, f"must be {wanted}")
    _metadata(report, fields.get("metadata", {}), "metadata")
    _spec(report, fields.get("spec", {}), "spec")
    return report.found


def aliases_or_anchors(text: str) -> list[str]:
    """Every anchor, alias and tag written in a YAML text, `line N: what` each.

    Read from PyYAML's events, where a tag is set only if the text has one, `!` included.
    Raises yaml.YAMLError for a text that is not YAML.
    """
    found = []
    for event in yaml.parse(text, Loader=_LOADER):
        place = f"line {event.start_mark.line + 1 if event.start_mark else 0}"
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            found.append(f"{place}: alias *{anchor}")
        elif anchor is not None:
            found.append(f"{place}: anchor &{anchor}")
        if tag is not None:
            found.append(f"{place}: tag {tag}")
    return found


class _Report:
    """What was found so far, and the readers that check a type on the way.

    Strict field validation (KEP-2885) refuses unknown fields, which are told apart by case; a
    wrong type is refused at every level of validation.
    """

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, path: str, message: str) -> None:
        self.found.append(f"{path or '(root)'}: {message}")

    def mistyped(self, value: object, path: str, wanted: str) -> None:
        self.add(path, f"must be {wanted}, not {'null' if value is None else type(value).__name__}")

    def mapping(self, value: object, path: str, known: Collection[str]) -> dict[str, object]:
        """The known fields that are set; null counts as not set."""
        if not isinstance(value, dict):
            self.mistyped(value, path, "a mapping")
            return {}
        for key in value:
            if key not in known:
                self.add(f"{path}.{key}".lstrip("."), "unknown field")
        return {key: value[key] for key in known if value.get(key) is not None}

    def string_map(self, value: object, path: str) -> Iterable[tuple[str, str, str]]:
        """The entries of a map of strings to strings: key, value and path each."""
        if not isinstance(value, dict):
            self.mistyped(value, path, "a mapping")
            return
        for key, item in value.items():
            where = f"{path}[{key}]"
            if not isinstance(key, str):
                self.mistyped(key, where, "a string as key")
            elif not isinstance(item, str):
                self.mistyped(item, where, "a string")
            else:
                yield key, item, where

    def items(self, value: object, path: str) -> list[tuple[object, str]]:
        """The items of a list, each with its path."""
        if not isinstance(value, list):
            self.mistyped(value, path, "a list")
            return []
        return [(item, f"{path}[{index}]") for index, item in enumerate(value)]

    def text(self, value: object, path: str, wrong: _Wrong) -> None:
        """A string, with nothing `wrong` about it."""
        if not isinstance(value, str):
            self.mistyped(value, path, "a string")
        elif message := wrong(value):
            self.add(path, message)

    def port_number(self, value: object, path: str) -> int | None:
        """IsValidPortNum; a boolean is no integer."""
        if not isinstance(value, int) or isinstance(value, bool):
            self.mistyped(value, path, "an integer")
            return None
        if not 1 <= value <= 65535:
            self.add(path, "must be from 1 to 65535")
        return value


def _fits(pattern: str, limit: int, what: str) -> _Wrong:
    """What matches the whole of an ASCII pattern, within the limit."""
    whole = re.compile(pattern)
    message = f"must be {what} of at most {limit} characters"
    return lambda text: "" if len(text) <= limit and whole.fullmatch(text) else message


def _one_of(allowed: Collection[str]) -> _Wrong:
    return lambda text: "" if text in allowed else f"must be one of {', '.join(allowed)}"


# IsDNS1123Label; IsDNS1123Subdomain, whose single labels have no limit; IsLabelValue, may be empty;
# IsValidPortName: IANA_SVC_NAME in lower case.
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_dns_label = _fits(_LABEL, 63, "a DNS-1123 label")
_dns_subdomain = _fits(rf"{_LABEL}(?:\.{_LABEL})*", 253, "a DNS-1123 subdomain")
_key_name = _fits(_QUALIFIED, 63, "a key with a qualified name")
_label_value = _fits(rf"(?:{_QUALIFIED})?", 63, "a label value")
_port_name = _fits(rf"(?=[0-9-]*[a-z])(?!.*--){_LABEL}", 15, "a port name (IANA_SVC_NAME)")


def _name_prefix(text: str) -> str:
    """NameIsDNSSubdomain of a prefix: maskTrailingDash takes off two characters and puts an `a`."""
    return _dns_subdomain(text[:-2] + "a" if len(text) > 1 and text[-1] == "-" else text)


def _key(text: str) -> str:
    """IsLabelKey, formerly IsQualifiedName: a name, after an optional subdomain and a slash."""
    prefix, slash, name = text.rpartition("/")
    if slash and (wrong := _dns_subdomain(prefix)):
        return f"key prefix {wrong}"
    return _key_name(name)


def _metadata(report: _Report, value: object, path: str) -> None:
    """ValidateObjectMeta. No namespace is legal in a manifest: the request supplies it."""
    fields = report.mapping(value, path, _WRITTEN_BY_PEOPLE + _WRITTEN_BY_SERVERS)
    rules = {"name": _dns_subdomain, "generateName": _name_prefix, "namespace": _dns_label}
    for field, wrong in rules.items():
        if fields.get(field, "") != "":  # an empty one counts as not set
            report.text(fields[field], f"{path}.{field}", wrong)
    if fields.get("name", "") == "" and fields.get("generateName", "") == "":
        report.add(f"{path}.name", "required, or else generateName")
    _labels(report, fields.get("labels", {}), f"{path}.labels")
    _annotations(report, fields.get("annotations", {}), f"{path}.annotations")


def _labels(report: _Report, value: object, path: str) -> None:
    """ValidateLabels, for labels and matchLabels alike."""
    for key, item, where in report.string_map(value, path):
        report.text(key, where, _key)
        report.text(item, where, _label_value)


def _annotations(report: _Report, value: object, path: str) -> None:
    """ValidateAnnotations: lowercased keys, and the bytes of all keys and values together."""
    size = 0
    for key, item, where in report.string_map(value, path):
        report.text(key.lower(), where, _key)
        size += len((key + item).encode("utf-8", "surrogatepass"))
    if size > _ANNOTATIONS_LIMIT:
        report.add(path, f"{size} bytes, more than {_ANNOTATIONS_LIMIT}")


def _spec(report: _Report, value: object, path: str) -> None:
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


def _policy_types(report: _Report, value: object, path: str) -> None:
    """At most two, each known. The API takes the same one twice; this check does not."""
    seen: list[object] = []
    for item, where in report.items(value, path):
        report.text(item, where, _one_of(_POLICY_TYPES))
        if item in seen:
            report.add(where, "duplicate")
        seen.append(item)
    if len(seen) > len(_POLICY_TYPES):
        report.add(path, "more than two")


def _rule(report: _Report, value: object, path: str, peers: str) -> None:
    """An empty rule is legal and matches everything."""
    fields = report.mapping(value, path, ("ports", peers))
    for port, where in report.items(fields.get("ports", []), f"{path}.ports"):
        _port(report, port, where)
    for peer, where in report.items(fields.get(peers, []), f"{path}.{peers}"):
        _peer(report, peer, where)


def _port(report: _Report, value: object, path: str) -> None:
    """ValidateNetworkPolicyPort: all optional, but endPort wants a numeric port."""
    fields = report.mapping(value, path, ("endPort", "port", "protocol"))
    if "protocol" in fields:
        report.text(fields["protocol"], f"{path}.protocol", _one_of(("TCP", "UDP", "SCTP")))
    port, end, low = fields.get("port"), fields.get("endPort"), None
    if isinstance(port, str):
        report.text(port, f"{path}.port", _port_name)
    elif port is not None:
        low = report.port_number(port, f"{path}.port")
    if end is None:
        return
    high = report.port_number(end, f"{path}.endPort")
    if port is None or isinstance(port, str):
        report.add(f"{path}.endPort", "needs a numeric port")
    elif low is not None and high is not None and high < low:
        report.add(f"{path}.endPort", "less than port")


def _peer(report: _Report, value: object, path: str) -> None:
    """ValidateNetworkPolicyPeer: an ipBlock alone, or one or both selectors."""
    fields = report.mapping(value, path, ("ipBlock", "namespaceSelector", "podSelector"))
    if not fields:
        report.add(path, "must specify a peer")
    if "ipBlock" in fields and len(fields) > 1:
        report.add(path, "ipBlock excludes selectors")
    for key, item in fields.items():
        (_ip_block if key == "ipBlock" else _selector)(report, item, f"{path}.{key}")


def _selector(report: _Report, value: object, path: str) -> None:
    """ValidateLabelSelector: empty is legal and selects everything."""
    fields = report.mapping(value, path, ("matchExpressions", "matchLabels"))
    _labels(report, fields.get("matchLabels", {}), f"{path}.matchLabels")
    expressions = fields.get("matchExpressions", [])
    for item, where in report.items(expressions, f"{path}.matchExpressions"):
        _requirement(report, item, where)


def _requirement(report: _Report, value: object, path: str) -> None:
    """ValidateLabelSelectorRequirement, values included (not yet in an update of an old one)."""
    fields = report.mapping(value, path, ("key", "operator", "values"))
    operator = fields.get("operator", "")
    report.text(fields.get("key", ""), f"{path}.key", _key)
    report.text(operator, f"{path}.operator", _one_of(_WITH_VALUES + _WITHOUT_VALUES))
    values = report.items(fields.get("values", []), f"{path}.values")
    if operator in _WITH_VALUES and not values:
        report.add(f"{path}.values", f"required with {operator}")
    if operator in _WITHOUT_VALUES and values:
        report.add(f"{path}.values", f"not allowed with {operator}")
    for item, where in values:
        report.text(item, where, _label_value)


def _ip_block(report: _Report, value: object, path: str) -> None:
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


def _cidr(report: _Report, value: object, path: str) -> _Network | None:
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
