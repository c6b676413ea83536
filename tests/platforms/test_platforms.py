"""The platform data is sound: every fact parses, has a source and fits the others."""

from __future__ import annotations

import ipaddress
from datetime import date

import pytest

from imds_guard.config import ConfigError, from_pairs
from imds_guard.platforms import (
    ALIASES,
    CNIS,
    KUBERNETES,
    PLATFORMS,
    PROVIDERS,
    Cni,
    Platform,
    Provider,
    Source,
)
from imds_guard.settings import settings_of
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
    "microk8s",
    "gardener",
    "kubespray",
    "talos",
    "linode",
    "hetzner",
]

# The ports of the API server as a policy sees them, and the namespaces that the platform has of
# its own. What is gone from here cuts, or governs, somebody's cluster.
API_SERVER_PORTS = {
    "generic": (443, 6443),
    "eks": (443,),
    "eks-auto": (443,),
    "gke": (443,),
    "gke-dataplane-v2": (443,),
    "aks": (443,),
    "oke": (6443,),
    "doks": (443,),
    "ack": (6443,),
    "openshift": (6443,),
    "k3s": (6443,),
    "rke2": (6443,),
    "microk8s": (16443,),
    "gardener": (443,),
    "kubespray": (6443,),
    "talos": (6443,),
    "linode": (443, 6443),
    "hetzner": (6443,),
}
_AMAZON = {"amazon-cloudwatch", "amazon-guardduty", "aws-observability"}
_GOOGLE = {
    *("gke-managed-*", "gmp-system", "gmp-public", "gke-gmp-system", "gke-connect"),
    *("config-management-system", "config-management-monitoring"),
    *("cnrm-system", "configconnector-operator-system"),
}
_RANCHER = {
    *("cattle-system", "cattle-fleet-system", "cattle-fleet-local-system"),
    "cattle-impersonation-system",
}
OWN_NAMESPACES = {
    "eks": _AMAZON,
    "eks-auto": _AMAZON,
    "gke": _GOOGLE,
    "gke-dataplane-v2": _GOOGLE,
    "aks": {
        *("gatekeeper-system", "app-routing-system", "aks-command"),
        *("aks-istio-system", "aks-istio-ingress", "aks-istio-egress"),
    },
    "ack": {"arms-prom"},
    "openshift": {"openshift", "openshift-*", "kube-*"},
    "k3s": _RANCHER,
    "rke2": {"cis-operator-system", "tigera-operator", *_RANCHER},
}

# Each with a port that somebody's guide names: what a policy has to block, and the audit to ask.
ADDRESSES = {
    "aws": {"169.254.169.254": (80,), "fd00:ec2::254": (80,)},
    "aws-ecs": {"169.254.170.2": (80,)},
    "gcp": {"169.254.169.254": (80, 443, 8080), "fd20:ce::254": (80, 443, 8080)},
    "gke-metadata": {"169.254.169.252": (987, 988)},
    "azure": {"169.254.169.254": (80,)},
    "azure-wireserver": {"168.63.129.16": (80, 32526)},
    "digitalocean": {"169.254.169.254": (80,)},
    "oracle": {"169.254.169.254": (80,), "fd00:c1::a9fe:a9fe": (80,)},
    "oracle-classic": {"192.0.0.192": (80,)},
    "alibaba": {"100.100.100.200": (80,), "fd00:100::100:200": (80,)},
    "tencent": {"169.254.0.23": (80,)},
    "huawei": {"169.254.169.254": (80,)},
    "ibm": {"169.254.169.254": (80, 443)},
    "openstack": {"169.254.169.254": (80,), "fe80::a9fe:a9fe": (80,)},
    "hetzner": {"169.254.169.254": (80,), "fe80::a9fe:a9fe": (80,)},
    "linode": {"169.254.169.254": (80,), "fd00:a9fe:a9fe::1": (80,)},
    "scaleway": {"169.254.42.42": (80,), "fd00:42::42": (80,)},
    "vultr": {"169.254.169.254": (80,)},
    "exoscale": {"169.254.169.254": (80, 8080)},
    "upcloud": {"169.254.169.254": (80,)},
    "equinix": {"192.80.8.124": (80, 443)},
    "yandex": {"169.254.169.254": (80,)},
    "naver": {"169.254.169.254": (80,)},
    "outscale": {"169.254.169.254": (80,)},
    "stackit": {"169.254.169.254": (80,)},
    "brightbox": {"169.254.169.254": (80,)},
    "cloudcix": {"169.254.169.254": (80,)},
    "latitude": {"169.254.169.254": (80,)},
    "volcengine": {"100.96.0.96": (80,)},
    "ucloud": {"100.80.80.80": (80,)},
    "nebius": {"169.254.169.254": (80,)},
    "nwcs": {"169.254.169.254": (80,)},
    "opennebula": {"169.254.16.9": (5030,)},
    "cloudstack": {},
}

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
    found = {endpoint.address: endpoint.ports for endpoint in provider.endpoints}
    assert found == ADDRESSES[provider.name]
    assert_sentences(*filter(None, [provider.note]))
    for endpoint in provider.endpoints:
        assert_address(endpoint.address)
        assert_ports(endpoint.ports)
        assert 53 not in endpoint.ports, "port 53 of a metadata address is DNS"
        assert_sources(endpoint.source)


