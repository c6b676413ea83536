"""`ignore` of the configuration: warnings that are known and may stay, with the reason for each."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from imds_guard.audit import CHECKS, ERRORS, Ignored, ending
from imds_guard.config import ConfigError
from imds_guard.config.errors import nearest
from imds_guard.guard.pods import means
from imds_guard.reach.kinds import KINDS
from imds_guard.resources import note
from imds_guard.wire import WorkloadName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imds_guard.config.parts import IgnoredFinding
    from imds_guard.settings import Settings
    from imds_guard.wire import Result


def check_ignored(settings: Settings) -> None:
    """Raises ConfigError where an entry names an error, or an id that no finding has."""
    known = [str(module.ID) for module in CHECKS]
    for index, entry in enumerate(settings.config.spec.ignore):
        field = ("spec", "ignore", index, "finding")
        if entry.finding in ERRORS:
            raise ConfigError(
                f"{entry.finding} is an error, and an error cannot be ignored; mend it, or declare "
                "an exception or an exclusion with its reason",
                field,
            )
        if entry.finding.startswith("IG") and entry.finding not in known:
            near = nearest(entry.finding, [one for one in known if one not in ERRORS])
            raise ConfigError(f"there is no finding {entry.finding}{near}", field)


def set_apart(settings: Settings, results: Iterable[Result]) -> tuple[list[Result], list[Ignored]]:
    """What is left of some results, and what the configuration ignores of them.

    An entry that ignores nothing, or whose last day is near or past, adds a result. A finding about
    several workloads is ignored where all of them are. Raises ConfigError.
    """
    entries = [_Entry(settings, at, one) for at, one in enumerate(settings.config.spec.ignore)]
    if not entries:
        return [*results], []
    left: list[Result] = []
    ignored: list[Ignored] = []
    for result in results:
        matching = [one for one in entries if one.is_about(result)]
        if result.severity == "warning" and _cover(matching, _workloads(settings, result)):
            ignored.append(Ignored(result, matching[0].reason))
        else:
            left.append(result)
        for entry in matching:
            entry.matched.add(result.severity)
    for entry in entries:
        left += entry.results()
    return left, ignored


class _Entry:
    """An entry of `ignore`, and the severities of what it was about."""

    def __init__(self, settings: Settings, index: int, entry: IgnoredFinding) -> None:
        self._settings = settings
        self._entry = entry
        self._name = f"ignore[{index}]"
        self._stage = settings.stage(entry.until)
        self.reason = entry.reason
        self.matched: set[str] = set()

    def is_about(self, result: Result) -> bool:
        """Whether it is meant for the result, or for some of the workloads of that."""
        if self._stage == "lapsed" or self._entry.finding != result.id:
            return False
        if self._is_anywhere:
            return True
        return any(map(self.covers, _workloads(self._settings, result)))

    def covers(self, workload: WorkloadName) -> bool:
        """Whether findings of this workload are meant."""
        entry = self._entry
        if entry.workload is not None:
            return means(entry.workload, workload)
        if entry.namespace is not None:
            return fnmatchcase(workload.namespace or "", entry.namespace)
        return True

    @property
    def _is_anywhere(self) -> bool:
        return self._entry.workload is None and self._entry.namespace is None

    def results(self) -> Iterator[Result]:
        """What is to be said of the entry itself."""
        entry = self._entry
        place = f" of {entry.workload}" if entry.workload else ""
        place = f" in {entry.namespace}" if entry.namespace else place
        what = f"{entry.finding}{place}"
        if entry.until is not None and self._stage != "ahead":
            yield ending(self._settings, self._name, f"ignoring {what}", entry.until)
        if self._stage == "lapsed" or "warning" in self.matched:
            return
        message = f"it ignores nothing: there is no warning {what}"
        if "error" in self.matched:
            message = f"it ignores nothing: {what} is an error here, and errors cannot be ignored"
        yield note("warning", "unmatched", self._name, message, fix="remove it, or correct it")


def _cover(entries: list[_Entry], workloads: list[WorkloadName]) -> bool:
    """Whether entries that are about a result are about all of its workloads."""
    return bool(entries) and all(any(one.covers(name) for one in entries) for name in workloads)


def _workloads(settings: Settings, result: Result) -> list[WorkloadName]:
    """Whom a result is about: workloads, or the resource itself."""
    if result.workloads:
        return [*result.workloads]
    if result.reference is None:
        *rest, name = result.subject.split("/")
        return [WorkloadName("", rest[-1] if rest else None, name)]
    reference = result.reference
    group = reference["apiVersion"].rpartition("/")[0]
    known = KINDS.get((group, reference["kind"]))
    namespace = reference.get("namespace")
    if namespace is None and not (known and known.scope == "cluster"):
        namespace = settings.default_namespace
    return [WorkloadName(reference["kind"], namespace, reference["name"])]
