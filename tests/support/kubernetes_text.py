"""What Kubernetes takes for a name, a label or a port's name; kubernetes_rules has the sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TypeAlias

Wrong: TypeAlias = Callable[[str], str]
"""Tells what is wrong with a string, in words; empty when nothing is."""


def _fits(pattern: str, limit: int, what: str) -> Wrong:
    """What matches the whole of an ASCII pattern, within the limit."""
    whole = re.compile(pattern)
    message = f"must be {what} of at most {limit} characters"
    return lambda text: "" if len(text) <= limit and whole.fullmatch(text) else message


def one_of(allowed: Collection[str]) -> Wrong:
    """What is none of these."""
    return lambda text: "" if text in allowed else f"must be one of {', '.join(allowed)}"


# IsDNS1123Label; IsDNS1123Subdomain, whose single labels have no limit; IsLabelValue, may be empty;
# IsValidPortName: IANA_SVC_NAME in lower case.
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
dns_label = _fits(_LABEL, 63, "a DNS-1123 label")
dns_subdomain = _fits(rf"{_LABEL}(?:\.{_LABEL})*", 253, "a DNS-1123 subdomain")
_key_name = _fits(_QUALIFIED, 63, "a key with a qualified name")
label_value = _fits(rf"(?:{_QUALIFIED})?", 63, "a label value")
port_name = _fits(rf"(?=[0-9-]*[a-z])(?!.*--){_LABEL}", 15, "a port name (IANA_SVC_NAME)")


def name_prefix(text: str) -> str:
    """NameIsDNSSubdomain of a prefix: maskTrailingDash takes off two characters and puts an `a`."""
    return dns_subdomain(text[:-2] + "a" if len(text) > 1 and text[-1] == "-" else text)


def label_key(text: str) -> str:
    """IsLabelKey, formerly IsQualifiedName: a name, after an optional subdomain and a slash."""
    prefix, slash, name = text.rpartition("/")
    if slash and (wrong := dns_subdomain(prefix)):
        return f"key prefix {wrong}"
    return _key_name(name)
