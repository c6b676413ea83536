"""Reading a functionConfig: the ImdsGuard kind, or flat pairs in a ConfigMap."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from imds_guard.config.errors import ConfigError, Path, from_validation, nearest
from imds_guard.config.model import DEFAULT_NAME, Config, Spec

API_VERSION = "imds-guard.dev/v1alpha1"
KIND = "ImdsGuard"


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
        nested = base.spec.model_dump(by_alias=True, exclude_unset=True)
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
    try:
        return Spec.model_validate(_without_nulls(value))
    except ValidationError as error:
        raise from_validation(error, at, _fields_at) from None


def _without_nulls(value: Any) -> Any:
    """A field that is null counts as absent, as everywhere in Kubernetes."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(held) for held in value] if isinstance(value, list) else value


def _fields_at(path: Path) -> list[str]:
    """The fields that may stand at `path` of a spec."""
    model = _model_at([part for part in path if isinstance(part, str)])
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model_at(path: list[str]) -> type[BaseModel] | None:
    model: type[BaseModel] = Spec
    for part in path:
        annotation = _annotation(model, part)
        found = [one for one in _flatten(annotation) if _is_model(one)]
        if not found:
            return None
        model = found[0]
    return model


def _annotation(model: type[BaseModel], key: str) -> Any:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return field.annotation
    return None


def _flatten(annotation: Any) -> list[Any]:
    found = [annotation]
    for argument in get_args(annotation):
        found += _flatten(argument)
    return found


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _typed(text: Any, path: list[str], at: Path) -> Any:
    """A flat value as its field wants it.

    A list may have commas between its entries, or be YAML; what has fields of its own is YAML.
    """
    if not isinstance(text, str):
        return text
    parent = _model_at(path[:-1])
    annotation = _annotation(parent, path[-1]) if parent else None
    kinds = _flatten(annotation)
    origins = {get_origin(kind) for kind in kinds}
    has_fields = any(map(_is_model, kinds)) or dict in origins
    if list not in origins and not has_fields:
        return text
    is_yaml = text.lstrip().startswith(("-", "[", "{"))
    if list in origins and not is_yaml:
        return [part.strip() for part in text.split(",") if part.strip()]
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError("needs YAML here, and this is not", at) from None
