"""deny-cloud-metadata as a ValidatingAdmissionPolicy with its binding.

Kubernetes documentation, Validating Admission Policy (1.30, and 1.31 for `cidr`). It refuses a
NetworkPolicy that opens metadata when it is made or when its spec changes, so that an old one can
still be labelled, mended and deleted. It has no parameters: under `namespace:` and `namePrefix:`
kustomize tears a parameter's object off, and a missing one would refuse every policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.policies.admission import expressions
from imds_guard.policies.manifest import CLUSTER, manifest
from imds_guard.reach.selectors import NAMESPACE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

_VERSION = "admissionregistration.k8s.io/v1"


def build(settings: Settings, left_out: tuple[str, ...]) -> Iterator[Manifest]:
    """The policy, and its binding to all namespaces but those that are left out."""
    name = settings.config.spec.names.deny_metadata
    opened, asked = expressions.OPENED, expressions.ASKED
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [expressions.NETWORK_POLICIES]},
        "matchConditions": [
            {
                "name": "spec-changes",
                "expression": "request.operation == 'CREATE' || object.spec != oldObject.spec",
            }
        ],
        "variables": [
            *expressions.variables(settings),
            {"name": asked, "expression": expressions.asked()},
        ],
        "validations": [
            {
                "expression": f"size(variables.{opened}) == 0 || "
                f"(variables.{asked} && {expressions.is_allowed()})",
                "reason": "Forbidden",
                "messageExpression": expressions.refusal(),
            }
        ],
    }
    kind = (_VERSION, "ValidatingAdmissionPolicy")
    yield manifest(settings, CLUSTER, kind, name, spec)
    expression = {"key": NAMESPACE_NAME, "operator": "NotIn", "values": list(left_out)}
    binding = {
        "policyName": name,
        "validationActions": list(settings.config.spec.admission_actions),
        "matchResources": {"namespaceSelector": {"matchExpressions": [expression]}},
    }
    kind = (_VERSION, "ValidatingAdmissionPolicyBinding")
    yield manifest(settings, CLUSTER, kind, name, binding)
