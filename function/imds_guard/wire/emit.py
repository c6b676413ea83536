"""Writing new resources: block YAML without aliases, or JSON.

The plain subset that every YAML 1.1 and 1.2 reader takes the same way; whatever might be read as
anything but a string is quoted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_SAFE = re.compile(
    r"[A-Za-z_/][A-Za-z0-9_./-]*(?:(?:,? |:)[A-Za-z0-9_./-]+)*\Z"
    r"|\d+\.\d+\.\d+\.\d+/\d+\Z"  # an IPv4 CIDR is no number to any reader
)
# Words that a YAML 1.1 reader takes for a boolean or null, and numbers that begin with a letter
# or a dot.
_RESERVED = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", ".nan", ".inf", "_")
)
# Inside double quotes a line separator would be folded, and a control character refused.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


Written = dict[tuple[int, str], "tuple[Any, list[str]]"]
"""Lists that have been written, by their identity and indentation, with their lines."""


def block_lines(value: Any, column: int = 0, written: Written | None = None) -> list[str]:
    """`value` (a mapping or a list, not empty) as lines of block YAML.

    The lines after the first are indented by `column` spaces; the first stands where its text is
    put, behind a dash or at the start of a line. Lists that several values share are written once,
    where those calls share `written` too.
    """
    lines: list[str] = []
    _write(value, " " * column, lines, {} if written is None else written)
    lines[0] = lines[0][column:]
    return lines


def _write(value: Any, indent: str, lines: list[str], written: Written) -> None:
    if isinstance(value, dict):
        for key, held in value.items():
            if type(held) is str:
                lines.append(f"{indent}{_text(key)}: {_text(held)}")
            elif isinstance(held, dict) and held:
                lines.append(f"{indent}{_text(key)}:")
                _write(held, indent + "  ", lines, written)
            elif isinstance(held, list) and held:
                lines.append(f"{indent}{_text(key)}:")
                known = written.get((id(held), indent))
                if known is None:
                    first = len(lines)
                    _write(held, indent, lines, written)
                    written[id(held), indent] = held, lines[first:]
                else:
                    lines += known[1]
            else:
                lines.append(f"{indent}{_text(key)}: {scalar(held)}")
        return
    for held in value:
        if isinstance(held, (dict, list)) and held:
            first = len(lines)
            _write(held, indent + "  ", lines, written)
            lines[first] = f"{indent}- {lines[first][len(indent) + 2 :]}"
        else:
            lines.append(f"{indent}- {scalar(held)}")


def scalar(value: Any) -> str:
    """A scalar, or an empty collection, on one line."""
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return "{}" if isinstance(value, dict) else "[]"


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    if _SAFE.match(value) and value.lower() not in _RESERVED:
        return value
    return quoted(value)


def quoted(text: str) -> str:
    """A double-quoted string, the same in JSON and YAML."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    import json

    return _UNPRINTABLE.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False)
    )


def json_lines(value: Any, column: int | None) -> list[str]:
    """`value` as JSON: on one line, or with two-space steps indented by `column` spaces."""
    import json

    if column is None:
        return [json.dumps(value, ensure_ascii=False)]
    text = json.dumps(value, ensure_ascii=False, indent=2)
    first, *rest = text.split("\n")
    return [first, *(" " * column + line for line in rest)]
