"""Reading a functionConfig: the ImdsGuard kind, or flat pairs in a ConfigMap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.config import parts, quick
from imds_guard.config.consistency import check_together
from imds_guard.config.errors import ConfigError, Path, from_validation, nearest
from imds_guard.config.part import forms_in
from imds_guard.config.parts import Spec

if TYPE_CHECKING:
    from imds_guard.config.part import Form, Part

DEFAULT_NAME = "imds-guard"
API_VERSION = "imds-guard.dev/v1alpha1"
KIND = "ImdsGuard"


class Config(NamedTuple):
    """A functionConfig: its name, by which its policies are known as its own, and its spec."""

    name: str = DEFAULT_NAME
    spec: Spec = Spec()


def read_config(value: dict[str, Any] | None) -> Config:
    """A functionConfig of kind ImdsGuard or ConfigMap; None gives the defaults.

    Scalars may be text. Raises ConfigError.
    """
    if not value:
        return Config()
    kind = value.get("kind")
    metadata = value.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise ConfigError("must be a mapping", ("metadata",))
    name = metadata.get("name")
    if name is not None and not isinstance(name, str):
        raise ConfigError("must be text", ("metadata", "name"))
    if kind == "ConfigMap":
        # kpt calls the ConfigMap that it makes of command line arguments so.
        name = None if name == "function-input" else name
        return from_pairs(value.get("data") or {}, name or DEFAULT_NAME, ("data",))
    if kind != KIND:
        raise ConfigError(f"kind must be {KIND} or ConfigMap", ("kind",))
    version = value.get("apiVersion")
    if version != API_VERSION:
        raise ConfigError(f"apiVersion must be {API_VERSION}", ("apiVersion",))
    for key in value:
        if key not in ("apiVersion", "kind", "metadata", "spec"):
            raise ConfigError(f"unknown field{nearest(key, ['metadata', 'spec'])}", (key,))
    return Config(name=name or DEFAULT_NAME, spec=_spec(value.get("spec"), ("spec",)))


def from_pairs(
    pairs: Any, name: str = DEFAULT_NAME, at: Path = (), base: Config | None = None
) -> Config:
    """A configuration of flat keys such as `dns.to`, lists comma-separated. Raises ConfigError."""
    if not isinstance(pairs, dict):
        raise ConfigError("must be a mapping of keys to text", at)
    nested: dict[str, Any] = {}
    if base is not None:
        nested = base.spec.as_given()
        name = base.name
    for key, text in pairs.items():
        *parents, last = key.split(".")
        inner = nested
        for parent in parents:
            inner = inner.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise ConfigError("this key contradicts another", (*at, key))
        inner[last] = _typed(text, key.split("."), (*at, key))
    return Config(name=name, spec=_spec(nested, at))


def _spec(value: Any, at: Path) -> Spec:
    if value is None:
        return Config().spec
    if not isinstance(value, dict):
        raise ConfigError("must be a mapping", at)
    value = _without_nulls(value)
    spec = quick.read(Spec, value)
    if spec is None:
        spec = read_by_pydantic(value, at)
    check_together(spec, at)
    return spec


def read_by_pydantic(value: Any, at: Path = ("spec",)) -> Spec:
    """A spec in whatever form. Raises ConfigError, with all that is wrong."""
    from pydantic import ValidationError

    from imds_guard.config import model

    try:
        read = model.Spec.model_validate(value)
    except ValidationError as error:
        raise from_validation(error, at, _fields_at) from None
    spec: Spec = _as_part(read)
    return spec


def _as_part(value: Any) -> Any:
    """What pydantic has read, as the part that is made from its model."""
    from pydantic import BaseModel

    if isinstance(value, list):
        return tuple(_as_part(held) for held in value)
    if not isinstance(value, BaseModel):
        return value
    kind = getattr(parts, type(value).__name__)
    return kind(**{name: _as_part(getattr(value, name)) for name in value.model_fields_set})


def _without_nulls(value: Any) -> Any:
    """A field that is null counts as absent, as everywhere in Kubernetes."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(held) for held in value] if isinstance(value, list) else value


def _fields_at(path: Path) -> list[str]:
    """The fields that may stand at `path` of a spec."""
    kind = _part_at([part for part in path if isinstance(part, str)])
    return list(kind.FORMS) if kind else []


def _part_at(path: list[str]) -> type[Part] | None:
    kind: type[Part] = Spec
    for key in path:
        named = (form[1] for form in forms_in(_form_at(kind, key)) if form[0] == "part")
        name = next(named, None)
        if name is None:
            return None
        kind = getattr(parts, name)
    return kind


def _form_at(kind: type[Part], key: str) -> Form:
    """What a field takes, by either of its names; nothing where there is no such field."""
    known = (form for alias, (name, form) in kind.FORMS.items() if key in (alias, name))
    return next(known, ())


def _typed(text: Any, path: list[str], at: Path) -> Any:
    """A flat value as its field wants it.

    A list may have commas between its entries, or be YAML; what has fields of its own is YAML.
    """
    if not isinstance(text, str):
        return text
    parent = _part_at(path[:-1])
    words = {form[0] for form in forms_in(_form_at(parent, path[-1]))} if parent else set()
    has_fields = not words.isdisjoint(("part", "map"))
    if "list" not in words and not has_fields:
        return text
    is_yaml = text.lstrip().startswith(("-", "[", "{"))
    if "list" in words and not is_yaml:
        return [part.strip() for part in text.split(",") if part.strip()]
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError("needs YAML here, and this is not", at) from None
