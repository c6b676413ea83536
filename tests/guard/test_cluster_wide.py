"""Objects that live in no namespace are the same ones whatever metadata.namespace says."""

from __future__ import annotations

import pytest

from imds_guard.guard.discover import discover
from imds_guard.resources import resources
from imds_guard.wire import read

POLICY = """
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {{name: deny-cloud-metadata{namespace}}}
spec: {{tier: Admin, priority: 100, subject: {{namespaces: {{}}}}, egress: []}}
"""


@pytest.mark.parametrize("namespace", ["", ", namespace: shop"])
def test_it_has_no_namespace(namespace: str) -> None:
    text = POLICY.format(namespace=namespace)
    (policy,) = discover(resources(read(text.encode()))).policies
    assert policy.namespace is None


def test_copies_in_two_namespaces_are_one_object_that_stands_twice() -> None:
    names = ("", ", namespace: shop", ", namespace: stock")
    text = "---".join(POLICY.format(namespace=one) for one in names)
    (copies,) = discover(resources(read(text.encode()))).duplicates
    assert len(copies) == len(names)
