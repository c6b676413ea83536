"""What every Kubernetes resource has: kind, name, namespace, metadata."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.wire import InputError, Mapping, ShapeError, nested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire import Entry, Item, Listing, Sequence

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
LOCAL_CONFIG = "config.kubernetes.io/local-config"
# Orchestrators write the path under both names; the first one is the specification's today.
PATH_ANNOTATIONS = ("internal.config.kubernetes.io/path", "config.kubernetes.io/path")
INDEX_ANNOTATIONS = ("internal.config.kubernetes.io/index", "config.kubernetes.io/index")


class Address(NamedTuple):
    """Which resource: what a person calls it, and what a result refers to."""

    api_version: str
    kind: str
    namespace: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Resource:
    """A resource of the input; `source` is the file that it was read from, where it was one.

    Raises InputError where it has no kind or its metadata is malformed.
    """

    def __init__(
        self, entry: Entry, sequence: Sequence, index: int, source: str | None = None
    ) -> None:
        self.source = source
        self.entry = entry
        self.sequence = sequence
        self.index = index
        try:
            self.root = entry.item.root()
            self.metadata = self.root.child("metadata")
            kind = self.root.text("kind") or self._kind_by_file()
            if not kind:
                raise ShapeError("kind is missing: not a Kubernetes resource", self.item.place())
            name = namespace = None
            if self.metadata:
                name = self.metadata.text("name") or self.metadata.text("generateName")
                namespace = self.metadata.text("namespace")
            version = self.root.text("apiVersion") or ""
        except InputError as error:
            raise error if error.place.field else error.inside(field=self.item.field) from None
        self.address = Address(version, kind, namespace or None, name or "")

    def _kind_by_file(self) -> str | None:
        """kpt hands over a kustomization.yaml too, in which kind may be left out."""
        name = (self.path or "").rpartition("/")[2]
        return "Kustomization" if name in KUSTOMIZATIONS else None

    @property
    def item(self) -> Item:
        """The text behind it."""
        return self.entry.item

    @property
    def kind(self) -> str:
        return self.address.kind

    @property
    def namespace(self) -> str | None:
        """metadata.namespace; None where it has none."""
        return self.address.namespace

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.address.api_version.rpartition("/")[0]

    @property
    def labels(self) -> dict[str, str]:
        """metadata.labels."""
        held = self.metadata.get("labels") if self.metadata else None
        found = held if isinstance(held, dict) else {}
        return {key: value for key, value in found.items() if isinstance(value, str)}

    @cached_property
    def annotations(self) -> Mapping | None:
        """metadata.annotations, read one by one."""
        return self.metadata.child("annotations") if self.metadata else None

    def annotation(self, *names: str) -> str | None:
        """The value of the first of these annotations that it has."""
        if self.annotations:
            for name in names:
                if name in self.annotations:
                    return self.annotations.text(name) or ""
        return None

    @property
    def is_local_config(self) -> bool:
        """Whether it is for tools only and never reaches a cluster."""
        return self.annotation(LOCAL_CONFIG) not in (None, "false")

    @property
    def path(self) -> str | None:
        """The file it came from, where the orchestrator says so."""
        return self.annotation(*PATH_ANNOTATIONS)

    @property
    def file_index(self) -> int:
        """Its place in that file, counted from 0."""
        text = self.annotation(*INDEX_ANNOTATIONS) or "0"
        return int(text) if text.isdecimal() else 0


def resources(listing: Listing, source: str | None = None) -> Iterator[Resource]:
    """Every resource of the input in order; those inside List kinds instead of their list.

    Raises InputError.
    """
    if listing.top is not None:
        yield from _of_sequence(listing.top, source)


def _of_sequence(sequence: Sequence, source: str | None) -> Iterator[Resource]:
    for index, entry in enumerate(sequence.entries):
        resource = Resource(entry, sequence, index, source)
        if resource.kind.endswith("List"):
            inner = nested(entry.item, "items")
            if inner is not None:
                yield from _of_sequence(inner, source)
                continue
        yield resource
