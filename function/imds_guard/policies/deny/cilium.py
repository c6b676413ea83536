"""deny-cloud-metadata as a CiliumClusterwideNetworkPolicy.

Cilium documentation, deny policies: what any rule denies is denied, whatever others allow. So
nothing can except a workload but the selector: a namespace with exceptions gets an object of its
own, whose NotIn leaves out exactly the excepted pods. Without `enableDefaultDeny: {egress: false}`
(Cilium 1.16 and later) every pod that is selected would lose all of its egress.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.annotations import EXCEPTED
from imds_guard.config import ConfigError
from imds_guard.policies.deny.denial import named
from imds_guard.policies.manifest import CLUSTER, manifest, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.deny.denial import Denial, Excepted
    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

_NAMESPACE = "k8s:io.kubernetes.pod.namespace"


def build(settings: Settings, denial: Denial) -> Iterator[Manifest]:
    """The object for most namespaces, and one for each that has an exception.

    Raises ConfigError where no label tells an excepted workload from the others.
    """
    by_namespace: dict[str, list[Excepted]] = {}
    for excepted in denial.exceptions:
        by_namespace.setdefault(excepted.namespace, []).append(excepted)
    name = settings.config.spec.names.deny_metadata
    others = [
        {"key": _NAMESPACE, "operator": "NotIn", "values": [*denial.left_out, *by_namespace]},
        {"key": _NAMESPACE, "operator": "Exists"},
    ]
    yield _object(settings, denial, name, {"matchExpressions": others})
    for namespace, exceptions in by_namespace.items():
        selector = {
            "matchLabels": {_NAMESPACE: namespace},
            "matchExpressions": _but(exceptions),
        }
        own = shortened(f"{name}-{namespace}")
        yield _object(settings, denial, own, selector, {EXCEPTED: named(exceptions)})


def _but(exceptions: list[Excepted]) -> list[Manifest]:
    """The expressions that leave out the excepted pods, each by a label that no other pod has."""
    values: dict[str, list[str]] = {}
    for excepted in exceptions:
        if excepted.own_label is None:
            raise ConfigError(
                f"{excepted.namespace}/{excepted.name} has no label that no other workload of its "
                "namespace has, so a policy of Cilium cannot except it alone; give its pods one",
                ("spec", "exceptions"),
            )
        key, value = excepted.own_label
        values.setdefault(f"k8s:{key}", []).append(value)
    return [{"key": key, "operator": "NotIn", "values": listed} for key, listed in values.items()]


def _object(
    settings: Settings,
    denial: Denial,
    name: str,
    selector: Manifest,
    annotations: dict[str, str] | None = None,
) -> Manifest:
    rules: list[Manifest] = []
    for blocked in denial.blocked:
        rule: Manifest = {"toCIDR": list(blocked.cidrs)}
        if blocked.ports:
            ports = [_port(*span) for span in blocked.ports]
            rule["toPorts"] = [{"ports": ports}]
        rules.append(rule)
    spec = {
        "endpointSelector": selector,
        "enableDefaultDeny": {"egress": False, "ingress": False},
        "egressDeny": rules,
    }
    kind = ("cilium.io/v2", "CiliumClusterwideNetworkPolicy")
    return manifest(settings, CLUSTER, kind, name, spec, annotations)


def _port(protocol: str, first: int, last: int) -> Manifest:
    port: Manifest = {"port": str(first), "protocol": protocol}
    if last != first:
        port["endPort"] = last
    return port
