"""deny-cloud-metadata as a ValidatingPolicy of Kyverno, and our policies as a GeneratingPolicy.

Kyverno documentation, ValidatingPolicy and GeneratingPolicy (policies.kyverno.io/v1, from 1.17).
The first refuses what the ValidatingAdmissionPolicy does; Kyverno cannot ask RBAC in an expression,
so an exception is a PolicyException of Kyverno. The second gives each namespace with the label
`imds-guard.dev/generate` the policies of this configuration. Kyverno leaves alone a policy of the
same name that it did not generate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imds_guard.annotations import GENERATE
from imds_guard.policies import target_manifests
from imds_guard.policies.admission import expressions
from imds_guard.policies.manifest import CLUSTER, Target, manifest
from imds_guard.reach.selectors import NAMESPACE_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

_VERSION = "policies.kyverno.io/v1"
GENERATING = "imds-guard-policies"
# No namespace has such a name, so nothing else in a manifest is the same text.
_HERE = "<the namespace>"


def build(settings: Settings, left_out: tuple[str, ...]) -> Iterator[Manifest]:
    """The two policies, neither of which looks at the namespaces that are left out."""
    yield _validating(settings, left_out)
    yield _generating(settings, left_out)


def _validating(settings: Settings, left_out: tuple[str, ...]) -> Manifest:
    names = {"key": NAMESPACE_NAME, "operator": "NotIn", "values": list(left_out)}
    spec = {
        "validationActions": list(settings.config.spec.admission_actions),
        "failurePolicy": "Fail",
        "matchConstraints": {
            "namespaceSelector": {"matchExpressions": [names]},
            "resourceRules": [expressions.NETWORK_POLICIES],
        },
        "variables": expressions.variables(settings),
        "validations": [
            {
                "expression": f"size(variables.{expressions.OPENED}) == 0",
                "messageExpression": expressions.finding(),
            }
        ],
    }
    kind = (_VERSION, "ValidatingPolicy")
    return manifest(settings, CLUSTER, kind, settings.config.spec.names.deny_metadata, spec)


def _generating(settings: Settings, left_out: tuple[str, ...]) -> Manifest:
    written = target_manifests(settings, Target(_HERE, {}))
    policies = ", ".join(_in_cel(one) for one in written)
    excluded = ", ".join(map(_in_cel, left_out))
    spec = {
        "evaluation": {
            "synchronize": {"enabled": True},
            "generateExisting": {"enabled": True},
        },
        "matchConstraints": {
            "objectSelector": {"matchExpressions": [{"key": GENERATE, "operator": "Exists"}]},
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["namespaces"],
                }
            ],
        },
        "matchConditions": [
            {"name": "not-left-out", "expression": f"!(object.metadata.name in [{excluded}])"}
        ],
        "variables": [
            {"name": "here", "expression": "object.metadata.name"},
            {"name": "policies", "expression": f"[{policies}]"},
        ],
        "generate": [{"expression": "generator.Apply(variables.here, variables.policies)"}],
    }
    return manifest(settings, CLUSTER, (_VERSION, "GeneratingPolicy"), GENERATING, spec)


def _in_cel(value: Any) -> str:
    """A value as a literal of CEL."""
    if isinstance(value, dict):
        held = _alike(value.values())
        entries = (f"{_in_cel(key)}: {text}" for key, text in zip(value, held, strict=True))
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_alike(value))}]"
    if value == _HERE:
        return "string(variables.here)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def _alike(values: Collection[Any]) -> list[str]:
    """What a map or a list holds. CEL wants one type in it, which `dyn` is for all others."""
    texts = list(map(_in_cel, values))
    if {type(value) for value in values} <= {str}:
        return texts
    return [f"dyn({text})" for text in texts]
