"""Writes `parts.py` from pydantic's models: `make parts`.

A check of a model is known to the quick reader where it is a rule of `rules.py`. A field with any
other check, and a model with one, is given up to pydantic: nothing is read that pydantic might
refuse.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MinLen
from pydantic import AfterValidator, BaseModel, BeforeValidator, WithJsonSchema
from pydantic.fields import FieldInfo

from imds_guard.config import model, rules
from imds_guard.config.part import Form

_HEADER = '''\
"""The parts of a configuration, and what each field takes: made of `model.py` by `make parts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from imds_guard.config.part import NOTHING, Form, Part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal
'''

_Model = type[BaseModel]


def source() -> str:
    """The text of `parts.py`, before it is formatted."""
    return "\n\n".join([_HEADER, *map(_class, _models(model.Spec))])


def _models(last: _Model) -> list[_Model]:
    """A model and those that it holds, each after what it holds."""
    found: dict[_Model, None] = {}
    for field in last.model_fields.values():
        for held in _held(field.annotation):
            found.update(dict.fromkeys(_models(held)))
    return [*found, last]


def _held(annotation: Any) -> Iterator[_Model]:
    if _is_model(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _held(argument)


def _is_model(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel)


def _class(kind: _Model) -> str:
    lines = [f"class {kind.__name__}(Part):", f'    """{kind.__doc__}"""', ""]
    for name, field in kind.model_fields.items():
        lines.append(f"    {name}: {_type(field.annotation)}{_default(field)}")
    before, after, is_known = rules_of_model(kind)
    lines.append("")
    if before:
        lines.append(f"    BEFORE: ClassVar[tuple[str, ...]] = {before!r}")
    if after:
        lines.append(f"    AFTER: ClassVar[tuple[str, ...]] = {after!r}")
    if not is_known:
        lines.append("    QUICK: ClassVar[bool] = False")
    lines.append("    FORMS: ClassVar[Mapping[str, tuple[str, Form]]] = {")
    for name, field in kind.model_fields.items():
        form = form_of_field(kind, name)
        lines.append(f"        {field.alias or name!r}: ({name!r}, {form!r}),".replace("'", '"'))
    return "\n".join([*lines, "    }", ""])


def _type(annotation: Any) -> str:
    """The type of an attribute, as text: lists are tuples, since nobody changes them."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is list:
        return f"tuple[{_type(arguments[0])}, ...]"
    if origin is dict:
        return f"Mapping[{', '.join(map(_type, arguments))}]"
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin in (Union, UnionType):
        return " | ".join(dict.fromkeys(map(_type, arguments)))
    return "None" if annotation is NoneType else str(annotation.__name__)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        if default.model_fields_set:
            raise TypeError(f"a default with fields of its own: {default!r}")
        return f" = {type(default).__name__}()"
    if isinstance(default, dict):
        if default:
            raise TypeError(f"a default that is a mapping: {default!r}")
        return " = NOTHING"
    return f" = {tuple(default) if isinstance(default, list) else default!r}"


def rules_of_model(kind: _Model) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """The rules before and after the fields of a model, and whether there is no other check."""
    checks = kind.__pydantic_decorators__
    found: dict[str, list[str]] = {"before": [], "after": []}
    is_known = not checks.root_validators
    for check in checks.model_validators.values():
        name = _rule(check.func)
        if name is None or check.info.mode not in found:
            is_known = False
        else:
            found[check.info.mode].append(name)
    # pydantic goes through those before from the last to the first.
    return tuple(reversed(found["before"])), tuple(found["after"]), is_known


def _rule(check: Any) -> str | None:
    """The name of the rule that a check is."""
    name = getattr(check, "__name__", "")
    is_one = not name.startswith("_") and getattr(rules, name, None) is check
    return name if is_one and inspect.getmodule(check) is rules else None


def form_of_field(kind: _Model, name: str) -> Form:
    """What a field of a model may be, as the quick reader takes it."""
    field = kind.model_fields[name]
    form = _form(field.annotation, field.metadata)
    checks = kind.__pydantic_decorators__
    named = {one for check in checks.field_validators.values() for one in check.info.fields}
    named |= {one for check in checks.validators.values() for one in check.info.fields}
    is_plain = field.validation_alias in (None, field.alias) and field.discriminator is None
    if not is_plain or not named.isdisjoint((name, "*")):
        return ("doubt", form)
    return form


def _form(annotation: Any, metadata: Iterable[Any] = ()) -> Form:
    """What a value of this type may be; in doubt where something else checks it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _form(arguments[0], (*_flat(arguments[1:]), *metadata))
    checks = [one for one in _flat(metadata) if not isinstance(one, WithJsonSchema)]
    if origin in (Union, UnionType):
        held = [one for one in arguments if one is not NoneType]
        # A null never comes so far: it counts as absent.
        form = _form(held[0], checks) if len(held) == 1 else _either(held, checks)
    elif origin is Literal:
        words = all(isinstance(one, str) for one in arguments)
        form = ("word", arguments) if words and not checks else ("doubt", ("word", arguments))
    elif origin is list:
        form = _bounded("list", (_form(arguments[0]),), checks)
    elif origin is dict:
        form = _bounded("map", tuple(map(_form, arguments)), checks)
    elif _is_model(annotation):
        form = ("part", annotation.__name__)
        form = ("doubt", form) if checks else form
    elif annotation is str:
        form = _text(checks)
    elif annotation is int:
        least = next((one.ge for one in checks if isinstance(one, Ge)), None)
        most = next((one.le for one in checks if isinstance(one, Le)), None)
        form = _known(("number", least, most), checks, (Ge, Le))
    elif annotation is bool and not checks:
        form = ("flag",)
    else:
        form = ("doubt", ())
    return form


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    """What is checked, also where it is written as a Field."""
    for one in metadata:
        if isinstance(one, FieldInfo):
            yield from one.metadata
        else:
            yield one


def _known(form: Form, checks: list[Any], kinds: tuple[type[Any], ...]) -> Form:
    """The form, where each check is of these kinds and none comes twice."""
    types = [type(one) for one in checks]
    is_known = len(set(types)) == len(types) and set(types) <= set(kinds)
    return form if is_known else ("doubt", form)


def _least(checks: list[Any]) -> int:
    return next((one.min_length for one in checks if isinstance(one, MinLen)), 0)


def _bounded(word: str, held: tuple[Form, ...], checks: list[Any]) -> Form:
    return _known((word, *held, _least(checks)), checks, (MinLen,))


def _text(checks: list[Any]) -> Form:
    before = [one for one in checks if isinstance(one, BeforeValidator)]
    after = [one for one in checks if isinstance(one, AfterValidator)]
    others = [one for one in checks if not isinstance(one, BeforeValidator | AfterValidator)]
    names = [_rule(one.func) for one in reversed(before)] + [_rule(one.func) for one in after]
    form = _known(("text", tuple(names), _least(others)), others, (MinLen,))
    # A length may be asked of the text before a rule, or after it.
    return form if None not in names and not (after and others) else ("doubt", ("text", (), 0))


def _either(held: list[Any], checks: list[Any]) -> Form:
    form = ("either", *map(_form, held))
    words = [one[0] for one in form[1:]]
    # Of several mappings pydantic takes the one that fits best, and a part may also be text.
    in_doubt = checks or "doubt" in words or "part" in words or words.count("map") > 1
    return ("doubt", form) if in_doubt else form


if __name__ == "__main__":
    sys.stdout.write(source())
