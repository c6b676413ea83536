"""The functionConfig: what is taken, in both of its forms, and the schema that is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from imds_guard.config import Config, ConfigError, from_pairs, read_config
from imds_guard.config.schema import json_schema
from tests.support.clients import ROOT
from tests.support.program import imds_guard

CONFIGS = sorted((ROOT / "kustomize" / "configs").glob("*.yaml"))


def guard(**spec: Any) -> dict[str, Any]:
    """A functionConfig with these fields."""
    return {"apiVersion": "imds-guard.dev/v1alpha1", "kind": "ImdsGuard", "spec": spec}


def test_the_published_schema_is_a_valid_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert imds_guard("schema").stdout.startswith(b"{")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_ready_configurations_are_valid(path: Path) -> None:
    value = yaml.safe_load(path.read_text())
    jsonschema.validate(value, json_schema())
    read_config(value)


@pytest.mark.parametrize(
    "spec",
    [
        {"egres": "any"},
        {"egress": "web "},
        {"namespaces": {"exlude": []}},
        {"exceptions": [{"workload": "a"}]},
        {"ipFamilies": []},
        {"platform": "ekss"},
        {"allow": {"ingress": [{"from": {"namespace": "a"}, "ports": [0]}]}},
    ],
)
def test_schema_and_model_refuse_alike(spec: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(guard(**spec), json_schema())
    with pytest.raises(ConfigError):
        read_config(guard(**spec))


def test_nothing_means_the_defaults() -> None:
    for value in (None, {}, guard(), guard(egress=None, dns=None), {"kind": "ConfigMap"}):
        assert read_config(value) == Config()


def test_the_configurations_name_is_the_owner() -> None:
    assert read_config({**guard(), "metadata": {"name": "mine"}}).name == "mine"
    # The name that kpt gives to arguments of its command line is nobody's.
    of_kpt = {"kind": "ConfigMap", "metadata": {"name": "function-input"}, "data": {}}
    assert read_config(of_kpt).name == "imds-guard"


def test_flat_keys_say_the_same() -> None:
    flat = {
        "egress": "any",
        "ipFamilies": "IPv4",
        "namespaces.exclude": "kube-system, lab-*",
        "dns.ports": "5353",
        "dns.podLabels": "{app: dns}",
        "allow.sameNamespace": "true",
        "allow.ingress": "[{from: {namespace: gw}, ports: [80, 53/UDP]}]",
    }
    nested = guard(
        egress="any",
        ipFamilies=["IPv4"],
        namespaces={"exclude": ["kube-system", "lab-*"]},
        dns={"ports": [5353], "podLabels": {"app": "dns"}},
        allow={
            "sameNamespace": True,
            "ingress": [
                {"from": {"namespace": "gw"}, "ports": [80, {"port": 53, "protocol": "UDP"}]}
            ],
        },
    )
    assert from_pairs(flat) == read_config(nested)


def test_pairs_come_on_top_of_a_file() -> None:
    base = read_config(
        {**guard(egress="any", dns={"to": "anywhere"}), "metadata": {"name": "mine"}}
    )
    config = from_pairs({"egress": "dns", "dns.ports": "5353"}, base=base)
    assert config.name == "mine"
    assert config.spec.egress == "dns"
    assert (config.spec.dns.to, config.spec.dns.ports) == ("anywhere", (5353,))


@pytest.mark.parametrize(
    "port,rule",
    [
        (443, (443, None, "TCP")),
        ("443", (443, None, "TCP")),
        ("53/UDP", (53, None, "UDP")),
        ("8000-8080/SCTP", (8000, 8080, "SCTP")),
        ("http-alt", ("http-alt", None, "TCP")),
        ({"port": "80", "endPort": "90"}, (80, 90, "TCP")),
    ],
)
def test_a_port_is_read_in_every_spelling(port: Any, rule: tuple[Any, ...]) -> None:
    read = read_config(guard(exceptions=[{"workload": "a", "reason": "b", "ports": [port]}]))
    (found,) = read.spec.exceptions[0].ports
    assert (found.port, found.end_port, found.protocol) == rule


@pytest.mark.parametrize(
    "port", [0, 65536, "90-80", "53/ICMP", "HTTP", "a--b", "a-name-of-16-chr", "-", "", "http/"]
)
def test_what_is_no_port_is_refused(port: Any) -> None:
    with pytest.raises(ConfigError):
        read_config(guard(exceptions=[{"workload": "a", "reason": "b", "ports": [port]}]))


@pytest.mark.parametrize(
    "written,read",
    [
        (["10.1.1.1"], [("10.1.1.1", (80, 443))]),
        ([{"address": "FD00:0::1", "ports": [8080]}], [("fd00::1", (8080,))]),
        ([{"address": "10.1.1.1"}, "fd00::1"], [("10.1.1.1", (80, 443)), ("fd00::1", (80, 443))]),
    ],
)
def test_an_endpoint_is_an_address_or_has_ports_too(written: Any, read: Any) -> None:
    config = guard(endpoints=written)
    jsonschema.validate(config, json_schema())
    assert [(one.address, one.ports) for one in read_config(config).spec.endpoints] == read


def test_endpoints_are_flat_without_ports_and_yaml_with_them() -> None:
    flat = from_pairs({"endpoints": "10.1.1.1, fd00::1"})
    assert flat == read_config(guard(endpoints=["10.1.1.1", "fd00::1"]))
    with_ports = from_pairs({"endpoints": "[{address: 10.1.1.1, ports: [8080]}]"})
    assert with_ports == read_config(guard(endpoints=[{"address": "10.1.1.1", "ports": [8080]}]))


@pytest.mark.parametrize(
    "written",
    [
        *("10.1.1.0/24", "10.1.1.1/32", "metadata.example.com", "", "::ffff:10.1.1.1"),
        *("127.0.0.1", "::1", "0.0.0.0", "::", "ff02::1", "224.0.0.1", "fe80::1%eth0"),
        {"address": "10.1.1.1", "ports": []},
        {"address": "10.1.1.1", "ports": [53]},
        {"address": "10.1.1.1", "ports": [0]},
        {"address": "10.1.1.1", "port": 80},
        {"ports": [80]},
    ],
)
def test_what_is_no_endpoint_is_refused(written: Any) -> None:
    with pytest.raises(ConfigError):
        read_config(guard(endpoints=[written]))
