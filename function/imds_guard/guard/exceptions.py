"""Which pods may reach the metadata service, by the configuration or by an annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.annotations import ALLOW_METADATA
from imds_guard.audit import ending, no_reason, untrusted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imds_guard.config import Port
    from imds_guard.config.parts import WorkloadException
    from imds_guard.guard.pods import Pods
    from imds_guard.settings import Settings
    from imds_guard.wire import Result


class Excepting(NamedTuple):
    """Why pods may reach metadata, on which ports (none: those that it answers), and how long."""

    reason: str
    ports: Sequence[Port] = ()
    until: str | None = None


class Exceptions:
    """The exceptions of a configuration, asked for pods.

    What does not count, or soon will not, is added to `results`.
    """

    def __init__(self, settings: Settings, results: list[Result]) -> None:
        self._spec = settings.config.spec
        self._results = results
        self._standing: list[WorkloadException] = []
        for one in self._spec.exceptions:
            stage = settings.stage(one.until)
            if stage != "lapsed":
                self._standing.append(one)
            if one.until is not None and stage != "ahead":
                results.append(ending(settings, one.workload, "its exception", one.until))
        self.matched: set[str] = set()  # references to workloads that are there

    def of(self, pods: Pods) -> Excepting | None:
        """The exception of these pods, if they have one."""
        meant = [one for one in self._spec.exceptions if pods.is_meant_by(one.workload)]
        self.matched.update(one.workload for one in meant)
        for one in self._standing:
            if pods.is_meant_by(one.workload):
                return Excepting(one.reason, one.ports, one.until)
        if pods.exception is None:
            return None
        reason = pods.exception.strip()
        if reason and self._spec.trust_annotations:
            return Excepting(reason)
        does_not_count = untrusted if reason else no_reason
        self._results.append(does_not_count(str(pods), ALLOW_METADATA, pods.resource))
        return None
