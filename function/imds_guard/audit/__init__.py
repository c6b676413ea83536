"""One module per finding, on reach/. A new finding is a new module and its line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.audit import (
    ig001_metadata_open,
    ig001_other_kinds,
    ig002_unprotected,
    ig003_host_network,
    ig004_dns_cut,
    ig005_invalid_policy,
    ig006_exception,
    ig007_traffic_cut,
    ig008_identity_cut,
    ig009_unseen_pods,
    ig010_not_enforced,
    ig011_api_server_cut,
    ig013_duplicate,
    ig014_translated,
    ig015_uncertain,
)
from imds_guard.audit.context import UNSEEN, Context, Leak, Opening
from imds_guard.audit.ig001_metadata_open import opened as opened_for
from imds_guard.audit.ig006_exception import ending, no_reason, untrusted
from imds_guard.audit.verdicts import AuditReport, Ignored, State, Verdict, verdicts
from imds_guard.reach.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imds_guard.wire import Result

CHECKS = (
    ig001_metadata_open,
    ig001_other_kinds,
    ig002_unprotected,
    ig003_host_network,
    ig004_dns_cut,
    ig005_invalid_policy,
    ig006_exception,
    ig007_traffic_cut,
    ig008_identity_cut,
    ig009_unseen_pods,
    ig011_api_server_cut,
    ig010_not_enforced,
    ig013_duplicate,
    ig014_translated,
    ig015_uncertain,
)

ERRORS = frozenset(
    module.ID
    for module in (
        ig001_metadata_open,
        ig002_unprotected,
        ig004_dns_cut,
        ig005_invalid_policy,
        ig006_exception,
    )
)
"""The ids of findings that are errors, even where a setting makes a warning of one."""


def findings(context: Context) -> Iterator[Result]:
    """Everything that is wrong, by finding."""
    for module in CHECKS:
        yield from module.check(context)


def audit(context: Context) -> AuditReport:
    """Findings and verdicts."""
    return AuditReport(list(findings(context)), verdicts(context))


__all__ = [
    "CHECKS",
    "ERRORS",
    "UNSEEN",
    "AuditReport",
    "Context",
    "Ignored",
    "Leak",
    "Opening",
    "State",
    "Subject",
    "Verdict",
    "audit",
    "ending",
    "findings",
    "no_reason",
    "opened_for",
    "untrusted",
    "verdicts",
]
