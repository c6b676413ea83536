"""The function under `kubectl kustomize`, which runs legacy plugins and containers, no programs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import clients
from tests.support.packages import (
    APP,
    ENV,
    Files,
    Resource,
    base_set,
    config_map,
    imds_guard,
    imds_guard_config,
    kustomization,
    named,
    names,
    others,
    policies,
    policy,
    shipped,
    write,
)

MODES = pytest.mark.parametrize("mode", ["transformers", "generators"])
FUNCTION = ["imds-guard.yaml"]
LEGACY: Files = {"imds-guard.yaml": imds_guard_config(legacy=True)}


def kubectl(folder: Path, env: Mapping[str, str] | None = None) -> clients.Completed:
    """`kubectl kustomize` of the folder."""
    return clients.kubectl().run("kustomize", "--enable-alpha-plugins", folder, env=env)


def build(folder: Path, env: Mapping[str, str] | None = None) -> bytes:
    """A build that is the same twice."""
    built = kubectl(folder, env).ok()
    assert kubectl(folder, env).stdout == built.stdout
    return built.stdout


def assert_protects_the_application(stream: bytes, folder: Path) -> None:
    """The policies of the namespace prod besides what kubectl makes of the application alone."""
    assert names(policies(stream)) == base_set("prod")
    plain = kubectl(kustomization(folder / "plain", namespace="prod")).ok()
    assert others(stream) == others(plain.stdout)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment in which a build finds the plugin that `install-plugin` has written."""
    monkeypatch.delenv("KUSTOMIZE_PLUGIN_HOME", raising=False)
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    imds_guard().run("install-plugin", env=env).ok()
    return env


@MODES
def test_the_plugin_adds_policies(mode: str, home: dict[str, str], tmp_path: Path) -> None:
    fields: Resource = {"namespace": "prod", mode: FUNCTION}
    folder = kustomization(tmp_path / "app", LEGACY, **fields)
    assert_protects_the_application(build(folder, home), tmp_path)


@MODES
def test_the_plugin_under_kustomize_needs_no_enable_exec(
    mode: str, home: dict[str, str], tmp_path: Path
) -> None:
    fields: Resource = {"namespace": "prod", mode: FUNCTION}
    folder = kustomization(tmp_path / "app", LEGACY, **fields)
    built = clients.kustomize().run("build", "--enable-alpha-plugins", folder, env=home).ok()
    assert names(policies(built.stdout)) == base_set("prod")


def test_the_plugin_is_installed_where_the_person_keeps_plugins(tmp_path: Path) -> None:
    env = {"KUSTOMIZE_PLUGIN_HOME": str(tmp_path / "home")}
    said = imds_guard().run("install-plugin", env=env).ok()
    path = tmp_path / "home/imds-guard.dev/v1alpha1/imdsguard/ImdsGuard"
    assert said.text == f"{path}\n"
    folder = kustomization(tmp_path / "app", LEGACY, transformers=FUNCTION)
    assert names(policies(build(folder, env))) == base_set()


def test_the_plugin_of_the_checkout_works(tmp_path: Path) -> None:
    env = {**ENV, "KUSTOMIZE_PLUGIN_HOME": str(shipped("kustomize/plugin"))}
    folder = kustomization(tmp_path, LEGACY, transformers=FUNCTION)
    assert names(policies(build(folder, env))) == base_set()


def test_the_plugin_reads_manifests(home: dict[str, str], tmp_path: Path) -> None:
    """Paths are those of the kustomization, wherever kubectl is called."""
    config = imds_guard_config({"manifests": ["deploy"]}, legacy=True)
    files: Files = {"imds-guard.yaml": config, "deploy/api.yaml": named(APP, namespace="dev")}
    folder = kustomization(tmp_path / "app", files, generators=FUNCTION)
    assert names(policies(build(folder, home))) == base_set("dev")


def test_a_wrong_configuration_of_the_plugin_fails_the_build(
    home: dict[str, str], tmp_path: Path
) -> None:
    config = imds_guard_config({"egress": "none"}, legacy=True)
    folder = kustomization(tmp_path / "app", {"imds-guard.yaml": config}, transformers=FUNCTION)
    built = kubectl(folder, home)
    assert (built.returncode, built.stdout) == (1, b"")
    assert "spec.egress" in built.stderr
    assert "'none' is not one of dns, web, any" in built.stderr


def test_a_finding_of_the_plugin_fails_the_build(home: dict[str, str], tmp_path: Path) -> None:
    files: Files = {"policy.yaml": policy("default-deny-all"), **LEGACY}
    fields: Resource = {"resources": ["app.yaml", "policy.yaml"], "transformers": FUNCTION}
    built = kubectl(kustomization(tmp_path / "app", files, **fields), home)
    assert (built.returncode, built.stdout) == (1, b"")
    assert "error conflict default-deny-all: a NetworkPolicy of this name is not" in built.stderr


@MODES
def test_the_container_adds_policies(mode: str, image: str, tmp_path: Path) -> None:
    files: Files = {"imds-guard.yaml": imds_guard_config(image=image)}
    fields: Resource = {"namespace": "prod", mode: FUNCTION}
    folder = kustomization(tmp_path / "app", files, **fields)
    assert_protects_the_application(build(folder), tmp_path)


def test_the_container_takes_a_config_map(image: str, tmp_path: Path) -> None:
    files: Files = {"imds-guard.yaml": config_map({"egress": "dns"}, image=image)}
    folder = kustomization(tmp_path, files, transformers=FUNCTION)
    assert names(policies(build(folder))) == ["allow-dns-egress", "default-deny-all"]


def test_a_wrong_configuration_of_the_container_fails_the_build(image: str, tmp_path: Path) -> None:
    files: Files = {"imds-guard.yaml": imds_guard_config({"egress": "none"}, image=image)}
    built = kubectl(kustomization(tmp_path, files, transformers=FUNCTION))
    assert (built.returncode, built.stdout) == (1, b"")
    assert "'none' is not one of dns, web, any" in built.stderr


def test_the_component_works_with_the_container(image: str, tmp_path: Path) -> None:
    """The shipped one, with the image of this checkout in place of the published one."""
    shutil.copytree(shipped("kustomize"), tmp_path / "kustomize")
    config = imds_guard_config(image=image)
    write(tmp_path, {"kustomize/transformer-container/imds-guard.yaml": config})
    folder = kustomization(tmp_path / "app", components=["../kustomize/component-container"])
    assert names(policies(build(folder))) == base_set()
