"""The platform data is sound: every fact parses, has a source and fits the others."""

from __future__ import annotations

import ipaddress

import pytest

from imds_guard.config import from_pairs
from imds_guard.platforms import (
    CNIS,
    PLATFORMS,
    PROVIDERS,
    Cni,
    Platform,
    Provider,
    Source,
)
from tests.support.platform_facts import blocked, identities, needed

# Named by spec.platform; a name that is gone breaks configurations.
PLATFORM_NAMES = [
    "generic",
    "eks",
    "eks-auto",
    "gke",
    "gke-dataplane-v2",
    "aks",
    "oke",
    "doks",
    "ack",
    "openshift",
    "k3s",
    "rke2",
    "gardener",
    "kubespray",
    "talos",
    "linode",
    "hetzner",
]

# A resolver or an identity agent at a blocked address: these ports are opened on purpose.
SHARED_ADDRESSES = {
    ("gke", "169.254.169.254", 53),
    ("gke", "169.254.169.252", 987),
    ("gke", "169.254.169.252", 988),
    ("gke-dataplane-v2", "169.254.169.254", 53),
    ("gke-dataplane-v2", "169.254.169.254", 80),
    ("gke-dataplane-v2", "169.254.169.254", 8080),
    ("aks", "168.63.129.16", 53),
    ("oke", "169.254.169.254", 53),
    ("oke", "169.254.169.254", 123),
}

each_platform = pytest.mark.parametrize("platform", PLATFORMS.values(), ids=lambda one: one.name)
each_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda one: one.name)
each_cni = pytest.mark.parametrize("cni", CNIS.values(), ids=lambda one: one.name)


def assert_address(text: str) -> None:
    """An address in its canonical form."""
    assert str(ipaddress.ip_address(text)) == text


def assert_ports(ports: tuple[int, ...]) -> None:
    """Ports in order, each once."""
    assert ports
    assert ports == tuple(sorted(set(ports)))
    assert all(1 <= port <= 65535 for port in ports)


def assert_sources(*sources: Source) -> None:
    """Sources with a title and a confidence."""
    assert sources
    assert all(one.title and one.confidence in ("high", "medium") for one in sources)


def assert_sentences(*texts: str) -> None:
    """Texts that end with a full stop."""
    for text in texts:
        assert text.endswith("."), text
        assert "  " not in text


def test_the_platforms_are_those_of_the_configuration() -> None:
    assert list(PLATFORMS) == PLATFORM_NAMES
    assert all(from_pairs({"platform": name}).spec.platform == name for name in PLATFORMS)


def test_generic_blocks_one_ipv4_address() -> None:
    generic = PLATFORMS["generic"]
    assert generic.providers == ("aws", "gcp", "azure", "digitalocean", "oracle")
    ipv4 = {one for one in blocked(generic) if ipaddress.ip_address(one).version == 4}
    assert ipv4 == {"169.254.169.254"}
    assert generic.dns.namespace == "kube-system"
    assert generic.dns.pod_labels == (("k8s-app", ("kube-dns",)),)
    assert generic.dns.ports == (53,)
    assert generic.dns.addresses == ("169.254.20.10",)
    assert generic.dns.to == "cluster"
    assert (generic.identity, generic.cni, generic.block) == (None, "", "link-local")


@each_provider
def test_an_endpoint_is_an_address_with_ports_and_a_source(provider: Provider) -> None:
    assert PROVIDERS[provider.name] is provider
    assert provider.title
    assert provider.endpoints
    assert_sentences(*filter(None, [provider.note]))
    for endpoint in provider.endpoints:
        assert_address(endpoint.address)
        assert_ports(endpoint.ports)
        assert 53 not in endpoint.ports, "port 53 of a metadata address is DNS"
        assert_sources(endpoint.source)


@each_platform
def test_a_platform_refers_to_what_exists(platform: Platform) -> None:
    assert platform.title
    assert platform.providers
    assert len(set(platform.providers)) == len(platform.providers)
    assert set(platform.providers) <= set(PROVIDERS)
    assert platform.cni in ("", *CNIS)
    assert platform.block in ("link-local", "endpoints")
    assert platform.caveats
    assert_sentences(*platform.caveats)
    assert_sources(*platform.sources)


@each_platform
def test_dns_can_be_written_as_a_rule(platform: Platform) -> None:
    dns = platform.dns
    assert dns.namespace
    assert all(key and values for key, values in dns.pod_labels)
    assert_ports(dns.ports)
    assert dns.to in ("cluster", "anywhere")
    assert len(set(dns.addresses)) == len(dns.addresses)
    for address in dns.addresses:
        assert_address(address)
    assert_sources(*dns.sources)


@each_platform
def test_an_identity_says_what_to_open(platform: Platform) -> None:
    for identity in identities(platform):
        assert identity.name
        assert identity.title
        ways = (bool(identity.endpoints), identity.over_internet, bool(identity.api_server_ports))
        assert sum(ways) == 1
        assert not identity.cilium_host or identity.endpoints
        for endpoint in identity.endpoints:
            assert_address(endpoint.address)
            assert_ports(endpoint.ports)
            assert_sources(endpoint.source)
        for sign in identity.workload_signs:
            assert "/" in sign.key
            assert_sources(sign.source)
        assert_sentences(*filter(None, [identity.note]))
        assert_sources(*identity.sources)


@each_platform
def test_what_pods_need_is_blocked_only_where_that_is_written_down(platform: Platform) -> None:
    for one in platform.neighbours:
        assert_address(one.address)
        assert_ports((one.port,))
        assert_sources(one.source)
    shared = {
        (platform.name, address, port)
        for address, port in needed(platform)
        if address in blocked(platform)
    }
    assert shared == {one for one in SHARED_ADDRESSES if one[0] == platform.name}
    said = " ".join(platform.caveats)
    assert all(address in said for _, address, _ in shared)


@each_platform
def test_resolvers_are_neighbours(platform: Platform) -> None:
    """What is opened for DNS on the node or the link is what must not be excepted on its own."""
    at_53 = {one.address for one in platform.neighbours if one.port == 53}
    near = {one for one in platform.dns.addresses if not ipaddress.ip_address(one).is_private}
    link_local = {one for one in platform.dns.addresses if ipaddress.ip_address(one).is_link_local}
    assert near | link_local <= at_53


@each_cni
def test_an_engine_has_sources(cni: Cni) -> None:
    assert CNIS[cni.name] is cni
    assert cni.title
    assert_sentences(*cni.caveats)
    assert_sources(*cni.sources)


def test_an_engine_that_differs_says_how() -> None:
    usual = CNIS["calico"]
    for cni in CNIS.values():
        if cni[2:7] != usual[2:7]:
            assert cni.caveats
