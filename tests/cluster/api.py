"""A client of the API server: the few requests that the tests make, over one kept connection."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.missing import Broken, Refused

Resource = dict[str, Any]
STRICTLY = "dryRun=All&fieldValidation=Strict&fieldManager=tests&force=true"
APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: Resource
    warnings: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))

    def ok(self) -> Resource:
        """The body, or the server's complaint raised."""
        if not self.accepted:
            raise Refused(self.status, self.message)
        return self.body


class Api:
    """The API server at a port of loopback, as an administrator sees it."""

    def __init__(self, port: int, token: str, authority: Path, user: str = "") -> None:
        self.port, self.token, self.authority = port, token, authority
        self._user = {"Impersonate-User": user} if user else {}
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._connections = threading.local()
        self._opened: list[http.client.HTTPSConnection] = []
        self._paths: dict[tuple[str, str], tuple[str, bool]] = {}

    def request(
        self, method: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> Answer:
        """Makes one request, again where the kept connection was closed meanwhile."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, **self._user}
        sent = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            connection = self._connection()
            try:
                connection.request(method, path, sent, headers)
                response = connection.getresponse()
                text = response.read()
                break
            except (http.client.HTTPException, ConnectionError, ssl.SSLError):
                connection.close()
                if attempt == 2:
                    raise
        said = response.headers.get_content_type() == "application/json"
        warnings = tuple(response.headers.get_all("Warning") or ())
        body = json.loads(text) if said else {"message": text.decode()}
        return Answer(response.status, body, warnings)

    def seen_by(self, user: str) -> Api:
        """The same server, asked by a user of this name who has the rights that RBAC gives them."""
        return Api(self.port, self.token, self.authority, user)

    def get(self, path: str) -> Resource:
        return self.request("GET", path).ok()

    def create(self, resource: Resource) -> Resource:
        return self.request("POST", self.path(resource, named=False), resource).ok()

    def apply(self, resource: Resource, query: str = "fieldManager=tests&force=true") -> Answer:
        """Server-side apply; with `STRICTLY` nothing is kept and unknown fields are refused."""
        return self.request("PATCH", f"{self.path(resource)}?{query}", resource, APPLY)

    def patch(self, path: str, change: Resource) -> Resource:
        return self.request("PATCH", path, change, _MERGE).ok()

    def delete(self, path: str) -> None:
        """Deletes an object, or all of a collection, at once."""
        answer = self.request("DELETE", f"{path}?gracePeriodSeconds=0")
        if answer.status != 404:
            answer.ok()

    def path(self, resource: Resource, *, named: bool = True) -> str:
        """Where a resource stands: the server knows the plural of its kind and its scope."""
        group, kind = resource["apiVersion"], resource["kind"]
        plural, namespaced = self._place(group, kind)
        metadata = resource["metadata"]
        where = f"/namespaces/{metadata.get('namespace') or 'default'}" if namespaced else ""
        name = f"/{metadata['name']}" if named else ""
        return f"{_root(group)}{where}/{plural}{name}"

    def _place(self, group: str, kind: str) -> tuple[str, bool]:
        if (group, kind) not in self._paths:
            for one in self.get(_root(group))["resources"]:
                if "/" not in one["name"]:
                    self._paths[group, one["kind"]] = one["name"], one["namespaced"]
        if (group, kind) not in self._paths:
            raise Broken(f"the API server knows no {kind} of {group}")
        return self._paths[group, kind]

    def _connection(self) -> http.client.HTTPSConnection:
        """This thread's own connection."""
        found: http.client.HTTPSConnection | None = getattr(self._connections, "one", None)
        if found is None:
            found = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=60, context=self._tls
            )
            self._connections.one = found
            self._opened.append(found)
        return found

    def close(self) -> None:
        for one in self._opened:
            one.close()


@contextmanager
def from_kubeconfig(path: str) -> Iterator[Api]:
    """A client for the plane whose kubeconfig this is."""
    found = json.loads(Path(path).read_text())
    cluster, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
    port = int(cluster["server"].rpartition(":")[2])
    api = Api(port, user["token"], Path(cluster["certificate-authority"]))
    try:
        yield api
    finally:
        api.close()


def _root(group: str) -> str:
    return f"/apis/{group}" if "/" in group else f"/api/{group}"


def pod_path(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{name}"
