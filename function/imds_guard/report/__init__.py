"""What an audit is shown as, for people and for programs: a module per format.

A format is a module with `render(Summary) -> str`, and its line in FORMATS: the command line has
its choices, its help and its errors from there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imds_guard.report.summary import Summary

View = Literal["audit", "explain", "traffic"]
"""What is shown of an audit. All but the audit itself are asked for by an option of their name."""


class Format(NamedTuple):
    """One view in one format; the module is loaded only when it is to render something."""

    view: View
    name: str
    module: str
    purpose: str

    def render(self, summary: Summary) -> str:
        """The view as text."""
        text: str = import_module(f"{__name__}.{self.module}").render(summary)
        return text


FORMATS = (
    Format("audit", "table", "table", "for people"),
    Format("audit", "json", "json", "for programs"),
    Format("audit", "sarif", "sarif", "for code scanning"),
    Format("audit", "markdown", "markdown", "for pull requests"),
    Format("audit", "junit", "junit", "for test reports"),
    Format("audit", "github", "github", "for lines of a pull request on GitHub"),
    Format("explain", "table", "explain_table", "for people"),
    Format("explain", "json", "explain_json", "for programs"),
    Format("traffic", "table", "traffic_table", "for people"),
    Format("traffic", "json", "traffic_json", "for programs"),
    Format("traffic", "mermaid", "traffic_mermaid", "for those who would rather look"),
    Format("traffic", "dot", "traffic_dot", "for those who would rather look"),
)
"""Every format there is, the default first."""

_NUMBERS = ("none", "one", "two", "three", "four", "five", "six")


class FormatError(ValueError):
    """What was asked for does not go together. The message says what does."""


def names(view: View | None = None) -> tuple[str, ...]:
    """The names of a view's formats; or of all formats, those of the audit first."""
    if view is None:
        return tuple(dict.fromkeys((*names("audit"), *(form.name for form in FORMATS))))
    return tuple(form.name for form in FORMATS if form.view == view)


def purposes() -> str:
    """What the formats are for, in a sentence that goes through `names()`."""
    own = names("audit")
    texts = [form.purpose for form in FORMATS if form.view == "audit"]
    others = [form for form in FORMATS if form.name not in own]
    if others:
        options = " and ".join(dict.fromkeys(_option(form.view) for form in others))
        purpose = " and ".join(dict.fromkeys(form.purpose for form in others))
        number = _NUMBERS[len(names()) - len(own)]
        texts.append(f"and the last {number}, of {options}, {purpose}")
    sentence = ", ".join(texts)
    return sentence[:1].upper() + sentence[1:]


def chosen(name: str, views: Iterable[View] = ()) -> Format:
    """The format of that name of the view that is asked for, or else of the audit itself.

    Raises FormatError where two views are asked for, or the view has no such format.
    """
    asked = tuple(views)
    if len(asked) > 1:
        options = " and ".join(map(_option, asked[:2]))
        raise FormatError(f"{options} are two things to show; take one")
    view = asked[0] if asked else "audit"
    for form in FORMATS:
        if (form.view, form.name) == (view, name):
            return form
    if asked:
        raise FormatError(f"{_option(view)} has no format {name}; it has {_listed(names(view))}")
    options = " and ".join(_option(form.view) for form in FORMATS if form.name == name)
    raise FormatError(f"{name} is a format of {options} alone")


def _option(view: View) -> str:
    return f"--{view}"


def _listed(names: tuple[str, ...]) -> str:
    """table and json; table, json, dot"""
    return (" and " if len(names) == 2 else ", ").join(names)
