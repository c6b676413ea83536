"""LabelSelector: what the API server refuses in one.

Source: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go (1.36). API
servers before 1.26 take values that are no label values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.reach.validity.fault import ENGINE
from imds_guard.reach.validity.metadata import LABELS
from imds_guard.reach.validity.names import label_key, label_value
from imds_guard.reach.validity.shapes import by_engine, fields, items, text, text_map

if TYPE_CHECKING:
    from collections.abc import Collection

    from imds_guard.reach.validity.reading import Reading, Shape

WITH_VALUES, WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")
OPERATORS = WITH_VALUES + WITHOUT_VALUES


def requirement(reading: Reading, value: dict[str, Any], field: str) -> None:
    """Operator, key and values together; an operator that is absent is none of the four."""
    operator, values = value.get("operator"), value.get("values")
    if operator is None:
        text(choices=OPERATORS)(reading, "", f"{field}.operator")
    if "key" not in value:
        reading.fault(f"{field}.key", "'' is no label key")
    held = bool(values) if isinstance(values, list) else False
    if operator in WITH_VALUES and not held and not isinstance(values, (dict, str)):
        reading.fault(f"{field}.values", f"{operator} needs values", values)
    if operator in WITHOUT_VALUES and held:
        reading.fault(f"{field}.values", f"{operator} takes no values", values)


def schema_selector(value: Shape, choices: Collection[str] = ()) -> Shape:
    """A LabelSelector in the schema of a custom resource, which asks for the types alone.

    `value` is what the schema has for a label's value, `choices` for operators. Labels and
    requirements that are none the engine finds.
    """
    operator = text(choices=choices) if choices else text(choices=OPERATORS, doubt=ENGINE)
    return fields(
        {
            "matchLabels": text_map(None, value),
            "matchExpressions": items(
                fields(
                    {"key": text(), "operator": operator, "values": items(text())},
                    by_engine(requirement),
                    required=("key", "operator"),
                )
            ),
        }
    )


SELECTOR = fields(
    {
        "matchLabels": LABELS,
        "matchExpressions": items(
            fields(
                {
                    "key": text(wrong=label_key),
                    "operator": text(choices=OPERATORS),
                    "values": items(text(wrong=label_value)),
                },
                requirement,
            )
        ),
    }
)
