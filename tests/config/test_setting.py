"""Settings that a finding proposes: in words, and put into a configuration."""

from __future__ import annotations

from typing import Any

import pytest

from imds_guard.config.setting import Remedy, Setting, applied, in_words

INFER: Remedy = (Setting("allow.infer", ["services", "references"]),)
ENTRY: Remedy = (Setting("allow.ingress", [{"from": {"podLabels": {}}}]),)
BOTH: Remedy = (*ENTRY, Setting("allow.egress", [{"to": {"podLabels": {}}}]))
IDENTITY: Remedy = (Setting("platform", "gke"), Setting("podIdentity", value=True))


@pytest.mark.parametrize(
    "remedies, others, words",
    [
        ([INFER], [], "add services and references to allow.infer"),
        (
            [INFER, ENTRY],
            [],
            "add services and references to allow.infer, or an entry to allow.ingress",
        ),
        ([BOTH], [], "add entries to allow.ingress and allow.egress"),
        ([IDENTITY], ["do without"], "set platform to gke and podIdentity to true, or do without"),
        ([INFER, IDENTITY[1:]], [], f"{in_words([INFER])}, or set podIdentity to true"),
        ([], [], ""),
    ],
)
def test_remedies_are_said_as_alternatives(
    remedies: list[Remedy], others: list[str], words: str
) -> None:
    assert in_words(remedies, *others) == words


@pytest.mark.parametrize(
    "before, remedy, after",
    [
        ({}, INFER, {"allow": {"infer": ["services", "references"]}}),
        (
            {"egress": "dns", "allow": {"infer": ["references"], "sameNamespace": True}},
            INFER,
            {
                "egress": "dns",
                "allow": {"infer": ["references", "services"], "sameNamespace": True},
            },
        ),
        ({"podIdentity": False}, IDENTITY, {"podIdentity": True, "platform": "gke"}),
        ({"allow": None}, ENTRY, {"allow": {"ingress": [{"from": {"podLabels": {}}}]}}),
    ],
)
def test_a_remedy_is_added_to_what_is_configured(
    before: dict[str, Any], remedy: Remedy, after: dict[str, Any]
) -> None:
    written = repr(before)
    assert applied(before, remedy) == after
    assert repr(before) == written
