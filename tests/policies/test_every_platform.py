"""Every platform in every configuration: the policies are valid, and they open what they should.

Nothing of a platform's data is repeated here; what the policies let through is asked of reach/.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest

from imds_guard.config import read_config
from imds_guard.platforms import CNIS, PLATFORMS
from imds_guard.policies import Target, target_manifests
from imds_guard.reach.addresses import network
from imds_guard.reach.network_policies import Reach
from imds_guard.reach.pod import pod
from imds_guard.settings import Settings, settings_of
from tests.support.reach import reach_of, to_address, to_pod, views
from tests.support.validity import violations

FAMILIES = (("IPv4", "IPv6"), ("IPv4",), ("IPv6",))
TARGETS = {
    "namespace": Target("shop", {}),
    "workload": Target("shop", {"matchLabels": {"a": "b"}}, "w"),
}
CONFIGURATIONS = list(
    product(("dns", "web", "any"), ("link-local", "endpoints"), FAMILIES, TARGETS, (False, True))
)
LINK_LOCAL = [network(f"169.254.{a}.{b}") for a in range(0, 256, 3) for b in (0, 10, 123, 254)]
LINK_LOCAL += [network("fe80::1"), network("fe80::a9fe:a9fe"), network("febf::ffff")]


@cache
def resolved(
    platform: str, cni: str, egress: str, block: str, families: tuple[str, ...], identity: bool
) -> Settings:
    """The settings of a configuration."""
    spec = {
        "platform": platform,
        "cni": cni,
        "egress": egress,
        "block": block,
        "ipFamilies": list(families),
        "podIdentity": identity,
    }
    api = {"apiVersion": "imds-guard.dev/v1alpha1", "kind": "ImdsGuard"}
    return settings_of(read_config({**api, "spec": spec}))


def reach_of_pod(manifests: list[dict[str, Any]]) -> Reach:
    """What the policies let a pod of the namespace reach."""
    return reach_of(views(manifests), "shop", {"a": "b"})


@pytest.mark.parametrize("cni", ["", *CNIS])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_policies_open_dns_and_identity_and_shut_metadata(platform: str, cni: str) -> None:
    for egress, block, families, scope, identity in CONFIGURATIONS:
        found = resolved(platform, cni, egress, block, families, identity)
        manifests = list(target_manifests(found, TARGETS[scope]))
        ours = [one for one in manifests if one["kind"] == "NetworkPolicy"]
        assert [fault for one in ours for fault in violations(one)] == []

        reach = reach_of_pod(ours)
        assert reach.isolated
        meant = identity_openings(found)
        by_host = {one["metadata"]["name"] for one in manifests if one not in ours}
        endpoints_are_shut(found, reach, meant)
        names_resolve(found, reach)
        if "w-allow-pod-identity" not in by_host and "allow-pod-identity" not in by_host:
            assert all(to_address(reach, network(a), "TCP", port) for a, port in meant)
        if block == "link-local":
            link_local_is_shut(found, reach, meant)


def identity_openings(found: Settings) -> set[tuple[str, int]]:
    """Address and port of the identity agent, where it is let through."""
    endpoints = found.identity.endpoints if found.identity else ()
    return {
        (one.address, port)
        for one in endpoints
        for port in one.ports
        if network(one.address).version in found.ip_versions
    }


def endpoints_are_shut(found: Settings, reach: Reach, meant: set[tuple[str, int]]) -> None:
    """No endpoint of metadata is in reach, but for the identity agent's."""
    for endpoint in found.endpoints:
        for port in endpoint.ports:
            is_open = to_address(reach, network(endpoint.address), "TCP", port)
            assert is_open == ((endpoint.address, port) in meant)


def names_resolve(found: Settings, reach: Reach) -> None:
    """Cluster DNS is in reach, over UDP and TCP."""
    dns = found.dns
    if dns.to == "cluster":
        labels = {key: values[0] for key, values in dns.pod_labels}
        for port in dns.ports:
            assert to_pod(reach, pod(dns.namespace, labels), "UDP", port)
            assert to_pod(reach, pod(dns.namespace, labels), "TCP", port)
    for address in map(network, dns.addresses):
        if address.version in found.ip_versions:
            assert to_address(reach, address, "UDP", 53)
            assert to_address(reach, address, "TCP", 53)


def link_local_is_shut(found: Settings, reach: Reach, meant: set[tuple[str, int]]) -> None:
    """No link-local address is in reach, but for resolvers and the identity agent."""
    resolvers = {str(network(one)[0]) for one in found.dns.addresses}
    for address in LINK_LOCAL:
        text = str(address[0])
        for port in (80, 443, 988, 8080):
            assert not to_address(reach, address, "TCP", port) or (text, port) in meant
        if found.dns.to == "cluster" and text not in resolvers:
            assert not to_address(reach, address, "UDP", 53)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_neighbours_are_never_excepted_on_their_own(platform: str) -> None:
    for block in ("link-local", "endpoints"):
        found = resolved(platform, "", "any", block, ("IPv4", "IPv6"), False)
        endpoints = {one.address for one in found.endpoints}
        for neighbour in PLATFORMS[platform].neighbours:
            if neighbour.address not in endpoints:
                assert str(network(neighbour.address)) not in found.blocked
