"""The platform data as a table, as JSON and as a page: nothing of it is missing."""

from __future__ import annotations

import json

import pytest

from imds_guard.config import ConfigError
from imds_guard.platforms import (
    CNIS,
    PLATFORMS,
    PROVIDERS,
    Platform,
)
from imds_guard.report.platforms import WIDTH, as_json, as_markdown, table
from tests.support.clients import ROOT
from tests.support.platform_facts import blocked, needed

DOCS = ROOT / "docs"
each_platform = pytest.mark.parametrize("platform", PLATFORMS.values(), ids=lambda one: one.name)


@each_platform
def test_the_detail_shows_every_fact(platform: Platform) -> None:
    text = table(platform.name)
    assert max(map(len, text.splitlines())) <= WIDTH
    flat = " ".join(text.split())
    for address in blocked(platform) | {address for address, _ in needed(platform)}:
        assert address in flat
    for caveat in platform.caveats:
        assert caveat in flat
    for source in (*platform.dns.sources, *platform.sources):
        assert source.title in flat


def test_the_list_has_every_platform() -> None:
    lines = table().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert [line.split()[0] for line in lines if line[:1].islower()][: len(PLATFORMS)] == list(
        PLATFORMS
    )


def test_json_holds_all_of_the_data() -> None:
    data = json.loads(as_json())
    assert [one["name"] for one in data["platforms"]] == list(PLATFORMS)
    assert [one["name"] for one in data["providers"]] == list(PROVIDERS)
    assert [one["name"] for one in data["cnis"]] == list(CNIS)
    gke = json.loads(as_json("gke"))
    assert gke == data["platforms"][list(PLATFORMS).index("gke")]
    assert gke["dns"]["podLabels"] == {"k8s-app": ["kube-dns", "node-local-dns"]}
    assert gke["identity"]["endpoints"][0]["address"] == "169.254.169.252"
    assert gke["providers"][0]["endpoints"][0]["source"]["confidence"] == "high"


@pytest.mark.parametrize("show", [table, as_json])
def test_an_unknown_platform_gets_the_nearest_known_one(show: object) -> None:
    assert callable(show)
    with pytest.raises(ConfigError, match="unknown platform 'gkee'; did you mean gke"):
        show("gkee")


def test_the_page_is_current() -> None:
    """After a change: python -m imds_guard.report.platforms > docs/platforms.md"""
    assert (DOCS / "platforms.md").read_text(encoding="utf-8") == as_markdown()
