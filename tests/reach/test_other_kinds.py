"""Policies that are no NetworkPolicy: what they decide, and where that cannot be told."""

from __future__ import annotations

import textwrap

import pytest

from imds_guard.audit import AuditReport
from imds_guard.config import Config
from imds_guard.guard.verify import examine
from imds_guard.resources import resources
from imds_guard.wire import read

WORKLOAD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: []}
"""
NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
"""
DENY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
"""
OPEN = DENY.replace("name: deny", "name: open") + "  - {}\n"


def report(*documents: str) -> AuditReport:
    """The audit of these documents."""
    text = "---".join(textwrap.dedent(one) for one in documents)
    _, found = examine(resources(read(text.encode())), Config())
    return found


def admin(action: str, to: str, subject: str = "{namespaces: {}}", ports: str = "") -> str:
    """An AdminNetworkPolicy with one rule."""
    return f"""
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {{name: admin}}
spec:
  priority: 10
  subject: {subject}
  egress:
  - action: {action}
    to: {to}
    {ports}
"""


def cluster(tier: str, *rules: str, priority: int = 10) -> str:
    """A ClusterNetworkPolicy in this tier."""
    listed = "".join(f"  - {rule}\n" for rule in rules)
    return f"""
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {{name: cluster-{priority}}}
spec:
  tier: {tier}
  priority: {priority}
  subject: {{pods: {{namespaceSelector: {{}}, podSelector: {{matchLabels: {{app: web}}}}}}}}
  egress:
{listed}"""


def cilium(spec: str, kind: str = "CiliumNetworkPolicy", namespace: str = "shop") -> str:
    """A policy of Cilium's."""
    return f"""
apiVersion: cilium.io/v2
kind: {kind}
metadata: {{name: cilium, namespace: {namespace}}}
spec: {spec}
"""


def calico(spec: str, kind: str = "GlobalNetworkPolicy") -> str:
    """A policy of Calico's."""
    return f"""
apiVersion: projectcalico.org/v3
kind: {kind}
metadata: {{name: calico, namespace: shop}}
spec: {spec}
"""


IMDS = "[{networks: [169.254.169.254/32, 'fd00::/8']}]"
EVERY = "[{networks: [0.0.0.0/0, '::/0']}]"
IPV4_HTTP = (
    "{action: Accept, to: [{networks: [0.0.0.0/0]}],"
    " protocols: [{tcp: {destinationPort: {number: 80}}}]}"
)
TIER = """
---
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: early}
spec: {order: 100, defaultAction: Pass}
"""
DROPS = TIER.replace(", defaultAction: Pass", "")
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: inside, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""


def antrea(action: str, applied: str, tier: str = "emergency") -> str:
    """A cluster-wide policy of Antrea's, about every address."""
    to = "[{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}]"
    return f"""
apiVersion: crd.antrea.io/v1beta1
kind: ClusterNetworkPolicy
metadata: {{name: antrea}}
spec: {{tier: {tier}, priority: 5, {applied} egress: [{{action: {action}, to: {to}}}]}}
"""


def aws(egress: str) -> str:
    """A policy of applications, of the AWS VPC CNI."""
    return f"""
apiVersion: networking.k8s.aws/v1alpha1
kind: ApplicationNetworkPolicy
metadata: {{name: aws, namespace: shop}}
spec: {{podSelector: {{}}, policyTypes: [Egress], egress: {egress}}}
"""


DENY_ALL = "{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}"


