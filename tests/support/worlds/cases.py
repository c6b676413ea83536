"""One question: a set of policies, a pod, the other end of the traffic, and what is not known."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.engines.parts import Direction, Manifest
from tests.support.engines.world import Family
from tests.support.validity import stands
from tests.support.worlds import antrea, calico, cilium, kubernetes
from tests.support.worlds.domains import name_one
from tests.support.worlds.parts import (
    ADDRESSES,
    ASKED,
    NAMED_PORTS,
    NAMESPACES,
    TEAMS,
    VALUES,
    Draw,
    namespace,
)


@dataclass(frozen=True)
class Shown:
    """A pod as manifests show it."""

    namespace: str
    known: dict[str, str]
    present: tuple[str, ...] = ()
    """Labels that a controller adds."""
    maybe: tuple[str, ...] = ()
    """Labels that may be there: null in the manifest, or added by some versions."""
    has_known_ports: bool = True


@dataclass(frozen=True)
class Case:
    """A question."""

    family: Family
    manifests: list[Manifest]
    namespaces: dict[str, dict[str, str] | None]
    """The labels of each namespace; None where the input does not have it."""
    direction: Direction
    own: Shown
    peer: Shown | str
    version: int
    """The IP version of the traffic."""
    packets: list[tuple[str, int]]


def _sig_policy_of_aws(draw: Draw) -> Manifest:
    group = draw.one(("policy.networking.k8s.io", "networking.k8s.aws"))
    return kubernetes.sig_policy(draw, group)


_FAMILIES: dict[Family, list[tuple[Callable[[Draw], Manifest], int]]] = {
    # What there is of each kind, and how much at most.
    "kubernetes": [(kubernetes.network_policy, 3), (kubernetes.sig_policy, 3)],
    "aws": [
        (kubernetes.network_policy, 1),
        (kubernetes.application_policy, 2),
        (_sig_policy_of_aws, 2),
    ],
    "cilium": [(kubernetes.network_policy, 2), (cilium.policy, 3)],
    "calico": [
        (kubernetes.network_policy, 1),
        (kubernetes.sig_policy, 1),
        (calico.tier, 2),
        (calico.policy, 4),
    ],
    "antrea": [(kubernetes.network_policy, 2), (antrea.tier, 1), (antrea.policy, 4)],
}


def drawn(
    family: Family, seed: int, *, is_known: bool = False, has_names: bool | None = None
) -> Case:
    """A question about policies of this family; with `is_known` one with a single answer."""
    draw = Draw(seed, is_known=is_known)
    version = draw.one((4, 4, 6))
    peer: Shown | str = draw.one(ADDRESSES[version])
    if draw.once_in(2):
        peer = _shown(draw)
    # Nobody knows the names of ports at an address that is no pod's.
    draw.has_names = not is_known or isinstance(peer, Shown) if has_names is None else has_names
    asked = list(ASKED)
    draw.random.shuffle(asked)
    return Case(
        family,
        _manifests(draw, family),
        {one: draw.one(TEAMS if is_known else (*TEAMS, None)) for one in NAMESPACES},
        draw.one(("Egress", "Egress", "Ingress")),
        _shown(draw),
        peer,
        version,
        asked[:3],
    )


def _manifests(draw: Draw, family: Family) -> list[Manifest]:
    found: list[Manifest] = []
    for drawing, most in _FAMILIES[family]:
        # Of the last kind, the engine's own, there is always one.
        least = int(drawing is _FAMILIES[family][-1][0])
        made = [drawing(draw) for _ in draw.at_most(most, least)]
        # One that is refused is none; validity has tests of its own.
        found += [one for one in made if stands(one)]
    if family == "calico" and not draw.is_known and draw.once_in(3):
        found.append(calico.network_set(draw))
    if draw.is_known:
        return _told_apart(family, list({identity(one): one for one in found}.values()))
    if draw.once_in(4):
        found.append(kubernetes.disputed(draw))
    for one in found:
        if draw.once_in(8):
            name_one(one)
    found = [one for one in found if stands(one)]
    if found and draw.once_in(4):
        # A copy of one object under another's name.
        twin, other = copy.deepcopy(draw.one(found)), draw.one(found)
        if (twin["kind"], twin["apiVersion"]) == (other["kind"], other["apiVersion"]):
            twin["metadata"] = dict(other["metadata"])
            found.append(twin)
    # Some priorities are in use more than once; that is what is asked for in every other set.
    return found if draw.once_in(2) else _told_apart(family, found, keeps_tiers=True)


def _told_apart(
    family: Family, manifests: list[Manifest], *, keeps_tiers: bool = False
) -> list[Manifest]:
    """The same policies without two of one priority, and none in a tier that is not there."""
    tiers = {one["metadata"]["name"] for one in manifests if one["kind"] == "Tier"}
    found = []
    for at, one in enumerate(manifests):
        spec = one.get("spec") or {}
        if family == "calico" and one["apiVersion"].startswith("projectcalico") and "order" in spec:
            if one["kind"] != "Tier" and spec["order"] is not None:
                spec["order"] += (at + 1) / 4
        elif "priority" in spec and one["kind"] != "Tier":
            spec["priority"] = spec["priority"] * 10 + at
        if keeps_tiers:
            found.append(one)
            continue
        if spec.get("tier") in {*antrea.TIERS, *calico.TIERS} - tiers:
            del spec["tier"]
        # How Baseline and NetworkPolicy go together is known of Calico alone, and not told to
        # the program.
        is_baseline = one["kind"].startswith("Baseline") or spec.get("tier") == "Baseline"
        if not (family == "calico" and is_baseline):
            found.append(one)
    return found


def _shown(draw: Draw) -> Shown:
    keys = ["app", "tier", "job"]
    draw.random.shuffle(keys)
    known = {key: draw.one(VALUES) for key in keys[: draw.one(range(3))]}
    where = NAMESPACES[0] if draw.once_in(2) else namespace(draw)
    unknown = 0 if draw.is_known else draw.one(range(8))
    if unknown < 5:
        return Shown(where, known, has_known_ports=unknown != 4)
    present, maybe = ((keys[-1],), ()) if unknown < 7 else ((), (keys[-1],))
    return Shown(where, known, present, maybe)


def identity(manifest: dict[str, Any]) -> tuple[str, ...]:
    """What makes two manifests the same object."""
    metadata = manifest["metadata"]
    group = manifest["apiVersion"].partition("/")[0]
    return group, manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def ports_of(shown: Shown) -> dict[tuple[str, str], int] | None:
    """A pod's ports by protocol and name; None where they are not known."""
    return dict(NAMED_PORTS) if shown.has_known_ports else None
