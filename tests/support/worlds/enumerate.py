"""The worlds of a question: every way in which what is not known may turn out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import prod
from random import Random
from typing import Any, NamedTuple

from tests.support.engines.kubernetes import network_policies
from tests.support.engines.parts import Endpoint, Freedom, Manifest, Packet
from tests.support.engines.sig_network import in_tier
from tests.support.engines.world import passes
from tests.support.worlds import antrea, calico
from tests.support.worlds.cases import Case, Shown, identity, ports_of
from tests.support.worlds.parts import DISPUTED, NAME_LABEL, POD_ADDRESSES, TEAMS, VALUES, WHOLE

# Whether API servers take a CIDR that they dispute is one question for each; this is what those
# that do take it make of it.
_TAKEN = dict(zip(DISPUTED, ("169.254.0.0/16", "169.254.169.254/32"), strict=True))


_MOST = 400


class Choices(NamedTuple):
    """Everything that is not known, each with the ways in which it may turn out."""

    manifests: list[list[Manifest]]
    namespaces: list[dict[str, dict[str, str]]]
    own: list[dict[str, str]]
    peer: list[dict[str, str]]
    addresses: list[str]
    freedoms: list[Freedom]
    named_at: list[bool]  # whether a name stands for the asked port, where ports are not known

    @property
    def are_none(self) -> bool:
        """Whether there is one world alone."""
        return all(len(one) == 1 for one in self)


def choices(case: Case) -> Choices:
    """What is not known of a question."""
    shown = [one for one in (case.own, case.peer) if isinstance(one, Shown)]
    of_peer = _labels(case.peer) if isinstance(case.peer, Shown) else [{}]
    return Choices(
        list(_standing(case.manifests)),
        _namespaces(case),
        _labels(case.own),
        of_peer,
        _addresses(case),
        _freedoms(case),
        [False] if all(one.has_known_ports for one in shown) else [False, True],
    )


def outcomes(case: Case, found: Choices, protocol: str, port: int) -> set[str]:
    """What becomes of a packet over all worlds; it is not looked further once both are seen."""
    seen: set[str] = set()
    for manifests, namespaces, own, peer, address, freedom, named in _worlds(found):
        packet = Packet(
            case.direction,
            _endpoint(case.own, own, namespaces, POD_ADDRESSES[case.version][0], named, port),
            _endpoint(case.peer, peer, namespaces, address, named, port)
            if isinstance(case.peer, Shown)
            else case.peer,
            protocol,
            port,
        )
        is_open = passes(case.family, manifests, packet, freedom)
        seen.add("open" if is_open else "blocked")
        if len(seen) == 2:
            break
    return seen


def _worlds(found: Choices) -> Iterator[Any]:
    """Every world; of very many, so many that are drawn by chance, always the same."""
    if prod(len(one) for one in found) <= _MOST:
        yield from product(*found)
        return
    random = Random(0)
    for _ in range(_MOST):
        yield tuple(random.choice(one) for one in found)


def _endpoint(
    shown: Shown,
    labels: dict[str, str],
    namespaces: dict[str, dict[str, str]],
    address: str,
    named: bool,
    port: int,
) -> Endpoint:
    ports = ports_of(shown)
    if ports is None:
        ports = {}
        if named:
            ports = {(one, name): port for one in ("TCP", "UDP") for name in ("http", "dns")}
    return Endpoint(shown.namespace, namespaces[shown.namespace], labels, address, ports)


def _labels(shown: Shown) -> list[dict[str, str]]:
    """A label of a controller has some value; one that may be there has one, or is not there."""
    ways: list[list[dict[str, str]]] = []
    for key in shown.present:
        ways.append([{key: value} for value in VALUES])
    for key in shown.maybe:
        ways.append([{}, *({key: value} for value in (*VALUES, ""))])
    return [_merged(shown.known, *extra) for extra in product(*ways)]


def _merged(*several: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in several:
        found |= one
    return found


def _namespaces(case: Case) -> list[dict[str, dict[str, str]]]:
    names = list(case.namespaces)
    asked = {one.namespace for one in (case.own, case.peer) if isinstance(one, Shown)}
    ways = []
    for name in names:
        labels = case.namespaces[name]
        options = TEAMS if labels is None and name in asked else (labels or {},)
        ways.append([{name: {**one, NAME_LABEL: name}} for one in options])
    return [dict(pair for one in way for pair in one.items()) for way in product(*ways)]


def _addresses(case: Case) -> list[str]:
    every = list(POD_ADDRESSES[case.version])
    is_pod = isinstance(case.peer, Shown)
    if is_pod and any(_splits(one) for one in texts(case.manifests)):
        return every
    return every[:1]


def _splits(text: str) -> bool:
    """Whether a text is a CIDR that holds some addresses of pods and not others."""
    is_cidr = "/" in text and text[0].isalnum() | (text[0] == ":") and text[-1].isdigit()
    return is_cidr and text not in WHOLE and text not in DISPUTED


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def _standing(manifests: list[Manifest]) -> Iterator[list[Manifest]]:
    """Of the copies of an object one stands; a null and a disputed CIDR are taken or are not."""
    copies: dict[tuple[str, ...], list[Manifest | None]] = {}
    for one in manifests:
        copies.setdefault(identity(one), []).extend(_readings(one))
    for standing in product(*copies.values()):
        yield [one for one in standing if one is not None]


def _readings(manifest: Manifest) -> list[Manifest | None]:
    """What a manifest may come to; None where it may be refused."""
    found: list[Manifest | None] = [manifest]
    if _has_null(manifest):
        found = [_without_nulls(manifest, text) for text in (None, "")]
    if any(text in DISPUTED for text in texts(manifest)):
        found = [None, *(_taken(one) for one in found)]
    return found


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        labels = value.get("matchLabels")
        if isinstance(labels, dict) and None in labels.values():
            return True
        return any(_has_null(one) for one in value.values())
    return isinstance(value, list) and any(_has_null(one) for one in value)


def _without_nulls(value: Any, text: str | None) -> Any:
    """Client-side `kubectl apply` drops a null label, other clients keep it as the empty text."""
    if isinstance(value, list):
        return [_without_nulls(one, text) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, one in value.items():
        if key == "matchLabels":
            kept = {name: text if own is None else own for name, own in one.items()}
            found[key] = {name: own for name, own in kept.items() if own is not None}
        else:
            found[key] = _without_nulls(one, text)
    return found


def _taken(value: Any) -> Any:
    if isinstance(value, list):
        return [_taken(one) for one in value]
    if isinstance(value, dict):
        return {key: _taken(one) for key, one in value.items()}
    return _TAKEN.get(value, value) if isinstance(value, str) else value


def _freedoms(case: Case) -> list[Freedom]:
    """What is left to an engine, and to tiers that are not in the input."""
    ties = [False, True] if len(case.manifests) > 1 and _has_ties(case) else [False]
    skips = [False]
    if case.family in ("kubernetes", "aws") and in_tier(case.manifests, "Baseline"):
        beside = network_policies(case.manifests)
        if any(one["metadata"]["namespace"] == case.own.namespace for one in beside):
            skips = [False, True]
    is_address = isinstance(case.peer, str) and case.direction == "Egress"
    names = [False]
    if is_address and {"http", "dns"} & set(texts(case.manifests)):
        names = [False, True]
    has_domains = is_address and "*.example.com" in texts(case.manifests)
    domains = [False, True] if has_domains else [False]
    ways = product(ties, skips, names, domains, *_tiers(case))
    return [Freedom(*way) for way in ways]


def _has_ties(case: Case) -> bool:
    """Whether several policies have one priority, among those that are put in order."""
    seen: set[Any] = set()
    for one in case.manifests:
        spec = one.get("spec") or {}
        group = one["apiVersion"].partition("/")[0]
        if group == "networking.k8s.io" and case.family == "calico":
            place: Any = (calico.__name__, "default", 1000)
        elif group == "projectcalico.org" and one["kind"] != "Tier":
            place = (calico.__name__, spec.get("tier") or "default", spec.get("order"))
        elif "subject" in spec or (group == "crd.antrea.io" and one["kind"] != "Tier"):
            first = "application" if group == "crd.antrea.io" else "Admin"
            if one["kind"].startswith("Baseline"):
                first = "Baseline"
            place = (str(spec.get("tier") or first).lower(), spec.get("priority", 0))
        else:
            continue
        if place in seen:
            return True
        seen.add(place)
    return False


def _tiers(case: Case) -> tuple[list[dict[str, float]], list[bool]]:
    known = {one["metadata"]["name"] for one in case.manifests if one["kind"] == "Tier"}
    named = {str((one.get("spec") or {}).get("tier")) for one in case.manifests}
    if case.family == "calico":
        missing = sorted(named & set(calico.TIERS) - known)
        orders = (50.0, 500_000.0, 5_000_000.0, 20_000_000.0)
    else:
        missing = sorted(named & set(antrea.TIERS) - known)
        orders = (10.0, 120.0, 252.0, 10.5)
    if not missing:
        return [{}], [True]
    ways = permutations(orders, len(missing))  # Antrea refuses a second tier of one priority
    return [dict(zip(missing, one, strict=True)) for one in ways], [True, False]
