"""What every Kubernetes resource has: kind, name, namespace, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.resources.fields import RESOURCE
from imds_guard.wire import Fields, InputError, ShapeError, nested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire import Entry, Item, Listing, Mapping, Sequence, Value

_ANNOTATIONS = "metadata.annotations"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
LOCAL_CONFIG = "config.kubernetes.io/local-config"
# Orchestrators write the path under both names; the first one is the specification's today.
PATH_ANNOTATIONS = ("internal.config.kubernetes.io/path", "config.kubernetes.io/path")
INDEX_ANNOTATIONS = ("internal.config.kubernetes.io/index", "config.kubernetes.io/index")


Key = tuple[str, str, "str | None", str]
"""The API group, kind, namespace and name of an object: no two objects share all four."""


class Address(NamedTuple):
    """Which resource: what a person calls it, and what a result refers to."""

    api_version: str
    kind: str
    namespace: str | None
    name: str

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Resource:
    """A resource of the input; `source` is the file that it was read from, where it was one.

    Raises InputError where it has no kind or its metadata is malformed.
    """

    __slots__ = (
        *("_annotations", "address", "default_namespace", "entry", "fields", "group"),
        *("index", "is_cluster_wide", "kind", "sequence", "source"),
    )

    def __init__(
        self, entry: Entry, sequence: Sequence, index: int, source: str | None = None
    ) -> None:
        self.source = source
        self.default_namespace: str | None = None
        """Where the resource will be applied if it names no namespace; None: nobody knows."""
        self.is_cluster_wide = False
        """Whether its kind lives in no namespace: the API server then drops metadata.namespace,
        which kustomize puts on every kind that it does not know."""
        self.entry = entry
        self.sequence = sequence
        self.index = index
        self._annotations: dict[str, Value] | None = None
        fields = self.fields = Fields(entry.item, RESOURCE)
        try:
            kind = fields.text("kind") or self._kind_by_file()
            if not kind:
                raise ShapeError("kind is missing: not a Kubernetes resource", self.item.place())
            name = fields.text("metadata.name") or fields.text("metadata.generateName")
            namespace = fields.text("metadata.namespace")
            version = fields.text("apiVersion")
        except InputError as error:
            raise error if error.place.field else error.inside(field=self.item.field) from None
        self.address = Address(version or "", kind, namespace or None, name or "")
        self.kind = kind
        self.group = self.address.group

    def _kind_by_file(self) -> str | None:
        """kpt hands over a kustomization.yaml too, in which kind may be left out."""
        name = (self.path or "").rpartition("/")[2]
        return "Kustomization" if name in KUSTOMIZATIONS else None

    @property
    def item(self) -> Item:
        """The text behind it."""
        return self.entry.item

    @property
    def root(self) -> Mapping:
        """All of its fields."""
        return self.entry.item.root()

    @property
    def namespace(self) -> str | None:
        """Where the resource will be: metadata.namespace, or else the default one."""
        if self.is_cluster_wide:
            return None
        return self.address.namespace or self.default_namespace

    @property
    def key(self) -> Key:
        """What tells the object from every other one in the cluster."""
        return self.group, self.kind, self.namespace, self.address.name

    @property
    def labels(self) -> dict[str, str]:
        """metadata.labels."""
        return strings(self.fields.get("metadata.labels"))

    def annotation(self, *names: str) -> str | None:
        """The value of the first of these annotations that it has. Raises ShapeError."""
        held = self._annotations
        if held is None:
            if not self.annotations_hold(*names):
                return None
            held = self._annotations = self.fields.mapping(_ANNOTATIONS)
        for name in names:
            if name in held:
                return self.fields.scalar(_ANNOTATIONS, name, held[name]) or ""
        return None

    def annotations_hold(self, *words: str) -> bool:
        """False where it is certain, without reading them, that no annotation has such a word."""
        text = self.fields.raw(_ANNOTATIONS)
        if text is None or b"\\" in text:
            return True
        return any(word.encode() in text for word in words)

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


def strings(value: Value) -> dict[str, str]:
    """The entries of a mapping that are text; none where it is no mapping."""
    if not isinstance(value, dict):
        return {}
    return {key: held for key, held in value.items() if isinstance(held, str)}


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
