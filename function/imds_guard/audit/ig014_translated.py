"""IG014 translated: a rule lets a workload reach a translated form of a metadata address.

A NAT64 translator on the node, or near it, shows every IPv4 address below 64:ff9b::/96 (RFC 6052),
so that 169.254.169.254 is in reach at 64:ff9b::a9fe:a9fe. Most clusters have none.

Found: all of IPv6 but for the metadata services of IPv6.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to:
        - ipBlock:
            cidr: "::/0"
            except: ["fd00:ec2::254/128", "fd20:ce::254/128", "fd00:c1::a9fe:a9fe/128"]

Not found: the translated addresses are left out as well.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to:
        - ipBlock:
            cidr: "::/0"
            except: ["64:ff9b::/96", "fd00:ec2::254/128", "fd20:ce::254/128", "fd00:c1::/32"]

Not found: a rule that IG001 names already.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: open, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit.context import named
from imds_guard.reach.addresses import network
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.audit.context import Context, Exposure
    from imds_guard.reach.subject import Subject
    from imds_guard.wire import Result

ID = "IG014"


def check(context: Context) -> Iterator[Result]:
    """A finding per rule that reaches a translated address, with the workloads."""
    blamed: dict[str, list[Subject]] = {}
    for _, alike in context.exposures:
        # What nothing isolates is IG002.
        if not context.isolates(alike[0]):
            continue
        translated = context.exposed(context.pod(alike[0]), context.translated_endpoints)
        for subject in alike if translated.is_open else ():
            if not subject.exception:
                for where in dict.fromkeys(_rules(context, subject, translated)):
                    blamed.setdefault(where, []).append(subject)
    addresses = ", ".join(context.translated_endpoints)
    for where, subjects in blamed.items():
        message = f"{where} reaches metadata behind a NAT64 translator ({addresses})"
        fix = "add 64:ff9b::a9fe:0/112 to its except, or leave 64:ff9b::/96 out of it"
        about = subjects[0].resource
        yield note(
            "warning", ID, named(subjects), message, about=about, fix=fix, workloads=subjects
        )


def _rules(context: Context, subject: Subject, translated: Exposure) -> Iterator[str]:
    """The rules that open a translated address, and none that is not translated."""
    policies = context.reach(subject).policies
    known = {id(leak.grant) for policy in policies for leak in context.leaks(policy)}
    opened = [(network(one.address), port) for one in translated.is_open for port in one.ports]
    for grant, _ in context.reach(subject).grants:
        if id(grant) not in known and any(
            grant.allows(address, "TCP", port, None) for address, port in opened
        ):
            yield f"policy {grant.policy.address.name} {grant.field.removeprefix('spec.')}"
    by_others = {id(rule) for rule, _ in context.exposure(subject).opened_by}
    for rule, _ in translated.opened_by:
        if id(rule) not in by_others:
            yield str(rule)
