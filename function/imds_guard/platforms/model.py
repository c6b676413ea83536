"""The shapes of the platform data: facts about clouds and clusters, each with its source."""

from __future__ import annotations

from typing import Literal, NamedTuple

Confidence = Literal["high", "medium"]
"""high: documented by the provider or read in its code; medium: seen in one place only.

What is surer of neither is not in the data.
"""

Block = Literal["link-local", "endpoints"]
"""What a carve-out takes out besides the endpoints: all link-local addresses, or nothing more."""


class Source(NamedTuple):
    """Where a fact comes from."""

    title: str
    confidence: Confidence = "high"


class Endpoint(NamedTuple):
    """A metadata service: an address, and the TCP ports on which it hands out credentials."""

    address: str  # IPv4 or IPv6, without a prefix length
    ports: tuple[int, ...]
    source: Source


class Retired(NamedTuple):
    """When a service was closed. Its address may be somebody else's by now."""

    date: str  # ISO 8601
    source: Source


class Provider(NamedTuple):
    """A cloud, or an agent of one, whose metadata endpoints can be blocked.

    Without endpoints it has no address that is the same everywhere: `note` says what to name in
    `spec.endpoints`, and `source` where that is known from.
    """

    name: str
    title: str
    endpoints: tuple[Endpoint, ...]
    note: str = ""
    retired: Retired | None = None
    source: Source | None = None  # of the note


class Dns(NamedTuple):
    """Where pods resolve names."""

    namespace: str = "kube-system"
    # Of the DNS pods: each key with the values of which it has one. None: every pod there.
    pod_labels: tuple[tuple[str, tuple[str, ...]], ...] = (("k8s-app", ("kube-dns",)),)
    ports: tuple[int, ...] = (53,)  # the pods' own ports; NetworkPolicy sees those, not a Service's
    # Resolvers that no pod selector matches (on the node, the link), always on port 53.
    addresses: tuple[str, ...] = ()
    # Those of them that the resolv.conf of every pod names, so that they do without DNS pods.
    named_by_resolv_conf: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    # anywhere: no pod and no known address answers, so only the ports can be named.
    to: Literal["cluster", "anywhere"] = "cluster"


class ApiServer(NamedTuple):
    """Where the Kubernetes API server answers, as a policy sees it.

    Policies apply behind the ClusterIP of the Service `kubernetes`, so these are the TCP ports of
    its endpoints, not port 443 of the Service. The addresses differ from cluster to cluster.
    """

    ports: tuple[int, ...]
    sources: tuple[Source, ...]


class SystemNamespaces(NamedTuple):
    """Namespaces of the cluster itself: names, or globs where whoever makes them has a prefix."""

    names: tuple[str, ...]
    source: Source


class IdentityEndpoint(NamedTuple):
    """An agent on the node that hands a pod the credentials of its own cloud identity."""

    address: str  # IPv4 or IPv6, without a prefix length
    ports: tuple[int, ...]  # TCP
    source: Source


class WorkloadSign(NamedTuple):
    """A key in a manifest that shows that a workload uses a cloud identity."""

    place: Literal["service-account-annotation", "pod-annotation", "pod-label"]
    key: str
    source: Source
    value: str | None = None  # None: any value


class Identity(NamedTuple):
    """How pods get credentials of their own from the cloud, without the metadata service."""

    name: str
    title: str
    endpoints: tuple[IdentityEndpoint, ...] = ()  # what `podIdentity: true` opens, exactly
    # The credentials come from a service on the internet, TCP 443: nothing of the node to open.
    over_internet: bool = False
    # An agent takes over this address of the metadata service, TCP 80, and answers pods itself.
    # Nothing tells it from the service: a workload that uses it needs an exception.
    takes_over: str = ""
    # TCP ports at the address of the Kubernetes API server (KUBERNETES_SERVICE_HOST), which
    # differs from cluster to cluster, so that no address can be given here.
    api_server_ports: tuple[int, ...] = ()
    # On Cilium the endpoints' addresses are the entity `host`: no NetworkPolicy matches them,
    # a CiliumNetworkPolicy with toEntities [host] does.
    cilium_host: bool = False
    workload_signs: tuple[WorkloadSign, ...] = ()
    sources: tuple[Source, ...] = ()
    note: str = ""


