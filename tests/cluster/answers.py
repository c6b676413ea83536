"""Servers that say who they are, on TCP and UDP, in every namespace: one thread for all."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable

from tests.cluster.namespaces import inside
from tests.cluster.network import ANSWERS


class Answers:
    """Answers in the namespaces that it is given with their names, until it is stopped."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def listen(self, part: str) -> None:
        """Opens a namespace's sockets, which take both families. Before `start` only."""
        with inside(part):
            tcp = socket.create_server(
                ("::", ANSWERS), family=socket.AF_INET6, backlog=4096, dualstack_ipv6=True
            )
            udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            udp.bind(("::", ANSWERS))
        name = part.encode()
        self._register(tcp, lambda: _greet(tcp, name))
        self._register(udp, lambda: _reply(udp, name))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._selector.close()
        for one in self._sockets:
            one.close()

    def _register(self, one: socket.socket, answer: Callable[[], None]) -> None:
        one.setblocking(False)
        self._sockets.append(one)
        self._selector.register(one, selectors.EVENT_READ, answer)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            for key, _ in self._selector.select(timeout=0.2):
                with contextlib.suppress(OSError):  # the other side may be gone
                    key.data()


def _greet(server: socket.socket, name: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.send(name)


def _reply(server: socket.socket, name: bytes) -> None:
    _, sender = server.recvfrom(64)
    server.sendto(name, sender)
