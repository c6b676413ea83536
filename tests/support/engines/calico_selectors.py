"""Calico's selectors that the tests use, each with what it means in plain Python.

Calico reference, NetworkPolicy, Selectors. `!=` and `not in` select what has no such label too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Labels = Mapping[str, str]

OF_PODS: dict[str, Callable[[Labels], bool]] = {
    "all()": lambda _: True,
    "app == 'a'": lambda labels: labels.get("app") == "a",
    'app == "b"': lambda labels: labels.get("app") == "b",
    "app != 'a'": lambda labels: labels.get("app") != "a",
    "has(app)": lambda labels: "app" in labels,
    "!has(app)": lambda labels: "app" not in labels,
    "has(job)": lambda labels: "job" in labels,
    "!has(job)": lambda labels: "job" not in labels,
    "job == 'a'": lambda labels: labels.get("job") == "a",
    "job != 'a'": lambda labels: labels.get("job") != "a",
    "tier in {'a', 'b'}": lambda labels: labels.get("tier") in ("a", "b"),
    "tier not in {'a'}": lambda labels: labels.get("tier") != "a",
    "tier contains 'a'": lambda labels: "a" in labels.get("tier", ""),
    "tier starts with 'b'": lambda labels: labels.get("tier", "").startswith("b"),
    "tier ends with 'b'": lambda labels: labels.get("tier", "").endswith("b"),
    "app == 'a' && tier == 'a'": lambda labels: labels.get("app") == labels.get("tier") == "a",
    "app == 'a' || has(tier)": lambda labels: labels.get("app") == "a" or "tier" in labels,
    "!(app == 'a' || tier == 'b')": lambda labels: (
        not (labels.get("app") == "a" or labels.get("tier") == "b")
    ),
    "!has(app) && (tier == 'a' || job == 'a')": lambda labels: (
        "app" not in labels and (labels.get("tier") == "a" or labels.get("job") == "a")
    ),
    "projectcalico.org/namespace == 'shop'": lambda labels: (
        labels.get("projectcalico.org/namespace") == "shop"
    ),
}
OF_NAMESPACES: dict[str, Callable[[Labels], bool]] = {
    "all()": lambda _: True,
    "team == 'a'": lambda labels: labels.get("team") == "a",
    "team != 'a'": lambda labels: labels.get("team") != "a",
    "has(team)": lambda labels: "team" in labels,
    "!has(team)": lambda labels: "team" not in labels,
    "kubernetes.io/metadata.name == 'shop'": lambda labels: (
        labels.get("kubernetes.io/metadata.name") == "shop"
    ),
    "projectcalico.org/name in {'stock'}": lambda labels: (
        labels.get("projectcalico.org/name") == "stock"
    ),
}


def holds(selector: str, labels: Labels) -> bool:
    """Whether a selector selects these labels."""
    return {**OF_PODS, **OF_NAMESPACES}[selector](labels)
