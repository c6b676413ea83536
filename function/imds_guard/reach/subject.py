"""Workloads as both ends of traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imds_guard.resources import Resource, Workload


@dataclass(slots=True, eq=False)
class Subject:
    """The pods of one workload, as far as policies are concerned.

    `exception` is the reason for which they may reach metadata, None where they may not.
    """

    kind: str
    namespace: str | None
    name: str
    labels: Mapping[str, str]
    host_network: bool = False
    exception: str | None = None
    workload: Workload | None = None

    @property
    def resource(self) -> Resource | None:
        """The resource that makes the pods; None where the configuration names them."""
        return self.workload.resource if self.workload else None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name
