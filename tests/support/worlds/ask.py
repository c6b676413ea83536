"""The program's one decision on a question, asked in the tests' own terms."""

from __future__ import annotations

from imds_guard.reach.addresses import network
from imds_guard.reach.decision import Outcome, Policies
from imds_guard.reach.grants import Engine
from imds_guard.reach.kinds import rules_of
from imds_guard.reach.network_policies import NetworkPolicies
from imds_guard.reach.pod import Peer, Pod, pod
from imds_guard.resources import Address, Policy, read_network_policy
from imds_guard.resources.labels import Labels
from imds_guard.resources.network_policy import NETWORK_POLICY
from imds_guard.wire import as_text
from tests.support.worlds.cases import Case, Shown, ports_of

Outcomes = frozenset[Outcome]


def decisions(case: Case, protocol: str, port: int) -> tuple[Outcomes, Outcomes]:
    """What may become of a packet: for who fears that it gets through, and for who needs it to."""
    policies = policies_of(case)
    own, peer = _pod(case, case.own), _peer(case)
    lenient, strict = (
        policies.decide(own, case.direction, peer, protocol, port, lean=lean).outcomes  # type: ignore[arg-type]
        for lean in ("open", "blocked")
    )
    return lenient, strict


def policies_of(case: Case) -> Policies:
    """The policies of a question, as they are read."""
    network_policies, others = [], []
    for one in case.manifests:
        metadata = one["metadata"]
        address = Address(
            one["apiVersion"], one["kind"], metadata.get("namespace"), metadata["name"]
        )
        policy = Policy(address, value=as_text(one))
        if (address.group, address.kind) == NETWORK_POLICY:
            network_policies.append(read_network_policy(policy))
        else:
            others.append(policy)
    engine = Engine(blocks_match_pods=case.family != "cilium")
    return Policies(NetworkPolicies(network_policies, engine), rules_of(others))


def _peer(case: Case) -> Peer:
    if isinstance(case.peer, str):
        return network(case.peer)
    return _pod(case, case.peer)._replace(ip_version=case.version)


def _pod(case: Case, shown: Shown) -> Pod:
    of_namespace = case.namespaces[shown.namespace]
    return pod(
        shown.namespace,
        Labels(shown.known, frozenset(shown.present), frozenset(shown.maybe)),
        None if of_namespace is None else Labels(of_namespace),
        ports_of(shown),
    )
