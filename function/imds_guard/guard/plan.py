"""Which policies are wanted: the configuration applied to what is governed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.config import ConfigError
from imds_guard.guard.annotation_notes import annotation_notes
from imds_guard.guard.exceptions import Excepting, Exceptions
from imds_guard.guard.ignore import check_ignored
from imds_guard.guard.infer import Inferred
from imds_guard.guard.platform_notes import platform_notes
from imds_guard.guard.scope import govern
from imds_guard.guard.standing import Others, ineffective
from imds_guard.guard.targets import Targets, referenced, unmatched
from imds_guard.policies import Target, allow_metadata, allow_traffic, target_manifests
from imds_guard.reach.api_clients import api_clients
from imds_guard.reach.declared import flows
from imds_guard.resources import Address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.targets import Exempt, Order
    from imds_guard.policies.deny.denial import Excepted
    from imds_guard.reach.api_clients import ApiClient
    from imds_guard.reach.declared import Flow
    from imds_guard.resources import Key, Resource
    from imds_guard.settings import Settings
    from imds_guard.wire import Manifest, Result


class Planned(NamedTuple):
    """A policy that is wanted, and the resource next to which it belongs."""

    manifest: Manifest
    protects: Resource | None
    namespace: str | None = None  # where it will be

    @property
    def address(self) -> Address:
        """Which object the manifest is."""
        manifest, metadata = self.manifest, self.manifest["metadata"]
        version, kind = manifest["apiVersion"], manifest["kind"]
        return Address(version, kind, metadata.get("namespace"), metadata["name"])

    @property
    def key(self) -> Key:
        """What tells the object from every other one."""
        address = self.address
        return address.group, address.kind, address.namespace or self.namespace, address.name


class Plan:
    """Every policy that is wanted, and what has to be said about how it came to be."""

    def __init__(self, targets: Targets) -> None:
        self.targets = targets
        self.policies: list[Planned] = []
        self.flows: list[Flow] = []
        self.api_clients: list[ApiClient] = []
        self.results: list[Result] = targets.results

    @property
    def said_when_written(self) -> list[Result]:
        """What is said where policies are written, and not in an audit."""
        return self.targets.said_when_written


def plan(settings: Settings, inventory: Inventory, *, generating: bool = False) -> Plan:
    """The policies for an input; with `generating` also those that the configuration names.

    First whom they are for, then the policies. Raises ConfigError where the configuration
    contradicts itself.
    """
    allow_traffic.check(settings)
    check_ignored(settings)
    results = [*platform_notes(settings), *annotation_notes(inventory.annotation_notes)]
    targets = Targets(settings, Exceptions(settings, results), results)
    targets.said_when_written += ineffective(settings)
    others = Others(settings, inventory)
    isolating = None if settings.denies("Egress") else others
    for governed in govern(settings, inventory, results, generating=generating):
        targets.add(governed, isolating)
    made = Plan(targets)
    made.policies += (planned for order in targets.orders for planned in _ordered(settings, order))
    made.policies += [Planned(manifest, None) for manifest in _cluster_wide(settings, targets)]
    results += unmatched(referenced(settings), targets.exceptions.matched)
    _infer(settings, inventory, made, others)
    return made


def _ordered(settings: Settings, order: Order) -> Iterator[Planned]:
    """The policies of an order."""
    for manifest in _manifests(settings, order):
        yield Planned(manifest, order.protects, order.namespace)


def _manifests(settings: Settings, order: Order) -> Iterator[Manifest]:
    target, of = order.target, order.of
    if of is None:
        yield from target_manifests(settings, target)
    elif isinstance(of, Excepting):
        yield allow_metadata.build(
            settings,
            Target(target.namespace, target.pod_selector),
            workload=target.prefix,
            reason=of.reason,
            ports=of.ports,
            until=of.until,
        )
    else:
        yield of.build(settings, target)


def _infer(settings: Settings, inventory: Inventory, made: Plan, others: Others) -> None:
    """Add the policies for declared traffic, where the configuration asks for them."""
    targets = made.targets
    made.flows = flows(inventory.declared, targets.subjects)
    made.api_clients = list(api_clients(inventory.declared, targets.subjects))
    inferred = Inferred(settings, targets.own, targets.namespaces, others)
    for flow in made.flows:
        inferred.add(flow)
    for client in made.api_clients:
        inferred.add_api_client(client.subject)
    for manifest, subject in inferred.manifests():
        made.policies.append(Planned(manifest, subject.resource, subject.namespace))
    made.results += inferred.notes()


def _cluster_wide(settings: Settings, targets: Targets) -> Iterator[Manifest]:
    """The manifests that are written once, for all of the cluster."""
    spec = settings.config.spec
    if not spec.deny and not spec.admission:
        if spec.scope == "cluster":
            message = "scope: cluster writes what deny and admission name; name some"
            raise ConfigError(message, ("spec", "scope"))
        return
    from imds_guard.policies.admission import guards
    from imds_guard.policies.deny import denials
    from imds_guard.policies.deny.denial import denial
    from imds_guard.policies.deny.notes import deny_notes

    targets.results += deny_notes(settings)
    what = denial(settings, [_excepted(settings, one) for one in targets.exempt])
    yield from denials(settings, what)
    yield from guards(settings, what.left_out)


def _excepted(settings: Settings, exempt: Exempt) -> Excepted:
    """The exception for cluster-wide objects, which name namespaces. Raises ConfigError."""
    from imds_guard.policies.deny.denial import Excepted, opened

    if exempt.namespace is None:
        raise ConfigError(
            f"deny needs to know the namespace of {exempt.target.prefix}, which is excepted; "
            "set defaultNamespace",
            ("spec", "defaultNamespace"),
        )
    return Excepted(
        exempt.target.prefix,
        exempt.namespace,
        exempt.target.pod_selector,
        exempt.own_label,
        exempt.excepting.reason,
        opened(settings, exempt.excepting.ports),
    )