@pytest.mark.parametrize(
    "base,policy,state",
    [
        # Admin tier: its first match decides, over any NetworkPolicy.
        (DENY, admin("Allow", EVERY), "open"),
        (DENY, admin("Deny", EVERY), "blocked"),
        (DENY, admin("Pass", EVERY), "blocked"),
        (OPEN, admin("Deny", IMDS), "blocked"),
        (OPEN, admin("Pass", EVERY), "open"),
        (OPEN, admin("Deny", "[{networks: [10.0.0.0/8]}]"), "open"),
        (OPEN, admin("Deny", EVERY, subject="{namespaces: {matchLabels: {team: b}}}"), "open"),
        (
            DENY,
            admin("Allow", EVERY, ports="ports: [{portNumber: {protocol: UDP, port: 80}}]"),
            "blocked",
        ),
        (DENY, admin("Allow", EVERY, ports="ports: [{portRange: {start: 1, end: 100}}]"), "open"),
        # Refused: networks have no names for ports.
        (DENY, admin("Allow", EVERY, ports="ports: [{namedPort: http}]"), "blocked"),
        (DENY, admin("Allow", "[{domainNames: ['*.example.internal']}]"), "uncertain"),
        (DENY, admin("Allow", "[{namespaces: {}}]"), "blocked"),
        (OPEN, cluster("Admin", DENY_ALL), "blocked"),
        (DENY, cluster("Admin", IPV4_HTTP), "open"),
        (
            OPEN,
            cluster("Admin", DENY_ALL, priority=5) + "---" + cluster("Admin", IPV4_HTTP),
            "blocked",
        ),
        (
            DENY,
            cluster("Admin", DENY_ALL) + "---" + cluster("Admin", IPV4_HTTP, priority=5),
            "open",
        ),
        # Baseline tier: only where no NetworkPolicy isolates.
        (OPEN, cluster("Baseline", DENY_ALL), "open"),
        ("", cluster("Baseline", DENY_ALL), "blocked"),
        ("", cluster("Baseline", "{action: Deny, to: [{networks: [10.0.0.0/8]}]}"), "open"),
        # Cilium: allowances add up, denials beat them, an own policy isolates.
        (DENY, cilium("{endpointSelector: {}, egress: [{toEntities: [world]}]}"), "open"),
        (DENY, cilium("{endpointSelector: {}, egress: [{toEntities: [host]}]}"), "blocked"),
        (DENY, cilium("{endpointSelector: {}, egress: [{}]}"), "blocked"),
        (DENY, cilium("{endpointSelector: {}, egress: [{toCIDR: [169.254.0.0/16]}]}"), "open"),
        (
            DENY,
            cilium(
                "{endpointSelector: {}, egress:"
                " [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [169.254.0.0/16]}]}]}"
            ),
            "blocked",
        ),
        (
            DENY,
            cilium("{endpointSelector: {}, egress: [{toFQDNs: [{matchPattern: '*'}]}]}"),
            "uncertain",
        ),
        (
            DENY,
            cilium("{endpointSelector: {matchLabels: {app: api}}, egress: [{toEntities: [all]}]}"),
            "blocked",
        ),
        (
            DENY,
            cilium("{endpointSelector: {}, egress: [{toEntities: [all]}]}", namespace="other"),
            "blocked",
        ),
        (
            DENY,
            cilium(
                "{endpointSelector: {matchLabels: {'k8s:app': web}},"
                " egress: [{toPorts: [{ports: [{port: '80'}]}]}]}"
            ),
            "open",
        ),
        (
            OPEN,
            cilium(
                "{endpointSelector: {matchExpressions:"
                " [{key: 'k8s:io.kubernetes.pod.namespace', operator: Exists}]},"
                " enableDefaultDeny: {egress: false}, egressDeny: [{toCIDR: [0.0.0.0/0, '::/0']}]}",
                kind="CiliumClusterwideNetworkPolicy",
            ),
            "blocked",
        ),
        ("", cilium("{endpointSelector: {}, egress: [{toEndpoints: [{}]}]}"), "blocked"),
        # Calico: in the tier `default` by order, where NetworkPolicies have 1,000.
        (DENY, calico("{selector: all(), egress: [{action: Allow}]}"), "open"),
        (DENY, calico("{order: 10, selector: all(), egress: [{action: Allow}]}"), "open"),
        (OPEN, calico("{order: 10, selector: all(), egress: [{action: Deny}]}"), "blocked"),
        (OPEN, calico("{order: 1000, selector: all(), egress: [{action: Deny}]}"), "uncertain"),
        (OPEN, calico("{order: 10, tier: late, egress: [{action: Deny}]}"), "uncertain"),
        (OPEN, calico("{order: 10, tier: early, egress: [{action: Deny}]}") + TIER, "blocked"),
        (DENY, calico("{order: 10, tier: early, egress: [{action: Allow}]}") + TIER, "open"),
        (OPEN, calico("{tier: early, egress: [{action: Pass}]}") + TIER, "open"),
        (OPEN, calico("{tier: early, egress: [{action: Log}]}") + DROPS, "blocked"),
        ("", calico("{selector: all(), types: [Egress]}"), "blocked"),
        ("", calico("{selector: all(), types: [Ingress]}"), "open"),
        (DENY, calico("{selector: \"app in {'web'}\", egress: [{action: Allow}]}"), "open"),
        (DENY, calico('{selector: "!has(app)", egress: [{action: Allow}]}'), "blocked"),
        (DENY, calico("{selector: \"a ~ 'b'\", egress: [{action: Allow}]}"), "uncertain"),
        (
            DENY,
            calico("{namespaceSelector: \"team == 'a'\", egress: [{action: Allow}]}"),
            "open",
        ),
        (
            DENY,
            calico("{egress: [{action: Allow, destination: {selector: has(app)}}]}"),
            "blocked",
        ),
        (DENY, calico("{selector: app == 'api', egress: [{action: Allow}]}"), "blocked"),
        (DENY, calico("{selector: all(), egress: [{action: Deny}]}"), "blocked"),
        (
            OPEN,
            calico(
                "{selector: all(),"
                " egress: [{action: Deny, destination: {nets: [169.254.169.254/32]}}]}"
            ),
            "open",
        ),
        (OPEN, calico("{selector: all(), egress: [{action: Deny}]}"), "open"),
        (DENY, calico("{selector: all(), types: [Ingress], egress: [{action: Allow}]}"), "blocked"),
        (
            DENY,
            calico(
                "{selector: all(),"
                " egress: [{action: Allow, protocol: TCP, destination: {ports: [5432]}}]}"
            ),
            "blocked",
        ),
        # Antrea: tiers by name, and to whom a policy applies.
        (DENY, antrea("Allow", ""), "uncertain"),
        (DENY, antrea("Allow", "appliedTo: [{namespaceSelector: {}}],"), "open"),
        (DENY, antrea("Allow", "appliedTo: [{group: all}],"), "uncertain"),
        (DENY, antrea("Allow", "appliedTo: [{podSelector: {matchLabels: {a: b}}}],"), "blocked"),
        (OPEN, antrea("Drop", "appliedTo: [{namespaceSelector: {}}],"), "blocked"),
        (OPEN, antrea("Drop", "appliedTo: [{podSelector: {}}],", "baseline"), "open"),
        (OPEN, antrea("Drop", "appliedTo: [{podSelector: {}}],", "of-ours"), "uncertain"),
        ("", antrea("Drop", "appliedTo: [{podSelector: {}}],", "baseline"), "blocked"),
        # Two policies of one priority: which comes first is not defined.
        (
            OPEN,
            admin("Deny", EVERY) + "---" + admin("Pass", EVERY).replace("admin}", "other}"),
            "uncertain",
        ),
        # Baseline: Pass is open, and a denial is not certain beside any NetworkPolicy.
        ("", cluster("Baseline", "{action: Pass, to: [{networks: [0.0.0.0/0, '::/0']}]}"), "open"),
        (INGRESS, cluster("Baseline", DENY_ALL), "uncertain"),
        # AWS: a policy of applications isolates and adds.
        (DENY, aws("[{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"), "open"),
        (DENY, aws("[{to: [{domainNames: [example.com]}]}]"), "uncertain"),
        ("", aws("[]"), "blocked"),
        # Cilium: no rules isolate nothing.
        ("", cilium("{endpointSelector: {}, egress: []}"), "open"),
        ("", cilium("{endpointSelector: {}, ingress: [{}]}"), "open"),
    ],
)
def test_every_kind_of_policy_decides_as_its_engine_does(
    base: str, policy: str, state: str
) -> None:
    found = report(WORKLOAD, NAMESPACE, *([base] if base else []), policy)
    (verdict,) = found.verdicts
    assert verdict.state == state
    errors = [
        one for one in found.findings if one.id in ("IG001", "IG002") and one.subject == "shop/web"
    ]
    unsure = [one for one in found.findings if one.id == "IG015" and "reaches" in one.message]
    assert bool(errors) == (state == "open" or (state == "uncertain" and base == OPEN))
    assert bool(unsure) == (state == "uncertain")


