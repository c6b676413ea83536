"""Which bytes can be YAML or JSON text at all."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder

from imds_guard.wire.errors import InputError, place_at

MAX_SIZE = 512 << 20  # bytes; the work takes up to a dozen times as much memory
_PART = 1 << 16
UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# YAML 1.1 section 5.1 (c-printable): what libyaml and go-yaml refuse to read.
_CONTROL = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r")
# Line breaks of YAML 1.1 besides LF and CRLF (NEL, LS, PS, a lone CR), and a byte order mark
# further in. Cutting by lines would miss them, so such text takes the full parser.
_ODD_BREAK = re.compile(rb"\r(?!\n)|\xc2\x85|\xe2\x80[\xa8\xa9]|(?!\A)\xef\xbb\xbf")


def check_text(data: bytes) -> None:
    """Raise InputError unless `data` is UTF-8 without control characters, and no more of it."""
    if len(data) > MAX_SIZE:
        raise InputError(f"the input is larger than {MAX_SIZE >> 20} MiB; guard it in parts")
    if data.startswith(_UTF16_OR_32):
        raise InputError("the input is UTF-16 or UTF-32; only UTF-8 is read")
    decoder = getincrementaldecoder("utf-8")()
    is_ascii = data.isascii()
    # In parts, so that it does not take as much memory again.
    for start in range(0, len(data), _PART):
        part = data[start : start + _PART]
        try:
            if not is_ascii:
                decoder.decode(part, final=start + _PART >= len(data))
        except UnicodeDecodeError:
            raise _not_utf8(data) from None
        if len(part.translate(None, _CONTROL)) != len(part):
            raise _control(data)


def _not_utf8(data: bytes) -> InputError:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        where = place_at(data, error.start)
        return InputError(f"invalid UTF-8 (byte 0x{data[error.start]:02x})", where)
    raise AssertionError("what is malformed in parts is malformed as a whole")


def _control(data: bytes) -> InputError:
    at = min(found for code in _CONTROL if (found := data.find(code)) >= 0)
    code = data[at]
    name = "a NUL byte" if code == 0 else f"the control character 0x{code:02x}"
    return InputError(f"{name} cannot stand in YAML or JSON", place_at(data, at))


# Two ends of lines of which kubectl makes one, and a byte order mark at the start of a line, which
# libyaml passes over and Go does not.
_AMBIGUOUS = re.compile(
    rb"\r\r\n|(?<=[\r\n])\xef\xbb\xbf|(?:\xc2\x85|\xe2\x80[\xa8\xa9])\xef\xbb\xbf"
)


def check_breaks(data: bytes) -> None:
    """Raise InputError where YAML's readers do not agree on where lines end or start."""
    if found := _AMBIGUOUS.search(data):
        what = (
            "a carriage return before a line's end"
            if found[0][:1] == b"\r"
            else "a byte order mark"
        )
        message = f"{what} cannot stand here: not every reader takes it the same way"
        raise InputError(message, place_at(data, found.start()))


def has_odd_breaks(data: bytes) -> bool:
    """Whether YAML sees line breaks in `data` that are neither LF nor CRLF."""
    return (b"\r" in data or not data.isascii()) and _ODD_BREAK.search(data) is not None
