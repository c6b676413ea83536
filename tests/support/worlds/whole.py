"""A question as manifests that are given to the program, and what it must not say of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from imds_guard.audit import AuditReport, Context
from imds_guard.config import Config, from_pairs
from imds_guard.guard.verify import examine
from imds_guard.resources import resources
from imds_guard.wire import read
from tests.support.worlds.cases import Case, Shown, drawn
from tests.support.worlds.enumerate import choices, outcomes

_DNS = Shown("kube-system", {"k8s-app": "kube-dns"}, has_known_ports=False)
_ADDED = "pod-template-hash"
"""What the controller of a Deployment adds to its pods (facts, 4b)."""


def whole(family: Any, seed: int, *, is_known: bool = False) -> Case:
    """A question about the pods of one workload, and about whether names resolve for them."""
    case = drawn(family, seed, is_known=is_known, has_names=not is_known)
    own = case.own
    if "tier" in own.present:  # it is a field's name too, which cannot be told from a label's
        own = replace(own, present=(), maybe=own.present)
    system: dict[str, str] | None = {} if is_known else None
    namespaces = {**case.namespaces, "kube-system": system}
    return replace(case, own=own, namespaces=namespaces, direction="Egress")


def examined(case: Case) -> tuple[Context, AuditReport]:
    """What the program finds in the manifests of a question."""
    documents: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in case.namespaces.items()
        if labels is not None
    ]
    documents.append(_workload(case.own))
    text = json.dumps([*documents, *case.manifests])
    for key in case.own.present:
        text = re.sub(rf"\b{key}\b", _ADDED, text)
    stream = "\n---\n".join(json.dumps(one) for one in json.loads(text))
    config = Config()
    if case.family == "cilium":
        config = from_pairs({"cni": "cilium"}, base=config)
    return examine(resources(read(stream.encode())), config)


def _workload(own: Shown) -> dict[str, Any]:
    """The pods as manifests show them: a null where a label may be there."""
    metadata = {"name": "web", "namespace": own.namespace}
    labels: dict[str, str | None] = {**own.known, **dict.fromkeys(own.maybe)}
    if not own.present:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {**metadata, "labels": labels}}
        return {**pod, "spec": {"containers": []}}
    template = {"metadata": {"labels": labels}, "spec": {"containers": []}}
    spec = {"selector": {"matchLabels": own.known}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def belied_by_metadata(case: Case) -> bool:
    """Whether it says `blocked` while some world opens an endpoint."""
    context, report = examined(case)
    if _state(report) != "blocked":
        return False
    return "open" in _metadata(case, context)


def unsaid_of_metadata(case: Case) -> bool:
    """Whether there is but one world, and the verdict is not what happens there."""
    context, report = examined(case)
    if not choices(replace(case, peer="169.254.169.254")).are_none:
        return False
    really = "open" if "open" in _metadata(case, context) else "blocked"
    return _state(report) != really


def belied_by_names(case: Case) -> bool:
    """Whether nothing is said of names while in some world they do not resolve."""
    _, report = examined(case)
    return not _says(report) and "blocked" in _names(case)


def unsaid_of_names(case: Case) -> bool:
    """Whether there is but one world, and what is said of names is not what happens there."""
    _, report = examined(case)
    if not all(choices(one).are_none for one in _questions_of_names(case)):
        return False
    said = {one.id for one in report.findings if one.id == "IG004"}
    return bool(said) == (_names(case) == {"open"})


def _state(report: AuditReport) -> str:
    (verdict,) = report.verdicts
    return verdict.state


def _says(report: AuditReport) -> bool:
    """Whether some finding says that names do not resolve, or that this is not certain."""
    return any(
        one.id == "IG004" or (one.id == "IG015" and "names" in one.message)
        for one in report.findings
    )


def _metadata(case: Case, context: Context) -> set[str]:
    """What becomes of packets to endpoints, over all worlds."""
    seen: set[str] = set()
    for address, ports in context.endpoints.items():
        asked = replace(case, peer=address, version=6 if ":" in address else 4)
        found = choices(asked)
        for port in ports:
            seen |= outcomes(asked, found, "TCP", port)
    return seen


def _questions_of_names(case: Case) -> tuple[Case, Case]:
    """From the pods to those of cluster DNS: by the policies of either."""
    out = replace(case, peer=_DNS, version=4)
    return out, replace(out, own=_DNS, peer=case.own, direction="Ingress")


def _names(case: Case) -> set[str]:
    """What becomes of questions for names over UDP and TCP, over all worlds."""
    seen: set[str] = set()
    for asked in _questions_of_names(case):
        found = choices(asked)
        for protocol in ("UDP", "TCP"):
            seen |= outcomes(asked, found, protocol, 53)
    return seen
