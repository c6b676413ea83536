"""What each finding means, from the docstrings of audit/: for SARIF, and as docs/findings.md.

`python -m imds_guard.report.rule_docs > docs/findings.md` writes that page.

A docstring is a line with the id, a name and what is found; paragraphs; and examples, each a line
`Found:` or `Not found:` with a caption, and below it YAML that is indented. The tests audit them.
"""

from __future__ import annotations

import re
from functools import cache
from textwrap import dedent, indent
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.audit import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_FIRST_LINE = re.compile(r"IG\d+[\w -]*[:,] ")
_EXAMPLE = re.compile(r"(Found|Not found): (.*)", re.DOTALL)


class Example(NamedTuple):
    """Manifests in which the finding is there, or is not, with what they show.

    A first line `# config: key=value ...` is the configuration; without one it is the default.
    """

    is_found: bool
    caption: str
    snippet: str

    @property
    def heading(self) -> str:
        """Which of both it is."""
        return "Found" if self.is_found else "Not found"


class Finding(NamedTuple):
    """One kind of finding: its id, a name, what it is in a sentence, and all that there is to say.

    `title` begins in lower case and has no full stop; `body` holds paragraphs in Markdown, each on
    a line, and examples.
    """

    id: str
    name: str
    title: str
    body: tuple[str | Example, ...]

    @property
    def sentence(self) -> str:
        """The title as a sentence."""
        return f"{self.title[:1].upper()}{self.title[1:]}."

    @property
    def examples(self) -> list[Example]:
        """The examples alone."""
        return [one for one in self.body if isinstance(one, Example)]

    @property
    def markdown(self) -> str:
        """All of it, as Markdown."""
        parts = (
            f"**{one.heading}:** {one.caption}\n\n```yaml\n{one.snippet}\n```"
            if isinstance(one, Example)
            else one
            for one in self.body
        )
        return "\n\n".join((self.sentence, *parts))

    @property
    def text(self) -> str:
        """All of it, as plain text."""
        parts = (
            f"{one.heading}: {one.caption}\n\n{indent(one.snippet, '    ')}"
            if isinstance(one, Example)
            else one.replace("**", "")
            for one in self.body
        )
        return "\n\n".join((self.sentence, *parts))


@cache
def known_findings() -> dict[str, Finding]:
    """Every finding of the audit, by id. What several modules find makes one finding."""
    found: dict[str, Finding] = {}
    for one in map(_finding, CHECKS):
        if known := found.get(one.id):
            one = known._replace(body=(*known.body, f"**{one.sentence}**", *one.body))
        found[one.id] = one
    return found


def _finding(module: ModuleType) -> Finding:
    """What the docstring of a module says."""
    first, *rest = (module.__doc__ or "").strip().split("\n\n")
    title = _FIRST_LINE.sub("", _on_a_line(first), count=1).rstrip(".")
    name = module.__name__.rpartition(".")[2].partition("_")[2].replace("_", "-")
    return Finding(str(module.ID), name, title, tuple(_body(rest)))


def _body(paragraphs: list[str]) -> Iterator[str | Example]:
    left = iter(paragraphs)
    for paragraph in left:
        if example := _EXAMPLE.fullmatch(paragraph):
            heading, caption = example.groups()
            yield Example(heading == "Found", _on_a_line(caption), dedent(next(left, "")).strip())
        else:
            yield _on_a_line(paragraph)


def _on_a_line(text: str) -> str:
    return " ".join(text.split())


def as_markdown() -> str:
    """The page docs/findings.md."""
    found = known_findings().values()
    parts = [
        "# Findings",
        "What `imds-guard audit` finds, and what fails a build with imds-guard in it. This page is "
        "made from the code: `python -m imds_guard.report.rule_docs > docs/findings.md`.",
        "Below each finding are manifests in which it is found, and such in which it is not. Where "
        "they hold no workload, they are about a Pod with the label `app: web` in the namespace "
        "`shop`. `# config:` says what is configured; all else is the default. The tests audit "
        "every one of them.",
        "\n".join(
            ["| Id | Finding |", "| --- | --- |"]
            + [f"| [{one.id}](#{one.id.lower()}-{one.name}) | {one.sentence} |" for one in found]
        ),
        *(f"## {one.id} {one.name}\n\n{one.markdown}" for one in found),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_markdown())
