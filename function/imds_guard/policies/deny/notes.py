"""What has to be said about the cluster-wide objects that a configuration asks for."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from imds_guard.policies.admission.expressions import GROUP, RESOURCE, VERB
from imds_guard.resources import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.settings import Settings
    from imds_guard.wire import Result


def deny_notes(settings: Settings) -> Iterator[Result]:
    """The versions that would make an outage of an object, and the namespaces that it cannot name.

    Cilium 1.16 is the first with enableDefaultDeny (its CRD, policy/v2). kubectl warns of a field
    that a CRD does not know, and drops it.
    """
    spec = settings.config.spec
    if "cilium" in spec.deny:
        message = (
            "Cilium before 1.16 does not know enableDefaultDeny: the field is dropped there, and "
            "every pod loses all of its egress"
        )
        fix = "apply it with `kubectl apply --validate=strict`, which refuses it there"
        yield note("warning", "deny", "cilium", message, fix=fix)
    if spec.admission:
        message = f"whoever applies an exception needs the verb {VERB} on {RESOURCE}.{GROUP}"
        yield note("info", "admission", "exceptions", message)
    for glob in settings.system_namespaces:
        is_glob = not {*"*?["}.isdisjoint(glob)
        if is_glob and not any(fnmatchcase(name, glob) for name in spec.namespaces.exclude):
            message = f"the system namespaces {glob} are denied too: a selector takes names alone"
            fix = "list those that need metadata under namespaces.exclude"
            yield note("warning", "deny", settings.platform.name, message, fix=fix)