class PodSign(NamedTuple):
    """What a manifest says of pods by which it is known that policies are not enforced for them.

    `key` and `value` are those of a label or an annotation of the pods, or of a label that their
    node selector or node affinity asks for; a value of None is any. `scheduler` and `os` have the
    value alone, `standalone` (a Pod that nothing owns) neither.
    """

    place: Literal["standalone", "pod-label", "pod-annotation", "node-label", "scheduler", "os"]
    key: str = ""
    value: str | None = None


class Gap(NamedTuple):
    """Pods for which policies are not enforced, though the API server takes them."""

    why: str  # a clause of its own, without a full stop
    fix: str
    source: Source
    signs: tuple[PodSign, ...] = ()  # any of them is enough; none: it is so for every pod
    # Only in a cluster of this IP family alone, where it is so for the other family.
    cluster_of: Literal["IPv4", "IPv6"] | None = None


class OwnRule(NamedTuple):
    """Addresses that an engine keeps from the pods of a platform, whatever policies allow."""

    engine: str
    addresses: tuple[str, ...]
    why: str  # a clause of its own, without a full stop
    source: Source


class Cni(NamedTuple):
    """An engine that enforces NetworkPolicies, and where it differs from others.

    The API's text is the norm: rules only add up, `except` takes out of its own ipBlock, and
    whether an ipBlock matches pods and nodes is left to the engine.
    """

    name: str
    title: str
    ip_block_matches_pods: bool  # an ipBlock that holds a pod's address allows that pod
    ip_block_matches_nodes: bool  # and one that holds an address on a node, that address
    except_is_deny_wins: bool  # an `except` denies what another rule allows by a wider CIDR
    except_spans_rule: bool  # an `except` takes out of the other ipBlocks of its rule too
    # The CIDRs that it makes of ::/0; an `except` that lies in none of them takes nothing away.
    splits_of_any_ipv6: tuple[str, ...] = ()
    # Whether rules of a direction that policyTypes leaves out have no effect, as the API has it.
    heeds_policy_types: bool = True
    # What it calls the API server, which no ipBlock of it matches; empty: it has no such name.
    api_server_entity: str = ""
    system_namespaces: tuple[SystemNamespaces, ...] = ()  # its own, besides kube-system
    gaps: tuple[Gap, ...] = ()  # pods for which it does not enforce policies
    caveats: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


class Neighbour(NamedTuple):
    """An address near the metadata service that pods need, so it is never excepted on its own."""

    title: str
    address: str  # IPv4 or IPv6, without a prefix length
    protocol: Literal["TCP", "UDP"]
    port: int
    source: Source


class PodMaker(NamedTuple):
    """A kind of resource of which a controller makes pods that no manifest shows."""

    group: str
    kind: str
    source: Source


class Platform(NamedTuple):
    """A kind of cluster: what to block there, how names resolve, how pods get an identity."""

    name: str
    title: str
    providers: tuple[str, ...]
    dns: Dns
    api_server: ApiServer
    system_namespaces: tuple[SystemNamespaces, ...] = ()  # its own, besides Kubernetes'
    identity: Identity | None = None  # the one that `podIdentity: true` opens
    further_identities: tuple[Identity, ...] = ()
    cni: str = ""  # the engine where the platform comes with exactly one
    # The engine that it comes with where another one may be installed instead. How that one matches
    # is not taken for granted; where it does not enforce is said.
    usual_cni: str = ""
    own_rule: OwnRule | None = None
    block: Block = "link-local"
    caveats: tuple[str, ...] = ()  # what a person has to know, each a sentence or two
    neighbours: tuple[Neighbour, ...] = ()
    sources: tuple[Source, ...] = ()  # of the engine and the caveats
