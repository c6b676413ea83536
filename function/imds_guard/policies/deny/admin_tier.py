"""The shape that the admin policies of SIG Network share, and the kind of AWS made after them.

A lower priority comes first, and the first rule that matches decides. So each exception is an
object of its own before the one that denies, since the subject is an object's; it passes what it
is for on to the NetworkPolicies. Equal priorities are undefined: each object has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.annotations import REASON
from imds_guard.config import ConfigError
from imds_guard.policies.deny.denial import check_room
from imds_guard.policies.manifest import CLUSTER, manifest, shortened
from imds_guard.reach.selectors import NAMESPACE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imds_guard.policies.deny.denial import Blocked, Denial, PortSpan
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

# What the schemas of these kinds take in one list.
_MOST_CIDRS = 25
_MOST_RULES = 25


class Dialect(NamedTuple):
    """How a kind writes what all of them say."""

    api_version: str
    kind: str
    priority: int  # of the object that denies; the exceptions come before it
    tier: Manifest  # the field that says the tier, where the kind has one
    ports: str  # the field with a rule's ports
    port: Callable[[PortSpan], Manifest]


def build(settings: Settings, denial: Denial, dialect: Dialect) -> Iterator[Manifest]:
    """The exceptions, and the object that denies. Raises ConfigError where they are too many."""
    check_room(denial, dialect.kind, dialect.priority)
    first = dialect.priority - len(denial.exceptions)
    for priority, excepted in enumerate(denial.exceptions, first):
        subject = {
            "pods": {
                "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: excepted.namespace}},
                "podSelector": excepted.pod_selector,
            }
        }
        name = shortened(f"allow-metadata-{excepted.namespace}-{excepted.name}")
        rules = _rules(dialect, "Pass", excepted.opened)
        spec = {**dialect.tier, "priority": priority, "subject": subject, "egress": rules}
        yield _object(settings, dialect, name, spec, {REASON: excepted.reason})
    spec = {
        **dialect.tier,
        "priority": dialect.priority,
        "subject": {"namespaces": denial.namespaces},
        "egress": _rules(dialect, "Deny", denial.blocked),
    }
    yield _object(settings, dialect, settings.config.spec.names.deny_metadata, spec)


def _object(
    settings: Settings,
    dialect: Dialect,
    name: str,
    spec: Manifest,
    annotations: dict[str, str] | None = None,
) -> Manifest:
    kind = dialect.api_version, dialect.kind
    return manifest(settings, CLUSTER, kind, name, spec, annotations)


def _rules(dialect: Dialect, action: str, groups: Sequence[Blocked]) -> list[Manifest]:
    rules: list[Manifest] = []
    for blocked in groups:
        for start in range(0, len(blocked.cidrs), _MOST_CIDRS):
            networks = list(blocked.cidrs[start : start + _MOST_CIDRS])
            rule: Manifest = {"action": action, "to": [{"networks": networks}]}
            if blocked.ports:
                rule[dialect.ports] = [dialect.port(span) for span in blocked.ports]
            rules.append(rule)
    if len(rules) > _MOST_RULES:
        raise ConfigError(
            f"{len(rules)} rules are needed, and a {dialect.kind} takes {_MOST_RULES}; name fewer "
            "providers",
            ("spec", "providers"),
        )
    return rules
