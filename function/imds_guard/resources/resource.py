"""What every Kubernetes resource has: kind, name, namespace, metadata."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.resources.fields import RESOURCE
from imds_guard.wire import Fields, InputError, NoResourceError, ShapeError, nested, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire import Entry, Item, Listing, Mapping, Sequence, Value

_ANNOTATIONS = "metadata.annotations"
_ITEMS = "items"
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


class Origin(NamedTuple):
    """What the text around a resource says of it: its file, its host, and the list that it is in.

    `for_tools` says that a tool reads the text, not kubectl: it leaves out what is marked as local
    configuration. `api_version` and `kind` are those of an entry that has neither. `in_list`: it is
    an entry of a list, not a document of its own.
    """

    source: str | None = None
    for_tools: bool = False
    api_version: str = ""
    kind: str = ""
    in_list: bool = False


class Resource:
    """A resource of the input.

    Raises InputError where it has no kind or its metadata is malformed.
    """

    __slots__ = (
        *("_annotations", "_origin", "address", "default_namespace", "entry", "fields"),
        *("group", "index", "is_cluster_wide", "kind", "kustomization", "sequence"),
    )

    def __init__(self, entry: Entry, sequence: Sequence, index: int, origin: Origin) -> None:
        self._origin = origin
        self.default_namespace: str | None = None
        """Where the resource will be applied if it names no namespace; None: nobody knows."""
        self.is_cluster_wide = False
        """Whether its kind lives in no namespace: the API server then drops metadata.namespace,
        which kustomize puts on every kind that it does not know."""
        self.kustomization: str | None = None
        """The folder of the kustomization whose file it stands in, where that is known."""
        self.entry = entry
        self.sequence = sequence
        self.index = index
        self._annotations: dict[str, Value] | None = None
        fields = self.fields = Fields(entry.item, RESOURCE)
        try:
            version = fields.string("apiVersion")
            kind = fields.string("kind")
            if not kind:
                kind = self._kind_by_file() or self._kind_by_list(version)
                version = version or origin.api_version
            name = fields.string("metadata.name") or fields.string("metadata.generateName")
            namespace = fields.string("metadata.namespace")
            if version and version.count("/") > 1:
                message = "apiVersion must be a version, or a group and a version: group/version"
                raise ShapeError(message, place_of(self.item, ("apiVersion",)))
        except InputError as error:
            raise error if error.place.field else error.inside(field=self.item.field) from None
        self.address = Address(version or "", kind, namespace or None, name or "")
        self.kind = kind
        self.group = self.address.group

    def _kind_by_file(self) -> str | None:
        """kpt hands over a kustomization.yaml too, in which kind may be left out."""
        name = (self.path or "").rpartition("/")[2]
        return "Kustomization" if name in KUSTOMIZATIONS else None

    def _kind_by_list(self, version: str | None) -> str:
        """A typed list's entries may leave out both apiVersion and kind. Raises NoResourceError."""
        if version or not self._origin.kind:
            message = "kind is missing: not a Kubernetes resource"
            raise NoResourceError(message, self.item.place())
        return self._origin.kind

    @property
    def source(self) -> str | None:
        """The file that it was read from, where it was one."""
        return self._origin.source

    @property
    def is_in_list(self) -> bool:
        """Whether it is an entry of a list, not a document of its own."""
        return self._origin.in_list

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

    def annotations_in(self, domain: str) -> list[str]:
        """The names of its annotations that begin so. Raises ShapeError."""
        if self._annotations is None and not self.annotations_hold(domain):
            return []
        held = self._annotations or self.fields.mapping(_ANNOTATIONS)
        return [name for name in held if name.startswith(domain)]

    def annotations_hold(self, *words: str) -> bool:
        """False where it is certain, without reading them, that no annotation has such a word."""
        text = self.fields.raw(_ANNOTATIONS)
        if text is None or b"\\" in text:
            return True
        return any(word.encode() in text for word in words)

    @property
    def is_local_config(self) -> bool:
        """Whether it is for tools only and never reaches a cluster.

        kubectl knows no such thing and applies it.
        """
        return self._origin.for_tools and self.annotation(LOCAL_CONFIG) not in (None, "false")

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


MOST_LISTS = 8
"""Lists in lists: of each level the text is read anew."""

Skip = Callable[[NoResourceError], None]
"""What to do with a document that is no resource; otherwise that is an error."""


def resources(
    listing: Listing, source: str | None = None, skip: Skip | None = None
) -> Iterator[Resource]:
    """Every resource of the input in order; those inside lists instead of their list.

    As for kubectl, every object that has `items` is a list, whatever its kind
    (UnstructuredJSONScheme in k8s.io/apimachinery). Raises InputError.
    """
    if listing.top is not None:
        origin = Origin(source, for_tools=listing.frame is not None)
        yield from _of_sequence(listing.top, origin, skip)


def _of_sequence(
    sequence: Sequence, origin: Origin, skip: Skip | None = None, depth: int = 0
) -> Iterator[Resource]:
    for index, entry in enumerate(sequence.entries):
        try:
            resource = Resource(entry, sequence, index, origin)
        except NoResourceError as error:
            if skip is None:
                raise
            skip(error)
            continue
        if not _has_items(resource):
            yield resource
        elif depth == MOST_LISTS:
            message = f"lists in lists are nested deeper than {MOST_LISTS} levels"
            raise InputError(message, resource.item.place())
        elif (inner := _inner(resource)) is not None:
            version, kind = resource.address.api_version, resource.kind.removesuffix("List")
            inside = origin._replace(api_version=version, kind=kind, in_list=True)
            yield from _of_sequence(inner, inside, depth=depth + 1)


def _has_items(resource: Resource) -> bool:
    """Whether it is a list to kubectl; a tool's own file may have items of any shape."""
    if not resource.fields.may_have(_ITEMS) or _ITEMS not in resource.root:
        return False
    return not resource.is_local_config


def _inner(resource: Resource) -> Sequence | None:
    """The items of a list; None where they are null. Raises ShapeError where they are no list."""
    if resource.kind == "ResourceList":
        raise ShapeError("a ResourceList must stand alone", resource.item.place())
    inner, root = nested(resource.item, _ITEMS), resource.root
    if inner is not None:
        return inner
    is_document = resource.kind.endswith("List") and not resource.is_in_list
    if is_document and root.get(_ITEMS) is None:
        return None  # nothing, as in an empty one
    place = place_of(resource.item, (_ITEMS,))
    field = f"{resource.item.field}.{_ITEMS}".lstrip(".")
    message = "items must be a list: kubectl takes every object that has them for one"
    raise ShapeError(message, place._replace(field=field))