def test_labels_of_a_namespace_that_is_not_in_the_input_are_not_known() -> None:
    policy = admin("Allow", EVERY, subject="{namespaces: {matchLabels: {team: a}}}")
    (verdict,) = report(WORKLOAD, DENY, policy).verdicts
    assert verdict.state == "uncertain"
    by_name = "{namespaces: {matchLabels: {kubernetes.io/metadata.name: other}}}"
    (verdict,) = report(WORKLOAD, DENY, admin("Allow", EVERY, subject=by_name)).verdicts
    assert verdict.state == "blocked"


def test_the_finding_names_the_rule() -> None:
    (found,) = report(WORKLOAD, NAMESPACE, DENY, admin("Allow", EVERY)).findings
    assert (found.id, found.field, found.subject) == ("IG001", "spec.egress[0]", "shop/web")
    assert "AdminNetworkPolicy admin egress[0] reaches 169.254.169.254:80" in found.message


def test_names_may_resolve_by_another_kind() -> None:
    deny = DENY.partition("  egress:")[0]
    assert [one.id for one in report(WORKLOAD, NAMESPACE, deny).findings] == ["IG004"]
    dns = cilium(
        "{endpointSelector: {}, egress: [{toEndpoints: [{matchLabels:"
        " {'k8s:io.kubernetes.pod.namespace': kube-system, 'k8s:k8s-app': kube-dns}}],"
        " toPorts: [{ports: [{port: '53', protocol: ANY}], rules: {dns: [{matchPattern: '*'}]}}]}]}"
    )
    assert report(WORKLOAD, NAMESPACE, deny, dns).findings == []


def test_only_the_rules_that_open_are_named_and_for_what_they_open() -> None:
    policies = cilium("{endpointSelector: {}, egress: [{toEntities: [world]}]}").replace(
        "name: cilium", "name: opens"
    )
    may = cilium("{endpointSelector: {}, egress: [{toFQDNs: [{matchName: example.com}]}]}")
    found = report(WORKLOAD, NAMESPACE, DENY, policies, may).findings
    assert [one.message.partition(" reaches")[0] for one in found if one.id == "IG001"] == [
        "CiliumNetworkPolicy shop/opens egress[0]"
    ]
    ipv4 = admin("Allow", "[{networks: [0.0.0.0/0]}]")
    (finding,) = report(WORKLOAD, NAMESPACE, DENY, ipv4).findings
    assert "fd00" not in finding.message


def test_a_policy_of_another_kind_that_isolates_is_no_missing_policy() -> None:
    found = report(WORKLOAD, cilium("{endpointSelector: {}, egress: [{toEntities: [world]}]}"))
    assert [one.id for one in found.findings] == ["IG001", "IG004"]
