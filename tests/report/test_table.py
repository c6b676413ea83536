"""The audit as a table for a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.support.packages import write
from tests.support.shop import AGENT, OPEN, OPEN_BLOCK, OPEN_LINE, WEB, audit, guarded


def test_the_table_says_what_is_wrong_where_and_what_mends_it(shop: Path) -> None:
    write(shop, {"deploy/agent.yaml": AGENT})
    ended = audit("deploy")
    lines = ended.stdout.decode().split("\n")
    assert lines[:7] == [
        "Both workloads can reach the cloud metadata service: 1 through policies (IG001), "
        "1 on the host's",
        "network (IG003).",
        "",
        "  1  open        let through by a policy, or kept back by none",
        "  1  ungoverned  on the host's network, where no NetworkPolicy applies",
        "",
        "1 error, 1 warning.",
    ]
    text = "\n".join(lines)
    assert "IG001 metadata-open: a rule lets a workload reach the metadata service" in text
    assert f"    at      deploy/my policies.yaml:{OPEN_LINE}:" in text
    assert "    fix     add 169.254.169.254/32 to its except" in text
    assert "    Deployment shop/agent  deploy/agent.yaml:1:1" in text
    assert "  open        Deployment shop/web    169.254.169.254:80\n" in text
    assert "\x1b" not in text
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("width", [80, 100])
def test_the_table_keeps_to_its_width(
    shop: Path, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but paths, which stay whole."""
    monkeypatch.setenv("COLUMNS", str(width))
    write(shop, {"deploy/all.yaml": re.sub(r"(?s)  - to:.*", "  - {}\n", OPEN)})
    plain = audit("deploy", "-v").stdout.decode()
    assert max(map(len, plain.split("\n"))) <= width
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = audit("deploy", "-v").stdout.decode()
    assert "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.split("\n")] == plain.split("\n")


def test_the_table_of_many_is_short_and_verbose_is_not() -> None:
    many = "---\n".join(WEB.replace("name: web", f"name: web-{at:03}") for at in range(100))
    brief = audit("-", stdin=many).stdout.decode()
    assert "100 errors." in brief
    assert brief.count("web-") == 20
    assert len(re.findall(r"and\s+90\s+more", brief)) == 2
    assert audit("-", "-v", stdin=many).stdout.decode().count("web-") == 200
    calm = audit("-", stdin=guarded(many)).stdout.decode()
    assert "web-" not in calm


def test_verbose_shows_what_to_write(shop: Path) -> None:
    text = audit("deploy", "--verbose").stdout.decode()
    _, _, proposed = text.partition(f"{OPEN_BLOCK} becomes\n")
    value = yaml.safe_load(proposed.partition("\n\n")[0])
    assert value == {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}
