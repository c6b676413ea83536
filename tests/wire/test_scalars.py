"""What Go makes of scalars and keys; tests/oracle holds the same against Go itself."""

from __future__ import annotations

from typing import Any

import pytest

from imds_guard.wire import InputError, read
from imds_guard.wire.scalars import NoValueError, Typed, json_number, key_name, plain, written


@pytest.mark.parametrize(
    "text, number",
    [
        *(("80", "80"), ("0x50", "80"), ("0X50", "80"), ("0120", "80"), ("0o120", "80")),
        *(("0b1010000", "80"), ("8_0", "80"), ("+80", "80"), ("80.0", "80"), ("8e1", "80")),
        *(("0999", "999"), ("08", "8"), ("1e3", "1000"), ("1.", "1"), (".5", "0.5"), ("-0", "0")),
        *(("-0.0", "0"), (".1_5", "0.15"), ("1e21", "1e+21"), ("1e-7", "1e-7")),
        ("12345678901234567890", "12345678901234567000"),
        ("0xffffffffffffffff", "18446744073709552000"),
    ],
)
def test_a_number_is_written_as_go_writes_it(text: str, number: str) -> None:
    found = plain(text)
    assert isinstance(found, Typed)
    assert found == number


@pytest.mark.parametrize(
    "text", ["--" + "a,b" * 200, "2" + "x" * 500, "." + "5x" * 300, "+" * 500, "1.2." * 200]
)
def test_a_long_text_that_begins_like_a_number_is_a_string(text: str) -> None:
    assert type(plain(text)) is str
    assert plain(text) == text


@pytest.mark.parametrize("text", ["1" * 500, "-" + "9" * 500, "." + "5" * 500, "0." + "1" * 500])
def test_a_number_of_so_many_digits_is_refused(text: str) -> None:
    with pytest.raises(NoValueError):
        plain(text)


@pytest.mark.parametrize("text", ["y", "Yes", "on", "TRUE", "true"])
def test_a_word_is_true(text: str) -> None:
    assert plain(text) == "true"
    assert isinstance(plain(text), Typed)


@pytest.mark.parametrize("text", ["n", "No", "off", "FALSE"])
def test_a_word_is_false(text: str) -> None:
    assert plain(text) == "false"


@pytest.mark.parametrize(
    "text",
    [
        *("oN", "yEs", "nULL", "0x", "0b2", "09a", "1.2.3", "2024-01-01", "12:30:45", "1e999"),
        *("-", "+", ".", "1__.x", "._5", "5_.", "0x1ffffffffffffffff", "-0xffffffffffffffff"),
    ],
)
def test_a_string_stays_one(text: str) -> None:
    if text == "5_.":
        assert plain(text) == "5"  # Go drops every underscore first
        return
    assert type(plain(text)) is str
    assert plain(text) == text


@pytest.mark.parametrize("text", [".nan", "-.inf", "+.Inf", "9" * 500])
def test_what_json_has_no_number_for_is_refused(text: str) -> None:
    with pytest.raises(NoValueError):
        plain(text)


@pytest.mark.parametrize(
    "text, name",
    [
        *(("0x50", "80"), ("on", "true"), ("n", "false"), ("1.5", "1.5"), ("8080", "8080")),
        *(("1e6", None), ("1.10", None), ("1234567.5", None), ("18446744073709551615", None)),
    ],
)
def test_a_key_is_text_again(text: str, name: str | None) -> None:
    assert key_name(text) == name


def test_json_has_the_same_numbers() -> None:
    assert json_number("65535.0") == "65535"
    assert json_number("1E3") == "1000"
    assert written(0.0) == "0"
    with pytest.raises(NoValueError):
        json_number("1e400")


def value_of(text: str) -> Any:
    listing = read(text.encode())
    assert listing.top is not None
    value = listing.top.entries[0].item.value()
    value.pop("kind", None)
    return value


@pytest.mark.parametrize(
    "text, value",
    [
        # What stands behind a merge key, or in front of it, is what stands there last.
        ("a: {b: 1, <<: {b: 2, c: 3}, c: 4}", {"a": {"b": "2", "c": "4"}}),
        ("a: {<<: [{b: 1}, {b: 2}], <<: {d: 3}}", {"a": {"b": "1", "d": "3"}}),
        ("a: &a {b: 1}\nc:\n  <<: *a\n  d: 2", {"a": {"b": "1"}, "c": {"b": "1", "d": "2"}}),
        ('a: {"<<": {b: 2}}', {"a": {"<<": {"b": "2"}}}),
        ("a: {!!merge <<: {b: 2}}", {"a": {"b": "2"}}),
        # Tags
        ("a: !!binary TmV0d29yaw==", {"a": "Network"}),
        ("a: !!binary |\n  TmV0\n  d29yaw==", {"a": "Network"}),
        ("a: !!str 80\nb: ! 80", {"a": "80", "b": "80"}),
        ('a: !!int "0x50"\nb: !!float 1\nc: !!bool on', {"a": "80", "b": "1", "c": "true"}),
        ("a: !!null ''", {"a": None}),
        # Keys
        ("a: {0x50: x, on: y, 1.5: z}", {"a": {"80": "x", "true": "true", "1.5": "z"}}),
        ("data:\n  80: x\n  off: z", {"data": {"80": "x", "false": "z"}}),
        ("data:\n  0x50: x", {"data": {"80": "x"}}),
        ("data:\n  10-a.conf: x\n  2024-01-01: z", {"data": {"10-a.conf": "x", "2024-01-01": "z"}}),
    ],
)
def test_a_mapping_is_what_go_makes_of_it(text: str, value: Any) -> None:
    assert value_of(f"kind: A\n{text}\n") == value


@pytest.mark.parametrize(
    "text",
    [
        *("a: !!binary /w==", "a: !!binary x", "a: !!int x", "a: !!bool 1", "a: !!null x"),
        *("a: !foo x", "a: .nan", "a: {~: x}", "a: {1e6: x}", "a: {on: x, true: x}"),
        *("a: {80: x, 0x50: x}", 'a: {80: x, "80": x}', "a: {<<: x}", "a: {<<: }"),
        *("a: &m <<\nb: {*m : {c: d}}", "a: &l [{b: c}]\nd: {<<: *l}", 'a: "\\/"'),
        "a: {18446744073709551615: x}",
    ],
)
def test_what_is_odd_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InputError) as error:
        value_of(f"kind: A\n{text}\n")
    assert error.value.place.line is not None


def test_the_quick_reader_gives_the_same_types() -> None:
    value = value_of("kind: A\na: 0x50\nb: 'on'\nc:\n  d: on\n  e: 1e3\n  f: x\ng:\n- 012\n")
    assert value == {"a": "80", "b": "on", "c": {"d": "true", "e": "1000", "f": "x"}, "g": ["10"]}
    assert isinstance(value["a"], Typed)
    assert not isinstance(value["b"], Typed)
    assert isinstance(value["c"]["e"], Typed)
