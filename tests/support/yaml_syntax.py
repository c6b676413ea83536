"""What a YAML text is written with, beyond what it says."""

from __future__ import annotations

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def aliases_or_anchors(text: str) -> list[str]:
    """Every anchor, alias and tag written in a YAML text, `line N: what` each.

    Read from PyYAML's events, where a tag is set only if the text has one, `!` included.
    Raises yaml.YAMLError for a text that is not YAML.
    """
    found = []
    for event in yaml.parse(text, Loader=_LOADER):
        place = f"line {event.start_mark.line + 1 if event.start_mark else 0}"
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            found.append(f"{place}: alias *{anchor}")
        elif anchor is not None:
            found.append(f"{place}: anchor &{anchor}")
        if tag is not None:
            found.append(f"{place}: tag {tag}")
    return found
