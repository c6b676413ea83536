"""Names of Services in what a workload is told: its environment, its arguments, its ConfigMaps."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from imds_guard.wire import mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imds_guard.resources.service import Service
    from imds_guard.resources.workload import Workload
    from imds_guard.wire import Fields


class Reference(NamedTuple):
    """A workload that names a Service; `port` is the Service's, None where none is named."""

    workload: Workload
    service: Service
    port: int | None


# A host stands at the start, or behind what comes before a host in a URL, a list, an option or
# quotes; behind it come its domain, a port, a path, or what ends such a thing.
_HOST = re.compile(
    r"""(?:^|(?<=//)|(?<=[@=,;\s"'(\[]))([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)((?:\.[a-z0-9-]+)*)\.?"""
    r"""(?::(\d+))?(?=$|[/,;?\s"')\]])"""
)
_WORD = re.compile(rb"[a-z0-9][-a-z0-9]*")
# Text in which a name may stand otherwise than letter by letter, or in lines of its own.
_BUILD = re.compile(rb"\\|(?:: |- )[|>]")


class ServiceNames:
    """The Services of an input, to be found by any name that resolves to them."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._services = {(one.namespace, one.name): one for one in services}
        self._names = {name.encode() for _, name in self._services}
        self._may_mention = lru_cache(maxsize=4096)(self._holds_name)

    def mentioned(
        self, workload: Workload, config_maps: Callable[[str | None, str], Iterable[str]]
    ) -> Iterator[Reference]:
        """Every Service that the workload's text names, each port once.

        `config_maps` gives the values of a ConfigMap by its namespace and name.
        """
        if not self._services:
            return
        containers = list(workload.containers)
        told = [text for one in containers for text in self._settings(one)]
        for name in sorted(set(_config_maps(workload, containers))):
            told += config_maps(workload.namespace, name)
        seen = set()
        for text in told:
            for service, port in self._in(text, workload.namespace):
                if (id(service), port) not in seen:
                    seen.add((id(service), port))
                    yield Reference(workload, service, port)

    def _settings(self, container: Fields) -> Iterator[str]:
        """What a container is told, as far as the name of a Service may stand in it."""
        for name in ("command", "args"):
            if self._may_mention(container.raw(name)):
                listed = _list(container.get(name))
                yield from (one for one in listed if isinstance(one, str))
        if self._may_mention(container.raw("env")):
            for variable in _list(container.get("env")):
                value = mapping(variable).get("value")
                if isinstance(value, str):
                    yield value

    def _holds_name(self, text: bytes | None) -> bool:
        """Whether it is worth to build a value: its text has the name of a Service, or may have."""
        if text is None or _BUILD.search(text):
            return True
        return not self._names.isdisjoint(_WORD.findall(text))

    def _in(self, text: str, namespace: str | None) -> Iterator[tuple[Service, int | None]]:
        for found in _HOST.finditer(text):
            labels = [found[1], *found[2].split(".")[1:]]
            start, end = found.span()
            before, after = text[max(0, start - 1) : start], text[end : end + 1]
            whole = not before and not after
            # Behind // or @ of a URL, or = of an option; or alone between quotes.
            is_value = before in ("/", "@", "=")
            is_quoted = before in ('"', "'") and after == before
            if not (whole or is_value or is_quoted or labels[1:] or found[3]):
                continue  # a word of a sentence that happens to be a name
            if service := self._called(labels, namespace):
                yield service, int(found[3]) if found[3] else None

    def _called(self, labels: list[str], namespace: str | None) -> Service | None:
        """The Service with this DNS name, or the one that a pod of a StatefulSet is behind."""
        name, *domain = labels
        if domain[1:] in ([], ["svc"], ["svc", "cluster", "local"]):
            found = self._services.get((domain[0] if domain else namespace, name))
            if found is not None:
                return found
        _, *rest = labels
        return self._called(rest, namespace) if len(rest) > 1 and "svc" in rest[2:3] else None


def _config_maps(workload: Workload, containers: list[Fields]) -> Iterator[str]:
    """The ConfigMaps that its containers read, as environment or as files."""
    for container in containers:
        for source in _list(container.get("envFrom")):
            yield from _name(mapping(source).get("configMapRef"))
        if b"configMap" in (container.raw("env") or b"configMap"):
            for variable in _list(container.get("env")):
                yield from _name(mapping(mapping(variable).get("valueFrom")).get("configMapKeyRef"))
    for volume in workload.volumes:
        yield from _name(mapping(volume).get("configMap"))


def _name(value: Any) -> Iterator[str]:
    name = mapping(value).get("name")
    if isinstance(name, str):
        yield name


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
