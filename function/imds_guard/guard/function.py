"""The function: resources in, the same resources with their policies out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.annotations import OWNER
from imds_guard.config import Config, ConfigError, read_config
from imds_guard.guard.discover import discover
from imds_guard.guard.files import read_files
from imds_guard.guard.ignore import set_apart
from imds_guard.guard.plan import plan
from imds_guard.guard.reconcile import reconcile
from imds_guard.guard.verify import context_of, verify
from imds_guard.resources import PATH_ANNOTATIONS, Policy, Resource, resources
from imds_guard.settings import settings_of
from imds_guard.wire import (
    InputError,
    Place,
    as_text,
    is_at_least,
    place_of,
    read,
    read_one,
    worst_first,
    write_documents,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.audit import Context
    from imds_guard.config.model import FailOn
    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.plan import Plan
    from imds_guard.settings import Settings
    from imds_guard.wire import Item, Listing, Result, Value


class Outcome(NamedTuple):
    """What a run gives: the text to write, and what there is to say."""

    chunks: Iterable[bytes | memoryview]
    results: list[Result]
    fail_on: FailOn = "error"

    @property
    def exit_code(self) -> int:
        """1 where a result is as severe as `failOn` has it, else 0."""
        return int(any(is_at_least(result.severity, self.fail_on) for result in self.results))


def run(data: bytes, config: Config | None = None) -> Outcome:
    """Guard a ResourceList or a stream of resources.

    A ResourceList's own functionConfig comes before `config`. Raises InputError or ConfigError;
    nothing is to be written then.
    """
    listing = read(data)
    own = listing.frame.function_config if listing.frame else None
    if own is None:
        return _guard(listing, resources(listing), config or Config())
    config = config_of(own)
    found = list(resources(listing))
    try:
        return _guard(listing, found, config, generating=_is_generator(own, config, found))
    except ConfigError as error:
        raise _config_error(error, own) from None


def generate(config: Config, paths: Iterable[str] = ()) -> Outcome:
    """Only the policies: for the resources in `paths`, or else for what `config` names.

    They are audited together with what was read. Raises InputError or ConfigError.
    """
    generating = not paths
    settings = settings_of(config)
    home = _home(settings, generating=generating)
    notes: list[Result] = []
    files = read_files(paths or config.spec.manifests, notes, judged=bool(paths))
    inventory = discover(files, home)
    planned = plan(settings, inventory, generating=generating)
    context = context_of(settings, _together(inventory, planned, config), planned, inventory)
    results = notes + planned.results + planned.said_when_written
    manifests = [one.manifest for one in planned.policies]
    results = worst_first(_without_ignored(settings, results + _further(context, results)))
    return Outcome(write_documents(manifests), results, config.spec.fail_on)


def _together(inventory: Inventory, planned: Plan, config: Config) -> list[Policy]:
    """The policies that were read, and those that are written beside them.

    One that was read is left out where the very same is written. Any other one is judged, were it
    of the same name: which of the two will stand depends on what is applied last.
    """
    known: dict[int, tuple[Value, Value]] = {}
    written = [
        Policy(
            one.address,
            namespace=one.namespace,
            value=as_text(one.manifest, known),
            is_ours=True,
        )
        for one in planned.policies
    ]
    same = {one.key: one.spec for one in written}
    read = (
        Policy(one.address, resource=one, is_ours=one.annotation(OWNER) == config.name)
        for one in inventory.policies
    )
    return [*(one for one in read if same.get(one.key) != one.spec), *written]


def _without_ignored(settings: Settings, results: list[Result]) -> list[Result]:
    """The results, and of those that the configuration ignores only that they were found."""
    left, ignored = set_apart(settings, results)
    return left + [
        finding._replace(severity="info", message=f"{finding.message} (ignored: {reason})", fix="")
        for finding, reason in ignored
    ]


def _further(context: Context, results: list[Result]) -> list[Result]:
    """What the audit finds that the results do not say yet."""
    said = {(one.id, one.subject) for one in results}
    return [one for one in verify(context) if (one.id, one.subject) not in said]


def config_in(data: bytes, source: str) -> Config:
    """The configuration that a file holds. Raises InputError, with the place of the field."""
    try:
        return config_of(read_one(data))
    except InputError as error:
        raise error.inside(source=source) from None


def config_of(item: Item) -> Config:
    """The configuration that an item holds. Raises InputError, with the place of the field."""
    value = item.value()
    if not isinstance(value, dict):
        raise InputError("must be a mapping", item.place())
    try:
        return read_config(value)
    except ConfigError as error:
        raise _config_error(error, item) from None


def _config_error(error: ConfigError, item: Item) -> InputError:
    """The error with the place of its field in the text that the configuration came from."""
    field = f"{item.field}.{error.path}".strip(".")
    metadata = item.value().get("metadata")
    annotations = (metadata if isinstance(metadata, dict) else {}).get("annotations")
    for name in PATH_ANNOTATIONS:
        if isinstance(annotations, dict) and name in annotations:
            # A line of the ResourceList is not one of the file that the person has.
            return InputError(error.message, Place(source=annotations[name], field=error.path))
    place = place_of(item, error.field)
    return InputError(error.message, Place(line=place.line, column=place.column, field=field))


def _guard(
    listing: Listing, found: Iterable[Resource], config: Config, *, generating: bool = False
) -> Outcome:
    settings = settings_of(config)
    home = _home(settings, generating=generating)
    inventory = discover(found, home)
    notes: list[Result] = []
    if generating:
        named = discover(read_files(config.spec.manifests, notes, judged=False), home)
        inventory.groups = named.groups
    planned = plan(settings, inventory, generating=generating)
    standing, conflicts = reconcile(listing, inventory, planned, config)
    context = context_of(settings, standing, planned, inventory)
    results = notes + planned.results + planned.said_when_written + conflicts
    if config.spec.reopened == "repair":
        from imds_guard.guard.repair import repair

        standing, repaired = repair(listing, context, standing, inventory)
        results += repaired
        context = context_of(settings, standing, planned, inventory)
    results = worst_first(_without_ignored(settings, results + _further(context, results)))
    listing.report(results)
    return Outcome(listing.render(), results, config.spec.fail_on)


def _home(settings: Settings, *, generating: bool) -> str | None:
    """Where resources that name no namespace will be; None where nobody knows.

    Whoever runs a generator fills in the namespace afterwards.
    """
    if generating:
        return settings.config.spec.default_namespace or None
    return settings.default_namespace


def _is_generator(own: Item, config: Config, found: list[Resource]) -> bool:
    """Whether kustomize runs this as a generator: it sends nothing but the functionConfig itself.

    kpt too may send a package that holds nothing else; its items come with the path of a file.
    What an earlier run has generated may follow.
    """
    if not found or not found[0].is_local_config or found[0].path is not None:
        return False
    value = own.value()
    metadata = value.get("metadata") or {}
    address = found[0].address
    itself = (address.kind, address.api_version, address.name)
    if itself != (value.get("kind"), value.get("apiVersion"), metadata.get("name")):
        return False
    return all(one.annotation(OWNER) == config.name for one in found[1:])
