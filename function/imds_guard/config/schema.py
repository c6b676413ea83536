"""The JSON Schema of the functionConfig, published from its models."""

from __future__ import annotations

from typing import Any

from imds_guard.config.model import Spec
from imds_guard.config.read import API_VERSION, KIND


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the ImdsGuard kind."""
    spec = Spec.model_json_schema(by_alias=True)
    definitions = spec.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": KIND,
        "description": "Configuration of the imds-guard function.",
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": KIND},
            "metadata": {"type": "object"},
            "spec": spec,
        },
        "required": ["apiVersion", "kind"],
        "additionalProperties": False,
        "$defs": definitions,
    }