def test_every_provider_of_the_list_is_there() -> None:
    assert list(PROVIDERS) == list(ADDRESSES)


def test_a_service_that_was_closed_says_when() -> None:
    """Its address may be somebody else's by now, so no platform blocks it."""
    closed = {name: one.retired for name, one in PROVIDERS.items() if one.retired}
    assert list(closed) == ["equinix"]
    for name, retired in closed.items():
        assert date.fromisoformat(retired.date).year == 2026
        assert_sources(retired.source)
        assert not any(name in platform.providers for platform in PLATFORMS.values())


def test_a_provider_without_an_address_says_what_to_do_and_is_refused() -> None:
    """To name it and block nothing would be a false green."""
    without = [one for one in PROVIDERS.values() if not one.endpoints]
    assert [one.name for one in without] == ["cloudstack"]
    for provider in without:
        assert "spec.endpoints" in provider.note
        assert provider.source is not None
        with pytest.raises(ConfigError, match="has no address that could be blocked"):
            from_pairs({"providers": provider.name})


@each_platform
def test_an_api_server_has_ports_and_sources(platform: Platform) -> None:
    assert_ports(platform.api_server.ports)
    assert platform.api_server.ports == API_SERVER_PORTS[platform.name]
    assert_sources(*platform.api_server.sources)


@each_platform
def test_system_namespaces_have_names_and_sources(platform: Platform) -> None:
    own = [name for one in platform.system_namespaces for name in one.names]
    assert set(own) == OWN_NAMESPACES.get(platform.name, set())
    assert len(set(own)) == len(own)
    for one in platform.system_namespaces:
        assert_sources(one.source)
    settings = settings_of(from_pairs({"platform": platform.name}))
    assert all(settings.is_system_namespace(name.replace("*", "x")) for name in own)
    assert all(map(settings.is_system_namespace, KUBERNETES.names))
    assert settings.is_system_namespace(platform.dns.namespace)
    assert not any(map(settings.is_system_namespace, ("default", "shop", "amazon-shop", "gke")))


def test_the_name_of_a_cloud_is_that_of_its_managed_platform() -> None:
    assert ALIASES == {"aws": "eks", "gcp": "gke", "azure": "aks"}
    for alias, name in ALIASES.items():
        assert settings_of(from_pairs({"platform": alias})).platform is PLATFORMS[name]


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
        ways = (identity.endpoints, identity.takes_over, identity.api_server_ports)
        assert sum(map(bool, ways)) + identity.over_internet == 1
        if identity.takes_over:
            assert identity.takes_over in blocked(platform)
        assert not identity.cilium_host or identity.endpoints
        for endpoint in identity.endpoints:
            assert_address(endpoint.address)
            assert_ports(endpoint.ports)
            assert_sources(endpoint.source)
        for sign in identity.workload_signs:
            assert "/" in sign.key or sign.place == "pod-label"
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


def test_engines_have_namespaces_of_their_own() -> None:
    """Where the engine is not known, those of any engine are left out."""
    calico = {"calico-system", "calico-apiserver", "tigera-operator"}
    own = {
        name: {one for each in cni.system_namespaces for one in each.names}
        for name, cni in CNIS.items()
        if cni.system_namespaces
    }
    assert own == {
        "cilium": {"cilium-secrets", "cilium-spire"},
        "calico": calico,
        "ovn-kubernetes": {"ovn-kubernetes"},
    }
    for cni in CNIS.values():
        assert all(one.source.title for one in cni.system_namespaces)
    assert settings_of(from_pairs({})).is_system_namespace("calico-system")
    assert settings_of(from_pairs({"cni": "calico"})).is_system_namespace("calico-system")
    assert not settings_of(from_pairs({"cni": "cilium"})).is_system_namespace("calico-system")


def test_the_api_server_is_named_by_platform_engine_and_configuration() -> None:
    assert settings_of(from_pairs({"platform": "k3s"})).api_server == ((), (6443,), "")
    cilium = settings_of(from_pairs({"platform": "kubespray", "cni": "cilium"})).api_server
    assert cilium == ((), (6443,), "kube-apiserver")
    pairs = {"apiServer.cidrs": "10.0.0.1, fd00::/64", "apiServer.ports": "8443"}
    peer = settings_of(from_pairs({"platform": "eks", **pairs})).api_server
    assert peer == (("10.0.0.1/32", "fd00::/64"), (8443,), "")


def test_an_engine_that_differs_says_how() -> None:
    usual = CNIS["calico"]
    for cni in CNIS.values():
        if cni[2:7] != usual[2:7]:
            assert cni.caveats
