"""Names, labels and keys as Kubernetes wants them.

Each function says what is wrong with a text, as the end of a sentence, or None. Sources, in
github.com/kubernetes/kubernetes, staging/src/k8s.io/apimachinery: pkg/util/validation/validation.go
and pkg/api/validate/content (1.36).
"""

from __future__ import annotations

import re

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_QUALIFIED = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PORT_NAME = re.compile(rf"(?=[0-9-]*[a-z])(?!.*--){_LABEL}")
_LONGEST_LABEL, _LONGEST_SUBDOMAIN, _LONGEST_PORT_NAME = 63, 253, 15
_CHARACTERS = "of lower-case letters, digits and '-', which begins and ends with a letter or digit"


def dns_label(text: str) -> str | None:
    """IsDNS1123Label: the name of a namespace."""
    if len(text) <= _LONGEST_LABEL and _DNS_LABEL.fullmatch(text):
        return None
    return f"is no name of at most {_LONGEST_LABEL} characters, {_CHARACTERS}"


def subdomain(text: str) -> str | None:
    """IsDNS1123Subdomain: the name of most objects. A part between dots has no limit of its own."""
    if len(text) <= _LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(text):
        return None
    return f"is no name of at most {_LONGEST_SUBDOMAIN} characters in parts {_CHARACTERS}"


def prefix_of_names(text: str) -> str | None:
    """NameIsDNSSubdomain of a generateName, which may end with '-'."""
    return subdomain(f"{text[:-2]}a" if len(text) > 1 and text[-1] == "-" else text)


def label_key(text: str) -> str | None:
    """IsQualifiedName: a name, behind a subdomain and a slash or alone."""
    prefix, slash, name = text.rpartition("/")
    if len(name) > _LONGEST_LABEL or not _QUALIFIED.fullmatch(name):
        return "is no label key"
    return "is no label key: its prefix is no domain" if slash and subdomain(prefix) else None


def annotation_key(text: str) -> str | None:
    """The key of an annotation: a label's, in whichever case."""
    return "is no annotation key" if label_key(text.lower()) else None


def label_value(text: str) -> str | None:
    """IsValidLabelValue; the empty text is one."""
    if len(text) <= _LONGEST_LABEL and (not text or _QUALIFIED.fullmatch(text)):
        return None
    return "is no label value"


def port_name(text: str) -> str | None:
    """IsValidPortName: a container port's name, with a letter in it."""
    if len(text) <= _LONGEST_PORT_NAME and _PORT_NAME.fullmatch(text):
        return None
    if text.isdecimal():
        return "is a text; a port's number stands without quotes"
    return "is no port and no port's name"
