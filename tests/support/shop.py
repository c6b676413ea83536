"""A shop whose web may reach metadata by one rule, and the audit of it."""

from __future__ import annotations

import json
from typing import Any

from tests.support.program import Ended, imds_guard

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    metadata:
      labels: {app: web}
    spec:
      containers: []
"""
OPEN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: open
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
      podSelector:
        matchExpressions: [{key: k8s-app, operator: In, values: [kube-dns]}]
    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
  - to:
    - ipBlock:
        cidr: 0.0.0.0/0
    ports: [{port: 80}]
"""
AGENT = WEB.replace("name: web", "name: agent").replace(
    "containers: []", "hostNetwork: true\n      containers: []"
)
OPEN_BLOCK = "spec.egress[1].to[0].ipBlock"
OPEN_LINE = next(at for at, line in enumerate(OPEN.split("\n"), 1) if "- ipBlock" in line)
DNS = "egress[0] to pods with k8s-app=kube-dns of namespace kube-system, on UDP 53, TCP 53"


def audit(*args: str, stdin: str | bytes = b"") -> Ended:
    """`imds-guard audit` with these arguments."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    return imds_guard("audit", *args, stdin=data)


def as_json(*args: str, stdin: str | bytes = b"") -> Any:
    """What it says in JSON."""
    return json.loads(audit(*args, "--format", "json", stdin=stdin).stdout)


def guarded(text: str) -> bytes:
    """The resources with the policies that keep them from metadata."""
    ended = imds_guard(stdin=text.encode())
    assert ended.status == 0, ended.stderr
    return ended.stdout
