"""Random specs of a configuration, right and odd ones, by the table of what fields take."""

from __future__ import annotations

import copy
import datetime
import random
from typing import Any

from imds_guard.config import parts
from imds_guard.config.part import Form, Part

# For each rule, texts that it lets through; one without an entry gets _ANY_TEXT.
_RIGHT: dict[str, list[str]] = {
    "platform": ["eks", "gke", "aws", "generic"],
    "cni": ["", "cilium", "calico"],
    "provider": ["aws", "gcp"],
    "namespace_name": ["shop", "a-1", "x" * 63],
    "namespace_glob": ["shop-*", "[!a]?", "shop"],
    "policy_name": ["deny-all", "a.b", "allow-names", "default-deny-all", "x" * 63],
    "label_key": ["app", "example.com/app", f"{'a' * 253}/{'b' * 63}"],
    "label_value": ["web", "", "a_b.C"],
    "workload_reference": ["web", "shop/web", "Deployment/shop/web"],
    "cidr": ["10.0.0.0/8", "10.0.0.1", "fd00::/64", "FD00:0::/64"],
    "address": ["10.1.1.1", "fd00::1", "FD00:0::1"],
    "stripped": ["the agent", " spaced ", "für den Dienst"],
}
_ANY_TEXT = ["some text", "", "für den Dienst"]
# For each rule, texts that it refuses or that need care.
_ODD_TEXT: dict[str, list[str]] = {
    "platform": ["ekss", "EKS"],
    "cni": ["Cilium", "calico "],
    "provider": ["nobody", "hetzner"],
    "namespace_name": ["x" * 64, "Shop", "a.b", "-a", "shop\n", "ä"],
    "namespace_glob": ["a b", "*\n", "Ä*"],
    "policy_name": ["A", "x" * 64, "a..b", "deny-all\n"],
    "label_key": ["-a", "example.com/", "ä", f"{'a' * 254}/{'b' * 63}", "a/b/c"],
    "label_value": ["a b", "web\n", "x" * 64],
    "workload_reference": ["a/b/c/d", "web/", "", "Web"],
    "cidr": ["10.0.0.1/8", "::ffff:10.0.0.1", "10.0.0.0/255.0.0.0", "10.1", "fe80::1%eth0"],
    "address": ["10.0.0.0/8", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "010.0.0.1"],
    "stripped": ["   ", "", "\u2028", "two\nlines", "\u00a0"],
}
_ODD: list[Any] = [
    *(
        "",
        " ",
        "web",
        "true",
        "True",
        "yes",
        "on",
        "0",
        "1",
        "80",
        "080",
        "٣",
        "\uff18",
        "-1",
        "+1",
    ),
    *(
        "1e3",
        "80.0",
        "8_0",
        "\ud800",
        "a\x00b",
        "a\tb",
        "é",
        "2026-12-31",
        "null",
        "[]",
        "9" * 5000,
    ),
    *(None, True, False, 0, 1, 80, -1, 65535, 65536, 10**30, 1.0, 80.5, float("nan")),
    *([], [None], ["web"], [[]], {}, {"a": "b"}, {"a": None}, {1: "a"}, {"port": "x"}, {None: 1}),
    *(b"web", b"true", ("web",), datetime.date(2026, 12, 31), {"web"}),
]
_PORTS: list[Any] = [80, "80", "53/UDP", "8000-8080/TCP", "http", {"port": 80}, {"port": "http"}]
_PORTS += [{"port": "80", "endPort": "90"}, {"port": 53, "protocol": "UDP"}]
_ODD_PORTS: list[Any] = [0, True, "90-80", "HTTP", "80/udp", "٣", "٣/UDP", "8000-٣", {"port": "٣"}]
_ODD_PORTS += [{"port": "http", "endPort": 0}, {"port": True}, {"port": 80, "endPort": 70}, {}]
_ODD_PORTS += [{"port": "80 "}, {"endPort": 3}, {"port": 80.0}, {"port": "a--b"}, "9" * 5000]


class Writer:
    """Writes specs. Each is right, or has an oddity here and there, by the luck of its seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._oddity = self._random.choice((0.0, 0.0, 0.01, 0.1))

    def part(self, kind: type[Part]) -> Any:
        """A random value for a part of the configuration."""
        if kind is parts.Port:
            return self._one_of(_ODD_PORTS if self._is_odd() else _PORTS)
        written: dict[Any, Any] = {}
        share = self._random.choice((0.1, 0.3, 0.7))
        for key, (name, form) in kind.FORMS.items():
            is_required = not hasattr(kind, name)
            if (is_required and not self._is_odd()) or self._random.random() < share:
                written[name if self._is_odd() else key] = self.value(form)
        if self._is_odd():
            written[self._one_of(["unknown", "Egress", 1, ""])] = 1
        return self._one_kind(written) if kind is parts.Peer and not self._is_odd() else written

    def _one_kind(self, peer: dict[Any, Any]) -> dict[Any, Any]:
        """A peer that is by pods or by addresses, as it has to be."""
        kept = self._one_of(["namespace", "namespaceLabels", "podLabels", "cidr"])
        return {kept: self.value(parts.Peer.FORMS[kept][1])} | (
            {key: held for key, held in peer.items() if key == "podLabels" and kept != "cidr"}
        )

    def value(self, form: Form) -> Any:
        """A random value for a field."""
        if self._is_odd() or not form:
            return self._one_of(_ODD)
        match form:
            case ("text", names, _):
                rule = names[0] if names else ""
                texts = _ODD_TEXT if self._is_odd() else _RIGHT
                return self._one_of(texts.get(rule, _ANY_TEXT))
            case ("word", words):
                return self._one_of(words)
            case ("flag",):
                return self._one_of((True, False, "true", "false"))
            case ("number", least, most):
                number = self._random.randint(least or 0, 99999 if most is None else most)
                return self._one_of((number, str(number)))
            case ("list", held, least):
                return [self.value(held) for _ in range(max(least, self._random.randrange(3)))]
            case ("map", keys, values, least):
                drawn = [self.value(keys) for _ in range(max(least, self._random.randrange(3)))]
                return {key: self.value(values) for key in drawn if getattr(key, "__hash__", None)}
            case ("part", name):
                return self.part(getattr(parts, name))
            case ("doubt", held):
                return self.value(held)
        return self.value(self._one_of(form[1:]))  # either

    def _is_odd(self) -> bool:
        return self._random.random() < self._oddity

    def _one_of(self, choices: Any) -> Any:
        return copy.deepcopy(self._random.choice(choices))
