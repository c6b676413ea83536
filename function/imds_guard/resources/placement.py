"""Where pods are to run, as far as their manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire import Value


def node_labels(spec: dict[str, Value]) -> Iterator[tuple[str, str]]:
    """The labels of nodes that pods with this spec may be bound to, by selector or affinity.

    Of an affinity each value counts that some term names: the pods may run on such a node.
    """
    for key, value in mapping(spec.get("nodeSelector")).items():
        yield key, str(value)
    affinity = mapping(mapping(spec.get("affinity")).get("nodeAffinity"))
    required = mapping(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
    for term in _list(required.get("nodeSelectorTerms")):
        for expression in _list(mapping(term).get("matchExpressions")):
            named = mapping(expression)
            if named.get("operator") == "In":
                for value in _list(named.get("values")):
                    yield str(named.get("key")), str(value)


def operating_system(spec: dict[str, Value]) -> str:
    """The operating system that a pod's spec names; empty where it names none."""
    return str(mapping(spec.get("os")).get("name") or "")


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
