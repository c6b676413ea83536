"""The image by itself, under the limits that orchestrators put on functions."""

from __future__ import annotations

import json

import pytest

from tests.support import clients
from tests.support.packages import APP, base_set, imds_guard, names, policies

# What kustomize and kpt ask of the engine, and what a careful person adds.
LIMITS = ("--network", "none", "--read-only", "--cap-drop", "ALL")
NO_MORE_PRIVILEGES = ("--security-opt", "no-new-privileges")


def run(image: str, *args: str, user: str = "", stdin: str = "") -> clients.Completed:
    """Runs the image with these arguments of its program."""
    flags = (*LIMITS, *NO_MORE_PRIVILEGES, *(("--user", user) if user else ()))
    return clients.engine().run("run", "--rm", "--interactive", *flags, image, *args, stdin=stdin)


@pytest.mark.parametrize("user", ["", "nobody", "12345:54321", "0:0"])
def test_gives_what_the_program_gives(user: str, image: str) -> None:
    done = run(image, user=user, stdin=APP).ok()
    assert names(policies(done.stdout)) == base_set()
    program = imds_guard().run(stdin=APP).ok()
    assert (done.stdout, done.stderr) == (program.stdout, program.stderr)


def test_status_and_stderr_come_through(image: str) -> None:
    done = run(image, "--set", "egress=none", stdin=APP)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "'none' is not one of dns, web, any" in done.stderr


def test_the_image_shows_the_help(image: str) -> None:
    assert run(image, "--help").ok().text.startswith("Usage: imds-guard [OPTIONS]")


def test_runs_as_nobody_in_particular(image: str) -> None:
    shown = clients.engine().run("image", "inspect", "--format", "{{json .Config}}", image).ok()
    config = json.loads(shown.text)
    assert config["User"] not in ("", "0", "root", "0:0")
    assert not config.get("ExposedPorts")
    assert not config.get("Volumes")


def test_holds_the_bill_of_materials(image: str) -> None:
    python = ("--entrypoint", "/opt/imds-guard/bin/python3")
    code = "print(open('/usr/share/imds-guard/sbom.cdx.json').read())"
    shown = clients.engine().run("run", "--rm", *LIMITS, *python, image, "-I", "-c", code).ok()
    assert json.loads(shown.text)["bomFormat"] == "CycloneDX"
