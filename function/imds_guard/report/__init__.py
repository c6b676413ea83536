"""One module per thing that is shown, for people and for programs.

A new format of the audit is a module with `render(Audited) -> str`, and its name in FORMATS.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imds_guard.report.audited import Audited

FORMATS = ("table", "json", "sarif", "markdown")
"""The formats of the audit, each the name of its module. The first is the default."""


def render(form: str, audited: Audited) -> str:
    """An audit in one of FORMATS. Only that format's module is loaded."""
    text: str = import_module(f"{__name__}.{form}").render(audited)
    return text
