"""Names of Services in what a workload is told: its environment, its arguments, its ConfigMaps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imds_guard.resources.service import Service
    from imds_guard.resources.workload import Workload


class Reference(NamedTuple):
    """A workload that names a Service; `port` is the Service's, None where none is named."""

    workload: Workload
    service: Service
    port: int | None


# A host stands at the start, or behind what comes before a host in a URL, a list or an option;
# behind it come its domain, a port, a path, or the end.
_HOST = re.compile(
    r"(?:^|(?<=[/@=,;\s]))([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)((?:\.[a-z0-9-]+)*)"
    r"(?::(\d+))?(?=$|[/,;?\s])"
)


# Where values of settings stand in block style: of a variable, of an argument.
_BLOCK_SCALAR = re.compile(rb"(?:: |- )[|>]")
_SETTING = re.compile(rb"\n[ ]+(?:(?:- )?value: |- )([^\n]*)")


class ServiceNames:
    """The Services of an input, to be found by any name that resolves to them."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._services = {(one.namespace, one.name): one for one in services}
        self._names = {name for _, name in self._services}

    def mentioned(
        self, workload: Workload, config_maps: Callable[[str | None, str], Iterable[str]]
    ) -> Iterator[Reference]:
        """Every Service that the workload's text names, each port once.

        `config_maps` gives the values of a ConfigMap by its namespace and name.
        """
        if not self._may_mention(workload):
            return
        names = sorted(set(_config_maps(workload)))
        told = [text for name in names for text in config_maps(workload.namespace, name)]
        seen = set()
        for text in (*_texts(workload), *told):
            for service, port in self._in(text, workload.namespace):
                if (id(service), port) not in seen:
                    seen.add((id(service), port))
                    yield Reference(workload, service, port)

    def _may_mention(self, workload: Workload) -> bool:
        """Whether it is worth to build its containers: its text has the name of a Service where
        values of settings stand, or names a ConfigMap.
        """
        if not self._services:
            return False
        item = workload.resource.item
        text = item.text
        text = text[max(0, text.find(b"ontainers:")) :]
        if not item.is_plain or b"configMap" in text or _BLOCK_SCALAR.search(text):
            return True
        for found in _SETTING.finditer(text):
            for host in _HOST.finditer(found[1].decode().strip("\"'")):
                if host[1] in self._names:
                    return True
        return False

    def _in(self, text: str, namespace: str | None) -> Iterator[tuple[Service, int | None]]:
        for found in _HOST.finditer(text):
            domain = found[2].lstrip(".").split(".") if found[2] else []
            if domain[1:] not in ([], ["svc"], ["svc", "cluster", "local"]):
                continue
            whole = found.start() == 0 and found.end() == len(text)
            in_url = found.start() > 0 and text[found.start() - 1] in "/@="
            if not (whole or in_url or domain or found[3]):
                continue  # a word of a sentence that happens to be a name
            service = self._services.get((domain[0] if domain else namespace, found[1]))
            if service is not None:
                yield service, int(found[3]) if found[3] else None


def _texts(workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        for name in ("command", "args"):
            yield from (one for one in _list(container.get(name)) if isinstance(one, str))
        for variable in _list(container.get("env")):
            value = _mapping(variable).get("value")
            if isinstance(value, str):
                yield value


def _config_maps(workload: Workload) -> Iterator[str]:
    """The ConfigMaps that its containers read, as environment or as files."""
    for container in workload.containers:
        for source in _list(container.get("envFrom")):
            yield from _name(_mapping(source).get("configMapRef"))
        for variable in _list(container.get("env")):
            yield from _name(_mapping(_mapping(variable).get("valueFrom")).get("configMapKeyRef"))
    spec = workload.template.child("spec")
    for volume in _list(spec.get("volumes") if spec else None):
        yield from _name(_mapping(volume).get("configMap"))


def _name(value: Any) -> Iterator[str]:
    name = _mapping(value).get("name")
    if isinstance(name, str):
        yield name


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
