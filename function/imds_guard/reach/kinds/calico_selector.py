"""Calico's selectors: expressions over labels, such as `app == 'web' && has(tier)`.

Calico reference, NetworkPolicy, Selectors. An expression that this grammar does not know may
select anything.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from imds_guard.reach.match import Match
from imds_guard.reach.selectors import has, is_in, negated

if TYPE_CHECKING:
    from collections.abc import Callable

    from imds_guard.resources.labels import Labels

Test = "Callable[[Labels], Match]"

_TOKEN = re.compile(
    r"\s*(?:(?P<op>&&|\|\||==|!=|[!(){},])|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<word>[A-Za-z0-9_./-]+))"
)
_OF_TEXT = {
    "contains": lambda value, text: text in value,
    "starts with": str.startswith,
    "ends with": str.endswith,
}


def selected(selector: str, labels: Labels) -> Match:
    """Whether a selector selects what has these labels; an empty one selects all."""
    test = _parsed(selector)
    return Match.UNKNOWN if test is None else test(labels)


def demanded_by(selector: str) -> dict[str, str]:
    """The labels that plain terms joined by && ask for; none where the selector is another."""
    found = {}
    for term in selector.split("&&"):
        equals = re.fullmatch(r"\s*([A-Za-z0-9_./-]+)\s*==\s*['\"]([^'\"]*)['\"]\s*", term)
        if equals and not equals[1].startswith("projectcalico.org/"):
            found[equals[1]] = equals[2]
    return {} if "||" in selector or "!" in selector else found


class _NotKnown(Exception):
    """The expression is none that the grammar knows."""


@lru_cache(maxsize=1024)
def _parsed(selector: str) -> Callable[[Labels], Match] | None:
    try:
        return _Parser(selector).expression()
    except _NotKnown:
        return None


class _Parser:
    """expression = term {|| term}; term = factor {&& factor}; factor = [!] (call | comparison)."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        text = text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise _NotKnown
            kind = str(found.lastgroup)
            self.tokens.append((kind, found[kind]))
            at = found.end()
        self.at = 0

    def expression(self) -> Callable[[Labels], Match]:
        """The whole text."""
        if not self.tokens:
            return lambda _: Match.YES
        test = self._either()
        if self.at != len(self.tokens):
            raise _NotKnown
        return test

    def _either(self) -> Callable[[Labels], Match]:
        tests = [self._all()]
        while self._takes("||"):
            tests.append(self._all())
        return lambda labels: max(test(labels) for test in tests)

    def _all(self) -> Callable[[Labels], Match]:
        tests = [self._one()]
        while self._takes("&&"):
            tests.append(self._one())
        return lambda labels: min(test(labels) for test in tests)

    def _one(self) -> Callable[[Labels], Match]:
        if self._takes("!"):
            test = self._one()
            return lambda labels: negated(test(labels))
        if self._takes("("):
            test = self._either()
            self._needs(")")
            return test
        word = self._token("word")
        if word in ("all", "global") and self._takes("("):
            self._needs(")")
            # What is global has no namespace; pods have one.
            return lambda _: Match.YES if word == "all" else Match.NO
        if word == "has" and self._takes("("):
            key = self._token("word")
            self._needs(")")
            return lambda labels: has(labels, key)
        return self._comparison(word)

    def _comparison(self, key: str) -> Callable[[Labels], Match]:
        for operator, is_negated in (("==", False), ("!=", True)):
            if self._takes(operator):
                return _in_values(key, (self._text(),), is_negated)
        word = self._token("word")
        is_negated = word == "not"
        if is_negated:
            word = self._token("word")
        if word == "in":
            self._needs("{")
            values = [self._text()]
            while self._takes(","):
                values.append(self._text())
            self._needs("}")
            return _in_values(key, tuple(values), is_negated)
        if word in ("starts", "ends"):
            word = f"{word} {self._token('word')}"
        if is_negated or word not in _OF_TEXT:
            raise _NotKnown
        return _of_text(key, word, self._text())

    def _takes(self, operator: str) -> bool:
        is_next = self.tokens[self.at : self.at + 1] == [("op", operator)]
        self.at += is_next
        return is_next

    def _needs(self, operator: str) -> None:
        if not self._takes(operator):
            raise _NotKnown

    def _token(self, kind: str) -> str:
        if self.at == len(self.tokens) or self.tokens[self.at][0] != kind:
            raise _NotKnown
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _text(self) -> str:
        return self._token("text")[1:-1]


def _in_values(key: str, values: tuple[str, ...], is_negated: bool) -> Callable[[Labels], Match]:
    """`!=` and `not in` also select what has no such label."""

    def test(labels: Labels) -> Match:
        match = is_in(labels, key, values)
        return negated(match) if is_negated else match

    return test


def _of_text(key: str, operator: str, text: str) -> Callable[[Labels], Match]:
    def test(labels: Labels) -> Match:
        if key in labels.known:
            return Match.YES if _OF_TEXT[operator](labels.known[key], text) else Match.NO
        return min(has(labels, key), Match.MAYBE)

    return test
