"""What each finding means, from the docstrings of audit/: for SARIF, and as docs/findings.md.

`python -m imds_guard.report.rule_docs` writes that page.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from imds_guard.audit import CHECKS

if TYPE_CHECKING:
    from types import ModuleType

_FIRST_LINE = re.compile(r"IG\d+[\w -]*[:,] ")


class Finding(NamedTuple):
    """One kind of finding: its id, a name, what it is in a sentence, and all that there is to say.

    `title` begins in lower case and has no full stop; `paragraphs` are in Markdown, each on a line.
    """

    id: str
    name: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The title as a sentence."""
        return f"{self.title[:1].upper()}{self.title[1:]}."

    @property
    def text(self) -> str:
        """All of it, as Markdown."""
        return "\n\n".join((self.sentence, *self.paragraphs))


@cache
def known_findings() -> dict[str, Finding]:
    """Every finding of the audit, by id. What several modules find makes one finding."""
    found: dict[str, Finding] = {}
    for one in map(_finding, CHECKS):
        if known := found.get(one.id):
            paragraphs = (*known.paragraphs, f"**{one.sentence}**", *one.paragraphs)
            one = known._replace(paragraphs=paragraphs)
        found[one.id] = one
    return found


def _finding(module: ModuleType) -> Finding:
    """The module's docstring: a line with the id, the explanation, when it fires and when not."""
    first, *rest = (module.__doc__ or "").strip().split("\n\n")
    title = _FIRST_LINE.sub("", " ".join(first.split()), count=1).rstrip(".")
    name = module.__name__.rpartition(".")[2].partition("_")[2].replace("_", "-")
    paragraphs = [" ".join(paragraph.split()) for paragraph in rest]
    texts = tuple(part for paragraph in paragraphs for part in _cases(paragraph))
    return Finding(str(module.ID), name, title, texts)


def _cases(paragraph: str) -> list[str]:
    """The paragraph that begins with `Fires:` in two: what is found, and what is not."""
    if not paragraph.startswith("Fires: "):
        return [paragraph]
    found, _, not_found = paragraph.removeprefix("Fires: ").partition(" Does not: ")
    return [f"**Found:** {found}", *([f"**Not found:** {not_found}"] if not_found else [])]


def as_markdown() -> str:
    """The page docs/findings.md."""
    found = known_findings().values()
    parts = [
        "# Findings",
        "What `imds-guard audit` finds, and what fails a build with imds-guard in it. This page is "
        "made from the code: `python -m imds_guard.report.rule_docs > docs/findings.md`.",
        "\n".join(
            ["| Id | Finding |", "| --- | --- |"]
            + [f"| [{one.id}](#{one.id.lower()}-{one.name}) | {one.sentence} |" for one in found]
        ),
        *(f"## {one.id} {one.name}\n\n{one.text}" for one in found),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_markdown())
