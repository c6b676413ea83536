"""IG001 metadata-open, by a policy that is no NetworkPolicy, or possibly so.

AdminNetworkPolicy, ClusterNetworkPolicy, Cilium's, Calico's and Antrea's policies decide too. Where
their rule can be decided offline it is an error like any other; where it cannot (names of the
world, groups, tiers, labels of a namespace that is not in the input) a warning says that the
verdict is not certain, and why. It is never passed over.

Found: an AdminNetworkPolicy that allows all.

    apiVersion: policy.networking.k8s.io/v1alpha1
    kind: AdminNetworkPolicy
    metadata: {name: open}
    spec:
      priority: 10
      subject: {namespaces: {}}
      egress:
      - action: Allow
        to: [{networks: [0.0.0.0/0]}]

Found: Cilium's `world` holds the metadata address.

    apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: world, namespace: shop}
    spec:
      endpointSelector: {}
      egress: [{toEntities: [world]}]

Found: as a warning, since an earlier tier or policy may decide.

    apiVersion: projectcalico.org/v3
    kind: GlobalNetworkPolicy
    metadata: {name: open}
    spec:
      selector: all()
      egress: [{action: Allow, destination: {nets: [0.0.0.0/0]}}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]

Not found: a denial of the metadata addresses.

    apiVersion: policy.networking.k8s.io/v1alpha1
    kind: AdminNetworkPolicy
    metadata: {name: metadata}
    spec:
      priority: 10
      subject: {namespaces: {}}
      egress:
      - action: Deny
        to: [{networks: [169.254.169.254/32, "fd00:ec2::254/128"]}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.context import named
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context, Opening
    from imds_guard.reach.decision import Rule
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result, Severity

ID = "IG001"
_Said = tuple["Rule", list["Subject"], list["Opening"]]


def check(context: Context) -> Iterator[Result]:
    """A finding per rule of another kind that opens metadata, or may."""
    if not context.others:
        return
    opened: dict[int, _Said] = {}
    unsure: dict[int, _Said] = {}
    for subject in context.subjects:
        if subject.host_network or subject.exception:
            continue
        exposure = context.exposure(subject)
        for blamed, said in ((exposure.opened_by, opened), (exposure.unsure_by, unsure)):
            for rule, openings in blamed:
                _, subjects, reached = said.setdefault(id(rule), (rule, [], []))
                subjects.append(subject)
                reached.extend(one for one in openings if one not in reached)
    for rule, subjects, reached in opened.values():
        message = f"{rule} reaches {', '.join(map(str, reached))}"
        fix = "leave the metadata addresses out of it, or deny them before it"
        yield _finding("error", rule, subjects, message, fix)
    for rule, subjects, reached in unsure.values():
        what = ", ".join(map(str, reached))
        message = f"not certain: whether it reaches {what} depends on {rule}"
        fix = "write the rule with addresses and known labels, or check it in the cluster"
        yield _finding("warning", rule, subjects, message, fix)


def _finding(
    severity: Severity, rule: Rule, subjects: list[Subject], message: str, fix: str
) -> Result:
    return note(
        severity,
        ID,
        named(subjects),
        message,
        about=rule.policy.resource,
        address=rule.policy.address,
        field=rule.field,
        fix=fix,
    )
