"""IG013 duplicate: the same object stands more than once, and every copy is judged.

The API server holds one object for a kind, namespace and name, so that the copy that is applied
last counts; which that is, the order of documents does not tell for certain. A workload is open if
any copy opens it, and isolated only if every copy of a policy isolates it. Copies in a folder of
kustomize and in an overlay are judged as well, but are no finding: a build makes one of them.

Found: a policy of one name twice, of which the second does not isolate for egress.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]

Not found: the same name in two namespaces.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: bank}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context
    from imds_guard.wire import Result

ID = "IG013"
_FEW = 4  # files that are named


def check(context: Context) -> Iterator[Result]:
    """A finding per object that has several copies."""
    for copies in context.duplicates:
        first, *others = copies
        paths = [one.path or one.source for one in copies]
        places = list(dict.fromkeys(path for path in paths if path))
        more = f" and {len(places) - _FEW:,} more" if len(places) > _FEW else ""
        where = f" ({', '.join(places[:_FEW])}{more})" if places else ""
        message = (
            f"{first.kind} {first.address} stands {len(copies)} times{where}; "
            "the cluster will hold one of them, and every copy is judged"
        )
        fix = "remove all but one"
        yield note("warning", ID, str(first.address), message, about=others[0], fix=fix)
