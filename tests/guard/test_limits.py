"""What ends somewhere says so, and what comes before the end is as it is without one."""

from __future__ import annotations

import pytest

from imds_guard.guard import run
from imds_guard.wire import InputError


def nested(depth: int) -> bytes:
    """A ConfigMap in so many lists."""
    opening, closing = '{"apiVersion":"v1","kind":"List","items":[', "]}"
    one = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}'
    return f"{opening * depth}{one}{closing * depth}\n".encode()


@pytest.mark.parametrize("text", [nested, lambda depth: b"# YAML\n" + nested(depth)])
def test_lists_in_lists_end_at_eight(text) -> None:  # type: ignore[no-untyped-def]
    assert run(text(8)).exit_code == 0
    with pytest.raises(InputError, match="lists in lists are nested deeper than 8 levels"):
        run(text(9))


def test_a_policy_is_judged_by_its_own_unseen_pods() -> None:
    """What is known by identity was taken over by the next pods that no manifest shows."""
    denial = """
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: deny}
spec:
  priority: 1
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shut}}}
  egress: [{action: Deny, to: [{networks: [0.0.0.0/0, "::/0"]}]}]
"""
    leak = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: leak, namespace: %s}
spec: {podSelector: {matchLabels: {app: %s}}, policyTypes: [Egress], egress: [{}]}
"""
    policies = [leak % (name, app) for name in ("shut", "open") for app in ("a", "b", "c")]
    found = run("---".join([denial, *policies]).encode()).results
    opened = [one.reference for one in found if one.id == "IG001"]
    assert [one["namespace"] for one in opened if one] == ["open"] * 3
