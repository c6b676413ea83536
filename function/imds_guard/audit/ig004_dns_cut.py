"""IG004 dns-cut: the workload is isolated for egress and has no way to cluster DNS.

Any one way will do: the platform's DNS pods by selector, a resolver on the node by its address, or
all addresses on the DNS ports, in UDP.

Found: a default deny without an allowance for DNS.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]

Found: the rule selects other pods.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: dns, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: dns}}
        ports: [{port: 53, protocol: UDP}]

Found: the rule has the Service's port, and the DNS pods listen on another.

    # config: platform=openshift
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: dns, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{namespaceSelector: {}}]
        ports: [{port: 53, protocol: UDP}]

Not found: the platform's DNS pods, by their labels.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: dns, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
        ports: [{port: 53, protocol: UDP}]

Not found: a rule with ports and no `to` goes everywhere.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: dns, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{ports: [{port: 53, protocol: UDP}]}]

Not found: nothing isolates the workload for egress.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from imds_guard.reach.addresses import Network, network
from imds_guard.reach.grants import Pod, pod
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.reach.network_policies import Reach
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG004"
_NODE_PORT = 53
_ANYWHERE = {4: "198.51.100.53", 6: "2001:db8::53"}  # documentation ranges: any address at all


def check(context: Context) -> Iterator[Result]:
    """A finding per workload that cannot resolve names."""
    known: dict[int, bool] = {}
    for subject in context.subjects:
        if subject.host_network:
            continue
        reach = context.reach(subject)
        if id(reach) not in known:
            known[id(reach)] = not reach.isolated or _resolves(context, reach)
        if not known[id(reach)] and not _others_let(context, subject):
            yield _finding(context, subject)


def _others_let(context: Context, subject: Subject) -> bool:
    """Whether a policy of another kind may let it reach the DNS pods."""
    if not context.others:
        return False
    client = context.client(subject)
    return any(
        context.others.may_reach_pod(client, one, "UDP", port)
        for one in _dns_pods(context)
        for port in context.settings.dns.ports
    )


def _dns_pods(context: Context) -> list[Pod]:
    """A pod for every set of labels that the platform's DNS pods may have."""
    dns = context.settings.dns
    own = context.namespaces.get(dns.namespace, {})
    keys = [[(key, value) for value in values] for key, values in dns.pod_labels]
    return [pod(dns.namespace, dict(pairs), own) for pairs in product(*keys)]


def _resolves(context: Context, reach: Reach) -> bool:
    dns = context.settings.dns
    if any(reach.to_address(one, "UDP", _NODE_PORT) for one in _resolvers(context)):
        return True
    pods = _dns_pods(context) if dns.to == "cluster" else []
    for port in dns.ports:
        if any(reach.to_pod(one, "UDP", port) for one in pods):
            return True
        # On most engines an ipBlock with all addresses lets pods through as well.
        if context.settings.ip_block_matches_pods and any(
            reach.to_address(network(_ANYWHERE[version]), "UDP", port)
            for version in context.settings.ip_versions
        ):
            return True
    return False


def _resolvers(context: Context) -> list[Network]:
    """The resolvers that an ipBlock can match: on some engines, none that is on the node."""
    cni = context.settings.cni
    on_link = {one.address for one in context.settings.endpoints}
    return [
        network(text)
        for text in context.settings.dns.addresses
        if network(text).version in context.settings.ip_versions
        and (cni is None or cni.ip_block_matches_nodes or text in on_link)
    ]


def _finding(context: Context, subject: Subject) -> Result:
    dns = context.settings.dns
    labels = ",".join(f"{key}={'|'.join(values)}" for key, values in dns.pod_labels) or "all pods"
    ports = "/".join(map(str, dns.ports))
    message = (
        f"it cannot resolve names: nothing lets it reach {dns.namespace} {labels} on UDP {ports}"
    )
    fix = "allow egress to cluster DNS, or set platform or dns to what this cluster has"
    return note("error", ID, str(subject), message, about=subject.resource, fix=fix)
