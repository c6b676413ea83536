"""Fields of the configuration as data: what a finding proposes to set, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Setting(NamedTuple):
    """A field of a configuration's `spec` by its path, and the value that it is to have.

    The entries of a list are added to those that are there already.
    """

    path: str  # allow.infer
    value: Any  # plain Python, as it is written in YAML

    @property
    def has_entries(self) -> bool:
        """Whether it adds entries that have fields of their own, which are long in words."""
        return isinstance(self.value, list) and any(isinstance(one, dict) for one in self.value)


Remedy = tuple[Setting, ...]
"""Settings that mend a finding together."""


def in_words(remedies: Iterable[Remedy], *others: str) -> str:
    """What to do, as alternatives: `add services to allow.infer, or an entry to allow.ingress`.

    `others` are further alternatives, in words already. A verb is said once.
    """
    found = ""
    verb = ""
    for remedy in remedies:
        text = _together(remedy)
        first, _, rest = text.partition(" ")
        found += f", or {rest if first == verb else text}" if found else text
        verb = first
    return ", or ".join(filter(None, (found, *others)))


def _together(remedy: Remedy) -> str:
    added: list[str] = []
    entries: list[str] = []
    fields: list[str] = []
    count = 0
    for setting in remedy:
        path, value = setting
        if not isinstance(value, list):
            fields.append(f"{path} to {_scalar(value)}")
        elif setting.has_entries:
            entries.append(path)
            count += len(value)
        else:
            added.append(f"add {_listed(map(_scalar, value))} to {path}")
    if entries:
        added.append(f"add {'an entry' if count == 1 else 'entries'} to {_listed(entries)}")
    if fields:
        added.append(f"set {_listed(fields)}")
    return " and ".join(added)


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def together(remedies: Sequence[Remedy]) -> tuple[Remedy, list[int]]:
    """All of these remedies as one, and the places of those that it holds.

    A remedy is left out where an earlier one sets a field of it to another value.
    """
    scalars: dict[str, Any] = {}
    lists: dict[str, dict[str, Any]] = {}  # by path, each entry by its text
    paths: dict[str, None] = {}
    taken = []
    for at, remedy in enumerate(remedies):
        fields = [one for one in remedy if not isinstance(one.value, list)]
        if any(scalars.get(path, value) != value for path, value in fields):
            continue
        taken.append(at)
        scalars |= fields
        for path, value in remedy:
            paths[path] = None
            if isinstance(value, list):
                lists.setdefault(path, {}).update((repr(entry), entry) for entry in value)
    merged = (
        Setting(path, scalars[path] if path in scalars else list(lists[path].values()))
        for path in paths
    )
    return tuple(merged), taken


def applied(spec: Mapping[str, Any], remedy: Remedy) -> dict[str, Any]:
    """The `spec` of a configuration, as it is written, with these settings. It stays as it is."""
    found = dict(spec)
    for path, value in remedy:
        *parents, last = path.split(".")
        inner = found
        for parent in parents:
            inner[parent] = dict(inner.get(parent) or {})
            inner = inner[parent]
        if isinstance(value, list):
            known = list(inner.get(last) or [])
            value = [*known, *(entry for entry in value if entry not in known)]
        inner[last] = value
    return found
