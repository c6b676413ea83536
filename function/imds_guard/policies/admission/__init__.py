"""The cluster-wide objects by which the API server itself refuses what opens metadata.

A writer is a module with `build(settings, left_out)`, where `left_out` are the namespaces that it
does not look at, and its entry in GUARDS, under the name that `spec.admission` has for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from imds_guard.config import ConfigError
from imds_guard.policies.manifest import ClusterWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.policies.manifest import Manifest
    from imds_guard.settings import Settings

_KYVERNO = "policies.kyverno.io"
_ADMISSION = "admissionregistration.k8s.io"
GUARDS: dict[str, ClusterWriter] = {
    "validating-admission-policy": ClusterWriter(
        "validating_admission_policy",
        (
            (_ADMISSION, "ValidatingAdmissionPolicy"),
            (_ADMISSION, "ValidatingAdmissionPolicyBinding"),
        ),
    ),
    "kyverno": ClusterWriter(
        "kyverno", ((_KYVERNO, "ValidatingPolicy"), (_KYVERNO, "GeneratingPolicy"))
    ),
}
"""By the name in `spec.admission`."""


def guards(settings: Settings, left_out: tuple[str, ...]) -> Iterator[Manifest]:
    """The objects that the configuration asks for.

    Raises ConfigError where its actions exclude each other: the API server refuses Deny with Warn.
    """
    if {"Deny", "Warn"}.issubset(settings.config.spec.admission_actions):
        raise ConfigError("Deny and Warn exclude each other", ("spec", "admissionActions"))
    for name in dict.fromkeys(settings.config.spec.admission):
        writer = import_module(f"{__name__}.{GUARDS[name].module}")
        yield from writer.build(settings, left_out)
