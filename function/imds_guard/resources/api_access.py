"""What shows that pods use the Kubernetes API: their account's roles, and what they are told.

Kubernetes documentation, RBAC (bindings), "Accessing the Kubernetes API from a Pod" (the name
kubernetes.default.svc, the variables KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.resources.resource import Resource
    from imds_guard.resources.workload import Workload
    from imds_guard.wire import Fields

_RBAC = "rbac.authorization.k8s.io"
_BINDINGS = frozenset(("RoleBinding", "ClusterRoleBinding"))
_ROLES = frozenset(("Role", "ClusterRole"))
_TOLD = ("command", "args", "env")
# One of them stands in every text that names it; behind a backslash a name may stand otherwise.
_WORDS = (b"kubernetes.default", b"KUBERNETES_", b"kubectl", b"\\")


def is_binding(resource: Resource) -> bool:
    """Whether the resource binds accounts to a role."""
    return resource.group == _RBAC and resource.kind in _BINDINGS


def is_role(resource: Resource) -> bool:
    """Whether the resource is a role."""
    return resource.group == _RBAC and resource.kind in _ROLES


def bound_accounts(binding: Resource) -> Iterator[tuple[str | None, str]]:
    """The namespace and name of each ServiceAccount that a binding names.

    Groups such as system:serviceaccounts say nothing about who uses what they are given.
    """
    for subject in _entries(binding.root.get("subjects")):
        name, namespace = subject.get("name"), subject.get("namespace")
        if subject.get("kind") == "ServiceAccount" and isinstance(name, str):
            yield (namespace if isinstance(namespace, str) else binding.namespace), name


def bound_role(binding: Resource) -> tuple[str, str | None, str]:
    """The kind, namespace and name of the role that a binding gives."""
    reference = mapping(binding.root.get("roleRef"))
    kind = str(reference.get("kind"))
    namespace = binding.namespace if kind == "Role" else None
    return kind, namespace, str(reference.get("name"))


def is_for_admission_alone(role: Resource) -> bool:
    """Whether a role only lets pods be made under a policy for pods, which calls no API.

    That is the verb `use`, of PodSecurityPolicy and of OpenShift's SecurityContextConstraints.
    """
    rules = list(_entries(role.root.get("rules")))
    return bool(rules) and all(rule.get("verbs") == ["use"] for rule in rules)


def names_api_server(workload: Workload) -> str | None:
    """The field of a container that names the API server, or kubectl; None where none does."""
    item = workload.resource.item
    if all(item.data.find(word, item.start, item.end) < 0 for word in _WORDS):
        return None
    for container in workload.containers:
        for field in _TOLD:
            if _may_name(container, field) and any(
                _name().search(text) for text in _texts(container.get(field))
            ):
                return field
    return None


@cache
def _name() -> re.Pattern[str]:
    """The API server's name, the variables with its address, or the command kubectl."""
    return re.compile(
        r"(?<![\w.-])kubernetes\.default(?:\.svc(?:\.[\w.-]+)?)?(?![\w-]|\.\w)"
        r"|\bKUBERNETES_(?:SERVICE_HOST|SERVICE_PORT|PORT)\b"
        r"|(?:^|[\s;&|(/])kubectl(?=$|\s)"
    )


def _may_name(container: Fields, field: str) -> bool:
    """Whether it is worth to build a value: its text has such a name, or may have."""
    text = container.raw(field)
    if text is None:
        return True
    return any(word in text for word in _WORDS)


def _texts(value: Any) -> Iterator[str]:
    """The texts of a command or of arguments; of variables, their names and values."""
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, str):
            yield entry
        for key in ("name", "value"):
            text = mapping(entry).get(key)
            if isinstance(text, str):
                yield text


def _entries(value: Any) -> Iterator[dict[str, Any]]:
    return (mapping(entry) for entry in (value if isinstance(value, list) else ()))
