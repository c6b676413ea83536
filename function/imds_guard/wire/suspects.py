"""Where a cut of YAML by its lines may be wrong.

In block style a line belongs to the collection whose column it reaches. Only what is open at the
end of its line breaks that rule: a quoted scalar, a flow collection, or what may hold one, an
anchor, a tag and a complex key before it. All of these start where a value or a key may start:

    start = a line's start, or behind '- ', '? ' or ': ', spaces aside

so that it is enough to look at every character that opens one of them and stands there. The text
from it on is certain where it is one of

    quoted  = '"' (no quote, backslash or break | backslash and any character)* '"'
            | "'" (no quote or break | "''")* "'"
    flow    = '[' (entry (',' entry)* ','?)? ']' | '{' (entry (',' entry)* ','?)? '}'
    entry   = value? (':' value?)?     the ':' with a space behind it, or behind a quoted value
    value   = quoted | flow | words of [A-Za-z0-9_./@+=~$-] and what is not ASCII, ':' inside them
    header  = ('|' | '>') with an indentation from 1 to 9 and '+' or '-', in any order

and nothing follows on its line but a comment, or, behind a quoted one, ': ' (it is a key). Quotes
are no part of a word in a flow collection, so none can hide there. Everything else is a suspect:
the span around it is read by the full parser, or, where a suspect reaches beyond it, the whole.
Block and plain scalars may go on below, but only on lines that are deeper than what holds them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE_END = rb"[ ]*(?:\r?$|[ ]\#)"
# A value or a key that may go on behind the end of its line; flow collections aside.
_OPENING = re.compile(
    rb"""
      "(?! [^"\\\n]* (?:\\[^\n][^"\\\n]*)* " (?:%(end)s | :[ \r\n]) )
    | '(?! [^'\n]* (?:''[^'\n]*)* ' (?:%(end)s | :[ \r\n]) )
    | [|>](?! (?:[-+][1-9]?|[1-9][-+]?)? %(end)s )
    | [&*!%%@`\t] | \?(?:[ \n\r]|\Z)
    """
    % {b"end": _LINE_END},
    re.VERBOSE | re.MULTILINE,
)
_MARKS = b"\"'&*!%@`|>?\t"
_BRACES = b"{["
# Nearly every quote is closed at the end of its line, so that these are left out at once.
_CLOSED = {
    ord('"'): rb"(?![^\"\\\n]*\"[ ]*\r?$)",
    ord("'"): rb"(?![^'\n]*'[ ]*\r?$)",
    ord("{"): rb"(?!\}[ ]*\r?$)",
    ord("["): rb"(?!\][ ]*\r?$)",
}
_DEEP = b"\n" + b" " * 200  # MAX_DEPTH levels of one space, or more
_DASHES = b"- " * 20
_MOST_BRACES = 20

_WORD = rb"[A-Za-z0-9_./@+=~$\x80-\xff-]"
# One value of a flow collection, or what stands between two, and the spaces before it.
_FLOW_TOKEN = re.compile(
    rb"""[ ]*(?:
      (?P<quoted> "[^"\\\n]*(?:\\[^\n][^"\\\n]*)*" | '[^'\n]*(?:''[^'\n]*)*' )
    | (?P<word> (?!-[ ,\]}]) %(word)s+ (?: :%(word)s+ | [ ]+%(word)s+ )* )
    | (?P<colon> : ) | (?P<comma> , ) | (?P<open> [\[{] ) | (?P<close> [\]}] )
    )"""
    % {b"word": _WORD},
    re.VERBOSE,
)
_FLOW_END = re.compile(_LINE_END, re.MULTILINE)


def suspects(data: bytes) -> list[int]:
    """Offsets at which a value starts that may run over the end of its line, in order."""
    found = []
    for mark in _MARKS:
        if mark in data:
            starts = (one.start() for one in _mark(mark).finditer(data))
            found += [at for at in starts if _OPENING.match(data, at) and _is_first(data, at)]
    found += _flows(data)
    for pattern in (_DEEP, _DASHES):
        at = data.find(pattern)
        while at >= 0:
            found.append(at)
            at = data.find(pattern, at + len(pattern))
    return sorted(found)


def _flows(data: bytes) -> Iterator[int]:
    """Where flow collections start that may go on below their line, in order."""
    starts = (one.start() for mark in _BRACES for one in _mark(mark).finditer(data))
    end = 0
    for at in sorted(starts):
        if at >= end and _is_first(data, at):
            found = _flow_end(data, at)
            if found is None:
                yield at
            end = found or end


@lru_cache(maxsize=len(_MARKS) + len(_BRACES))
def _mark(mark: int) -> re.Pattern[bytes]:
    """A byte that may open a value, by itself and the byte before it.

    One pattern for each of them: what starts with one known byte is found fastest.
    """
    opening = re.escape(bytes([mark])) + rb"(?<![^ \n\xbf:?-].)" + _CLOSED.get(mark, b"")
    return re.compile(opening, re.MULTILINE)


def _is_first(data: bytes, at: int) -> bool:
    """Whether a value or a key may start here.

    It stands at the start of a line or of the text (0xBF ends a byte order mark), or behind a
    colon, a dash or a question mark.
    """
    before = at - 1
    while before >= 0 and data[before] == 0x20:
        before -= 1
    if before < 0:
        return True
    if data[before] in b":?-":
        return before < at - 1 or data[at] == 0x09
    return data[before] in b"\n\xbf"


def _flow_end(data: bytes, at: int) -> int | None:
    """The end of the flow collection that starts here; None where it may be on another line."""
    closing = bytearray()
    last = "open"
    while True:
        token = _FLOW_TOKEN.match(data, at)
        if token is None or token.lastgroup is None:
            return None
        kind, at = token.lastgroup, token.end()
        if kind == "open":
            if closing and last not in ("open", "comma", "colon"):
                return None
            closing.append(0x5D if data[at - 1] == 0x5B else 0x7D)
            if len(closing) > _MOST_BRACES:
                return None
        elif kind == "close":
            if closing.pop() != data[at - 1]:
                return None
            if not closing:
                return at if _FLOW_END.match(data, at) else None
        elif kind == "colon":
            if last not in ("quoted", "word") or (last == "word" and data[at : at + 1] != b" "):
                return None
        elif kind == "comma":
            if last in ("open", "comma"):
                return None
        elif last not in ("open", "comma", "colon"):
            return None
        last = kind
