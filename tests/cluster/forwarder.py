"""The one way out of the router's namespace: a TCP forwarder to the API server."""

from __future__ import annotations

import contextlib
import socket
import threading

from tests.cluster.namespaces import inside


class Forwarder:
    """Listens on a namespace's loopback and passes each connection on to a port of this one."""

    def __init__(self, part: str, port: int) -> None:
        self._port = port
        self._open: list[socket.socket] = []
        with inside(part):
            self._server = socket.create_server(("127.0.0.1", port))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Ends all connections, and returns when the last thread has."""
        _shut(self._server)
        self._threads[0].join()
        for one in self._open:
            _shut(one)
        for thread in self._threads:
            thread.join()
        for one in (self._server, *self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            self._open += [near, far]
            for source, target in ((near, far), (far, near)):
                thread = threading.Thread(target=_copy, args=(source, target), daemon=True)
                self._threads.append(thread)
                thread.start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _shut(source)
    _shut(target)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
