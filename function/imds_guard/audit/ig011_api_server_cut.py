"""IG011 api-server-cut: a workload uses the Kubernetes API and cannot reach it.

That it uses the API is seen by a role that is bound to its ServiceAccount, or by its command, its
arguments or its environment, which name kubernetes.default or kubectl. Policies see the API
server's own address and port, not those of the Service `kubernetes`: 6443 on many platforms, which
`egress: web` does not let out. On Cilium the API server is an entity, which no ipBlock matches.

Found: the API server listens on 6443, and 443 is let out.

    # config: platform=k3s
    apiVersion: v1
    kind: Pod
    metadata: {name: operator, namespace: shop, labels: {app: operator}}
    spec: {serviceAccountName: operator, containers: []}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: operator, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
    subjects:
    - {kind: ServiceAccount, name: operator, namespace: shop}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]
        ports: [{port: 443}]

Found: a command calls kubectl.

    # config: platform=eks
    apiVersion: v1
    kind: Pod
    metadata: {name: scaler, namespace: shop, labels: {app: scaler}}
    spec:
      containers:
      - name: scaler
        command: [kubectl, scale, deployment/web, --replicas=3]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]

Not found: its port is let out.

    # config: platform=k3s
    apiVersion: v1
    kind: Pod
    metadata: {name: operator, namespace: shop, labels: {app: operator}}
    spec: {serviceAccountName: operator, containers: []}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: operator, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
    subjects:
    - {kind: ServiceAccount, name: operator, namespace: shop}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]
        ports: [{port: 6443}]

Not found: its ServiceAccount has no role, and nothing names the API server.

    # config: platform=k3s
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {serviceAccountName: web, containers: []}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.config.setting import Setting, in_words
from imds_guard.reach.addresses import network
from imds_guard.reach.pod import ApiServer
from imds_guard.resources import note
from imds_guard.wire import Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.config.setting import Remedy
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG011"
_WHAT = "workloads cannot reach the Kubernetes API"

# Where the API server may be, as long as nobody says where it is: an address of documentation
# (RFC 5737, RFC 3849) stands for the world, the others for private networks (RFC 1918, RFC 4193).
_ANYWHERE = ("198.51.100.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "2001:db8::1", "fd00::1")


def check(context: Context) -> Iterator[Result]:
    """A finding per workload that uses the API, with the ports that it cannot reach."""
    for client in context.api_clients:
        if cut := _cut_ports(context, client.subject):
            yield _finding(context, client.subject, client.sign, cut)


def _cut_ports(context: Context, subject: Subject, *, granted: bool = False) -> list[int]:
    """The API server's ports that the workload cannot reach at any address that it may have.

    With `granted`, not even if a policy allowed it.
    """
    server = context.settings.api_server
    addresses = [network(text) for text in server.cidrs or _ANYWHERE]
    own = context.pod(subject)
    known = context.memo((_cut_ports, granted))
    key = context.policies.alike(own, "Egress")
    if key not in known:
        known[key] = [
            port
            for port in server.ports
            if all(
                context.policies.decide(
                    own, "Egress", ApiServer(address), "TCP", port, lean="open", granted=granted
                ).is_blocked
                for address in addresses
                if address.version in context.settings.ip_versions
            )
        ]
    found: list[int] = known[key]
    return found


def _finding(context: Context, subject: Subject, sign: str, cut: list[int]) -> Result:
    server = context.settings.api_server
    ports = " and ".join(map(str, cut))
    message = (
        f"it uses the Kubernetes API ({sign}), but no policy lets it out to the API server, "
        f"TCP {ports}"
    )
    remedies: list[Remedy] = []
    fix = f"leave TCP {ports} of the API server out of what denies it"
    if not subject.is_selectable:
        fix = "give its pod template a label, so that a policy can select its pods"
    elif not _cut_ports(context, subject, granted=True):
        remedies = [(Setting("allow.infer", ["apiserver"]),)]
        fix = in_words(remedies)
    if server.entity:
        message += f" (here the entity {server.entity}, which no CIDR matches)"
    elif len(cut) < len(server.ports):
        message += ", where it is on many platforms"
        fix = f"set platform or apiServer.ports, or {fix}"
    return note(
        "warning",
        ID,
        str(subject),
        message,
        about=subject.resource,
        fix=fix,
        remedies=remedies,
        member=Member(_WHAT, subject.name, subject.namespace or ""),
        workloads=[subject],
    )
