"""What was built for a platform is audited by its endpoints, without being told."""

from __future__ import annotations

import pytest

from imds_guard.audit import Context
from imds_guard.guard.verify import examine
from imds_guard.platforms import CNIS, PLATFORMS
from imds_guard.resources import resources
from imds_guard.wire import read
from tests.support.applications import config, guarded, stream, workload


def measured(*built: bytes) -> tuple[Context, list[str]]:
    """The audit of what was built, and what it says of the platform."""
    context, report = examine(resources(read(b"---\n".join(built))))
    return context, [one.message for one in report.findings if one.id == "platform"]


def addresses(context: Context) -> set[str]:
    return {endpoint.address for endpoint in context.settings.endpoints}


def built(platform: str = "generic", namespace: str = "shop", **spec: object) -> bytes:
    data = stream([workload("web", namespace)])
    return guarded(data, config(platform=platform, **spec))[0]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_was_built_is_green_by_its_own_audit(platform: str) -> None:
    context, report = examine(resources(read(built(platform))))
    assert [one for one in report.findings if one.severity == "error"] == []
    assert context.settings.platform.name == platform
    said = [one.message for one in report.findings if one.id == "platform"]
    assert [one.split(",")[0] for one in said] == (
        [] if platform == "generic" else [f"measured by {platform}"]
    )


def test_it_is_measured_by_every_platform_that_is_recorded() -> None:
    context, said = measured(built("gke"), built("ack", "stock"))
    assert {"fd20:ce::254", "100.100.100.200"} <= addresses(context)
    assert "gke and ack" in said[0]


def test_one_that_records_nothing_was_built_for_generic() -> None:
    context, said = measured(built("ack"), built("generic", "stock"))
    generic, _ = measured(built("generic"))
    assert addresses(generic) < addresses(context)
    assert "ack and generic" in said[0]


def test_a_platform_that_nobody_knows_is_said_and_takes_nothing_away() -> None:
    moon = built("gke").replace(b"imds-guard.dev/platform: gke", b"imds-guard.dev/platform: moon")
    context, said = measured(moon)
    assert context.settings.platform.name == "generic"
    assert "built for moon, which this version does not know" in said[0]


def test_the_engine_is_recorded_too() -> None:
    context, said = measured(built("eks", cni="cilium", podIdentity=True))
    assert context.settings.cni is not None
    assert context.settings.cni.name == "cilium"
    assert "eks and cilium" in said[0]


def test_what_is_given_wins() -> None:
    given = config(platform="oke")
    context, report = examine(resources(read(built("gke"))), given)
    assert context.settings.platform.name == "oke"
    assert [one for one in report.findings if one.id == "platform"] == []


def test_an_engine_counts_only_where_all_record_it() -> None:
    one, _ = measured(built("eks", cni="cilium"))
    some, _ = measured(built("eks", cni="cilium"), built("eks", "stock"))
    assert [one.settings.cni, some.settings.cni] == [CNIS["cilium"], None]
