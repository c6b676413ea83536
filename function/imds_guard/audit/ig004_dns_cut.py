"""IG004 dns-cut: names do not resolve, since the way to cluster DNS is cut or DNS itself is.

Names go over UDP, and over TCP where an answer is long; both have to get through. Any one way will
do: to the platform's DNS pods, by labels or by their addresses, or to a resolver on the node, where
the platform's resolv.conf names it. A pod with `dnsPolicy: None` asks its own nameservers. Cluster
DNS itself is cut where a policy of its namespace lets no client in.

Found: a default deny without an allowance for DNS.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]

Found: the rule lets questions out over UDP alone.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: dns, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{ports: [{port: 53, protocol: UDP}]}]

Found: the DNS pods let nobody in.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: kube-system}
    spec:
      podSelector: {}
      policyTypes: [Ingress]

Found: the addresses of pods are left out.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: world, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to:
        - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}

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
        ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]

Not found: a rule with ports and no `to` goes everywhere.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: dns, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]

Not found: nothing isolates the workload for egress.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.context import named
from imds_guard.audit.name_resolution import answers, resolution
from imds_guard.reach.match import Match
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG004"


def check(context: Context) -> Iterator[Result]:
    """A finding per workload that cannot resolve names, and one for DNS that lets nobody in."""
    shut_out = []
    for subject in context.subjects:
        if subject.host_network:
            continue
        if resolution(context, subject) is Match.NO:
            yield _cut(context, subject)
        elif answers(context, subject) is Match.NO:
            shut_out.append(subject)
    if shut_out:
        yield _shut(context, shut_out)


def _where(context: Context) -> str:
    dns = context.settings.dns
    labels = ",".join(f"{key}={'|'.join(values)}" for key, values in dns.pod_labels) or "all pods"
    return f"{dns.namespace} {labels}"


def _cut(context: Context, subject: Subject) -> Result:
    ports = "/".join(map(str, context.settings.dns.ports))
    message = (
        f"it cannot resolve names: nothing lets it reach {_where(context)} on UDP and TCP {ports}"
    )
    policy = subject.workload.dns_policy if subject.workload else ""
    if policy == "Default":
        message = "it cannot resolve names: nothing lets it reach the node's nameservers on port 53"
    if subject.workload and policy == "None":
        servers = ", ".join(subject.workload.nameservers) or "none"
        message = (
            "it cannot resolve names: nothing lets it reach its own nameservers "
            f"({servers}) on UDP and TCP 53"
        )
    fix = "allow egress to cluster DNS, or set platform or dns to what this cluster has"
    return note("error", ID, str(subject), message, about=subject.resource, fix=fix)


def _shut(context: Context, subjects: list[Subject]) -> Result:
    namespace = context.settings.dns.namespace
    ports = "/".join(map(str, context.settings.dns.ports))
    about = next((one for one in context.network_policies if one.namespace == namespace), None)
    return note(
        "error",
        ID,
        _where(context),
        f"cluster DNS lets in no question of {named(subjects)} on UDP and TCP {ports}",
        about=about.resource if about else None,
        address=about.address if about else None,
        fix=f"let all namespaces in on port {ports} there, or leave the DNS pods out of the policy",
    )
