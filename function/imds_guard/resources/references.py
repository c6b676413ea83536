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
    names_a_pod: bool = False  # by the name that a pod of a StatefulSet has


class _Told(NamedTuple):
    """A text that a container is told, and the name under which it is."""

    key: str
    text: str
    port: int | None = None  # the one that a variable beside it gives


# A host stands at the start, or behind what comes before a host in a URL, a list, an option or
# quotes; behind it come its domain, a port, a path, or what ends such a thing.
_HOST = re.compile(
    r"""(?:^|(?<=//)|(?<=[@=,;\s"'(\[]))([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)((?:\.[a-z0-9-]+)*)\.?"""
    r"""(?::(\d+))?(?=$|[/,;?\s"')\]])"""
)
_WORD = re.compile(rb"[a-z0-9][-a-z0-9]*")
# A key whose value is a host: DB_HOST, --redis-addr, mongo.url, brokerEndpoint.
_HOST_WORDS = ("Host", "Hostname", "Addr", "Address", "Url", "Uri", "Service", "Endpoint", "Server")
_HOST_KEY = re.compile(
    r"(?:(?:^|[-_./])(?i:{0})|[a-z0-9](?:{0}))(?:s|S|es|ES)?$".format(
        "|".join((*_HOST_WORDS, "URL", "URI", "Broker"))
    )
)
# What a key and its value have between them, up to where the value begins.
_KEY_BEFORE = re.compile(r"""([\w.-]+)["']?[ \t]*[:=][ \t]*["']?$""")
_IN_URL = ("//", "@")
_LONGEST_KEY = 100  # and what stands between it and its value; a text may be long
_SPACE = re.compile(r"\s")
_VARIABLE = re.compile(r"\$\(([A-Za-z_.][\w.-]*)\)")
# Text in which a name may stand otherwise than letter by letter, or in lines of its own.
_BUILD = re.compile(rb"\\|(?:: |- )[|>]")


class ServiceNames:
    """The Services of an input, to be found by any name that resolves to them."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._services = {(one.namespace, one.name): one for one in services}
        self._names = {name.encode() for _, name in self._services}
        self._may_mention = lru_cache(maxsize=4096)(self._holds_name)

    def mentioned(
        self,
        workload: Workload,
        config_maps: Callable[[str | None, str], Iterable[tuple[str, str]]],
    ) -> Iterator[Reference]:
        """Every Service that the workload's text names, each port once.

        `config_maps` gives the keys and values of a ConfigMap by its namespace and name.
        """
        if not self._services:
            return
        containers = list(workload.containers)
        told = [one for container in containers for one in self._settings(container)]
        for name in sorted(set(_config_maps(workload, containers))):
            told += [_Told(*held) for held in config_maps(workload.namespace, name)]
        seen = set()
        for one in told:
            for service, port, names_a_pod in self._in(one, workload.namespace):
                key = id(service), port, names_a_pod
                if key not in seen:
                    seen.add(key)
                    yield Reference(workload, service, port, names_a_pod)

    def _settings(self, container: Fields) -> Iterator[_Told]:
        """What a container is told, as far as the name of a Service may stand in it."""
        may_mention = {
            name: self._may_mention(container.raw(name)) for name in ("env", "command", "args")
        }
        if not any(may_mention.values()):
            return
        variables = dict(_variables(_list(container.get("env"))))
        for name in ("command", "args"):
            # What names no Service itself may do so by a variable.
            if may_mention[name] or may_mention["env"]:
                yield from _arguments(_list(container.get(name)), variables)
        if may_mention["env"]:
            for key, value in variables.items():
                yield _Told(key, _expanded(value, variables), _port_beside(key, variables))

    def _holds_name(self, text: bytes | None) -> bool:
        """Whether it is worth to build a value: its text has the name of a Service, or may have."""
        if text is None or _BUILD.search(text):
            return True
        return not self._names.isdisjoint(_WORD.findall(text))

    def _in(self, told: _Told, namespace: str | None) -> Iterator[tuple[Service, int | None, bool]]:
        text = told.text
        is_list = _SPACE.search(text) is None
        for found in _HOST.finditer(text):
            labels = [found[1], *found[2].split(".")[1:]]
            service = self._called(labels, namespace)
            if service is None:
                continue
            start = found.start()
            is_host = found[3] or labels[1:] or text[max(0, start - 2) : start].endswith(_IN_URL)
            if not is_host and not _HOST_KEY.search(_key_of(told, start, is_list=is_list)):
                continue  # a word that happens to be a name
            port = int(found[3]) if found[3] else told.port
            if not found[3] and port not in {one.port for one in service.ports}:
                port = None
            yield service, port, labels[0] != service.name

    def _called(self, labels: list[str], namespace: str | None) -> Service | None:
        """The Service with this DNS name, or the one that a pod of a StatefulSet is behind."""
        name, *domain = labels
        if domain[1:] in ([], ["svc"], ["svc", "cluster", "local"]):
            found = self._services.get((domain[0] if domain else namespace, name))
            if found is not None:
                return found
        _, *rest = labels
        return self._called(rest, namespace) if len(rest) > 1 and "svc" in rest[2:3] else None


def _variables(env: list[Any]) -> Iterator[tuple[str, str]]:
    """The variables whose value is written, by name."""
    for variable in env:
        name, value = mapping(variable).get("name"), mapping(variable).get("value")
        if isinstance(name, str) and isinstance(value, str):
            yield name, value


def _expanded(text: str, variables: dict[str, str]) -> str:
    """The text with $(NAME) as the kubelet replaces it; a variable in a variable stays.

    Kubernetes documentation, "Define Dependent Environment Variables".
    """
    if "$(" not in text:
        return text
    return _VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)


def _arguments(listed: list[Any], variables: dict[str, str]) -> Iterator[_Told]:
    """The arguments; what follows an option without a value of its own is its value."""
    option = ""
    for argument in listed:
        if not isinstance(argument, str):
            continue
        yield _Told(option, _expanded(argument, variables))
        is_option = argument.startswith("-") and "=" not in argument
        option = argument.lstrip("-") if is_option else ""


def _port_beside(key: str, variables: dict[str, str]) -> int | None:
    """The port of DB_HOST, where there is a DB_PORT."""
    stem = key.rpartition("_")[0]
    text = variables.get(f"{stem}_PORT", "") if stem else ""
    return int(text) if text.isdecimal() else None


def _key_of(told: _Told, start: int, *, is_list: bool) -> str:
    """The key of the word that starts there: one in the text itself, or the text's own.

    `is_list`: commas alone part the text.
    """
    before = told.text[max(0, start - _LONGEST_KEY) : start]
    if found := _KEY_BEFORE.search(before):
        return found[1]
    # Alone, or one of a list.
    return told.key if start == 0 or (is_list and before.endswith(",")) else ""


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
