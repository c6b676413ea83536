"""The policies that everyone writes, each with a small app: who of it can reach metadata?

Most of them are about who may come in, and leave the way out open. The verdicts are thought
through from the Kubernetes API reference, with the reason beside them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from imds_guard.audit import AuditReport
from imds_guard.config import Config
from imds_guard.guard.verify import examine
from imds_guard.resources import resources
from imds_guard.wire import read

RECIPES = Path(__file__).parent / "recipes"
BLOCKED, OPEN, EXCEPTED, UNGOVERNED = "blocked", "open", "excepted", "ungoverned"

VERDICTS: dict[str, dict[str, str]] = {
    # Ingress alone: nothing is isolated for egress.
    "deny-all-to-an-app": {"archive": OPEN, "desk": OPEN},
    "limit-traffic-to-an-app": {"catalog": OPEN, "desk": OPEN},
    "allow-all-to-an-app": {"fountain": OPEN},
    "deny-non-whitelisted-in": {"mill": OPEN, "bakery": OPEN},
    "deny-from-other-namespaces": {"mill": OPEN, "bakery": OPEN},
    "allow-from-all-namespaces": {"post": OPEN},
    "allow-from-a-namespace": {"bank": OPEN, "market/till": OPEN},
    "allow-from-some-pods-of-a-namespace": {"books": OPEN, "county/inspector": OPEN},
    "allow-external-traffic": {"gate": OPEN},
    "allow-in-on-a-port": {"clock": OPEN},
    "allow-in-by-several-selectors": {"vault": OPEN, "clerk": OPEN, "guard": OPEN},
    # No rule for egress: whom the selector means is shut in, the others are not.
    "deny-egress-of-an-app": {"oracle": BLOCKED, "crier": OPEN},
    "deny-non-whitelisted-out": {"mill": BLOCKED, "bakery": BLOCKED, "harbour/ferry": OPEN},
    "deny-both-ways": {"mill": BLOCKED},
    "every-app-but-one": {"mill": BLOCKED, "well": OPEN},
    "another-namespace": {"mill": OPEN, "harbour/mill": BLOCKED},
    # Names: port 53 is DNS, at the metadata address too.
    "deny-egress-but-names": {"oracle": BLOCKED, "crier": OPEN},
    "deny-egress-but-names-anywhere": {"oracle": BLOCKED},
    # Pods: the metadata service is none.
    "deny-external-egress": {"brewery": BLOCKED, "inn": OPEN},
    "allow-out-by-several-selectors": {"kitchen": BLOCKED, "cellar": OPEN, "garden": OPEN},
    "allow-out-to-a-namespace": {"envoy": BLOCKED},
    # Addresses: 169.254.169.254 is in 0.0.0.0/0, and in no private network.
    "deny-internal-egress": {"ferry": OPEN},
    "allow-out-to-a-network": {"till": BLOCKED},
    "allow-both-ways-by-address": {"toll": BLOCKED},
    "allow-the-web-but-metadata": {"courier": BLOCKED},
    "allow-the-web-of-both-families": {"courier": OPEN},  # by fd00:ec2::254
    # Ports without `to`: 80, 443 and 8080 are the metadata service's, 5432 is not.
    "allow-out-to-a-port": {"courier": OPEN, "clerk": BLOCKED, "scribe": OPEN},
    # Every port of one network; 8000-8100 of all, which holds 8080; 30000-32767 of all.
    "allow-out-to-a-range-of-ports": {"quarry": BLOCKED, "forge": OPEN, "smelter": BLOCKED},
    # Policies only add up.
    "allow-all-egress": {"balloon": OPEN, "cart": BLOCKED},
    # Types: egress rules without policyTypes isolate, an empty list does not; rules of a type
    # that policyTypes leaves out have no effect.
    "egress-rules-without-types": {"mason": BLOCKED, "roofer": OPEN},
    "types-without-the-rules": {"mason": OPEN, "roofer": BLOCKED},
    # Exceptions, and what no policy governs.
    "one-may-reach-metadata": {"surveyor": EXCEPTED, "warden": EXCEPTED, "lamp": BLOCKED},
    "on-the-host": {"sexton": UNGOVERNED, "choir": BLOCKED},
}


def audit(recipe: str) -> AuditReport:
    """The audit of a recipe."""
    data = (RECIPES / f"{recipe}.yaml").read_bytes()
    return examine(resources(read(data)), Config())[1]


def test_every_recipe_has_its_verdicts() -> None:
    assert sorted(VERDICTS) == sorted(path.stem for path in RECIPES.glob("*.yaml"))


@pytest.mark.parametrize("recipe", VERDICTS)
def test_a_recipe_has_the_verdicts_that_are_thought_through(recipe: str) -> None:
    found = {str(one.subject).removeprefix("town/"): one.state for one in audit(recipe).verdicts}
    assert found == VERDICTS[recipe]


@pytest.mark.parametrize("recipe", VERDICTS)
def test_what_is_open_is_also_a_finding(recipe: str) -> None:
    report = audit(recipe)
    is_found = any(one.id in ("IG001", "IG002") for one in report.findings)
    assert is_found == any(one.state == OPEN for one in report.verdicts)
