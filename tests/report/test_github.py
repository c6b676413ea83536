"""The audit as workflow commands: one line each, whatever a name holds."""

from __future__ import annotations

from pathlib import Path

from tests.support.applications import stream, workload
from tests.support.shop import OPEN_LINE, audit


def said(*args: str, stdin: bytes = b"") -> str:
    return audit(*args, "--format", "github", stdin=stdin).stdout.decode()


def test_a_finding_marks_its_line(shop: Path) -> None:
    first, *_ = said("deploy").splitlines()
    properties, _, message = first.removeprefix("::error ").partition("::")
    assert properties == (
        f"title=IG001 metadata-open,file=deploy/my policies.yaml,line={OPEN_LINE},col=7"
    )
    assert message.startswith("NetworkPolicy shop/open: shop/web: policy open egress[1]")
    assert "(fix: " in message


def test_a_name_cannot_begin_a_command_of_its_own() -> None:
    hostile = workload("web")
    hostile["metadata"]["name"] = "web\n::stop-commands::now"
    text = said("-", stdin=stream([hostile]))
    lines = text.splitlines()
    assert all(line.startswith(("::error ", "::warning ")) for line in lines[:-1])
    assert "%0A" in text
