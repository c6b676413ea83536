"""parts.py, which is made from pydantic's models: it is current, and no check is passed over."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated, Any, Literal

import pytest
from annotated_types import MaxLen, MinLen
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from imds_guard.config import rules, table
from imds_guard.config.part import Form
from tests.support.clients import ROOT


def test_parts_are_those_of_the_models() -> None:
    path = ROOT / "function" / "imds_guard" / "config" / "parts.py"
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(path), "-"],
        input=table.source(),
        capture_output=True,
        check=True,
        text=True,
    )
    assert path.read_text() == formatted.stdout, "run `make parts`"


def refuse(value: Any) -> Any:
    raise ValueError("never")


class Held(BaseModel):
    name: str


class Checked(BaseModel):
    by_own: Annotated[str, AfterValidator(refuse)]
    before: Annotated[str, BeforeValidator(refuse)]
    in_list: list[Annotated[str, AfterValidator(refuse)]]
    in_keys: dict[Annotated[str, AfterValidator(refuse)], str]
    of_list: Annotated[list[str], AfterValidator(refuse)]
    bounded: Annotated[str, MaxLen(3)]
    pattern: str = Field(pattern="a")
    strict: int = Field(strict=True)
    above: int = Field(gt=3)
    bounded_twice: Annotated[str, MinLen(1), AfterValidator(rules.cidr)]
    number: float
    anything: Any
    numbers: Literal[1, 2]
    either: Held | str
    mappings: dict[str, int] | dict[str, str]
    renamed: str = Field(validation_alias="other")
    by_method: str = ""

    @field_validator("by_method")
    @classmethod
    def _by_method(cls, value: str) -> str:
        return value


class OfEveryField(BaseModel):
    name: str = ""

    @field_validator("*")
    @classmethod
    def _every(cls, value: str) -> str:
        return value


@pytest.mark.parametrize("name", Checked.model_fields)
def test_a_field_with_another_check_is_given_up_to_pydantic(name: str) -> None:
    assert in_doubt(table.form_of_field(Checked, name))


def test_a_check_of_every_field_gives_up_each() -> None:
    assert in_doubt(table.form_of_field(OfEveryField, "name"))


def in_doubt(form: Form) -> bool:
    return "doubt" in str(form)


def test_a_model_with_another_check_is_given_up_as_a_whole() -> None:
    class After(BaseModel):
        @model_validator(mode="after")
        def _own(self) -> After:
            return self

    class Known(BaseModel):
        _names = model_validator(mode="after")(rules.distinct_names)

    assert table.rules_of_model(After) == ((), (), False)
    assert table.rules_of_model(Known) == ((), ("distinct_names",), True)
