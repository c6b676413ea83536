"""The workloads that use the Kubernetes API, as far as manifests show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.resources.api_access import (
    bound_accounts,
    bound_role,
    is_for_admission_alone,
    names_api_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.reach.declared import Declarations
    from imds_guard.reach.subject import Subject


class ApiClient(NamedTuple):
    """A workload that uses the Kubernetes API; `sign` says what shows it."""

    subject: Subject
    sign: str


def api_clients(declared: Declarations, subjects: Iterable[Subject]) -> Iterator[ApiClient]:
    """The workloads whose account has a role, or that name the API server.

    Those on the host's network are left out: no policy governs them.
    """
    bound = _bound(declared)
    for subject in subjects:
        workload = subject.workload
        if workload is None or subject.host_network:
            continue
        account = workload.service_account
        by = bound.get((subject.namespace, account))
        if by is not None and _gets_token(declared, subject):
            yield ApiClient(subject, f"its ServiceAccount {account} is bound by {by}")
        elif (field := names_api_server(workload)) is not None:
            yield ApiClient(subject, f"its {field} names it")


def _bound(declared: Declarations) -> dict[tuple[str | None, str], str]:
    """By namespace and name of an account, the binding that gives it a role."""
    found: dict[tuple[str | None, str], str] = {}
    for binding in declared.bindings:
        role = declared.roles.get(bound_role(binding))
        if role is not None and is_for_admission_alone(role):
            continue
        for account in bound_accounts(binding):
            found.setdefault(account, f"{binding.kind} {binding.address}")
    return found


def _gets_token(declared: Declarations, subject: Subject) -> bool:
    """Whether its pods get their account's token: the pod decides, or else the account."""
    workload = subject.workload
    if workload is None:
        return True
    if workload.mounts_token is not None:
        return workload.mounts_token
    account = declared.service_accounts.get((subject.namespace, workload.service_account))
    mounts = account.root.get("automountServiceAccountToken") if account else None
    return mounts is not False and mounts != "false"
