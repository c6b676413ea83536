"""Real connections out of the pods' namespaces, many at a time."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from tests.cluster.namespaces import inside

# At once: more would overflow the queues of what answers.
_BATCH = 2500
# A question of the type A for this name, as every resolver answers it.
NAME = "kubernetes.default.svc.cluster.local"
_QUESTION = b"".join(bytes((len(one),)) + one.encode() for one in NAME.split(".")) + b"\0\0\1\0\1"


@dataclass(frozen=True, order=True)
class Probe:
    """A connection to try, from a namespace to an address and a port. `dns` asks for a name."""

    part: str
    protocol: str
    address: str
    port: int
    dns: bool = False

    def __str__(self) -> str:
        at = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.part} -> {at}:{self.port}/{self.protocol}{' (DNS)' if self.dns else ''}"


@dataclass
class _Attempt:
    probe: Probe
    socket: socket.socket
    asked: bool = False
    sent: float = field(default_factory=time.monotonic)


def reached(probes: Iterable[Probe], seconds: float = 1.5, *, again: bool = True) -> set[Probe]:
    """Which of them were answered, within so many seconds each.

    What is blocked is told so; what hears nothing may be lost, and is tried once more, for longer.
    """
    found: set[Probe] = set()
    silent: set[Probe] = set()
    wanted = sorted(set(probes))
    for start in range(0, len(wanted), _BATCH):
        answered, unheard = _batch(wanted[start : start + _BATCH], seconds)
        found |= answered
        silent |= unheard
    return found | reached(silent, 2 * seconds, again=False) if again and silent else found


def _batch(probes: list[Probe], seconds: float) -> tuple[set[Probe], set[Probe]]:
    """Which were answered, and which heard nothing at all."""
    found: set[Probe] = set()
    with selectors.DefaultSelector() as selector:
        for part, of_part in groupby(probes, key=lambda one: one.part):
            with inside(part):
                for probe in of_part:
                    attempt = _begin(probe)
                    if attempt is not None:
                        selector.register(attempt.socket, selectors.EVENT_WRITE, attempt)
        until = time.monotonic() + seconds
        while selector.get_map() and time.monotonic() < until:
            for key, _ in selector.select(timeout=0.1):
                verdict = _proceed(selector, key.data)
                if verdict is not None:
                    selector.unregister(key.fileobj)
                    key.data.socket.close()
                    if verdict:
                        found.add(key.data.probe)
            _ask_again(selector)
        for key in selector.get_map().values():
            key.data.socket.close()
        return found, {key.data.probe for key in selector.get_map().values()}


def _begin(probe: Probe) -> _Attempt | None:
    """Starts to connect, without waiting; None where the network refuses at once."""
    family = socket.AF_INET6 if ":" in probe.address else socket.AF_INET
    kind = socket.SOCK_STREAM if probe.protocol == "TCP" else socket.SOCK_DGRAM
    one = socket.socket(family, kind)
    one.setblocking(False)
    if one.connect_ex((probe.address, probe.port)) not in (0, errno.EINPROGRESS):
        one.close()
        return None
    return _Attempt(probe, one)


def _proceed(selector: selectors.BaseSelector, attempt: _Attempt) -> bool | None:
    """Takes the next step of an attempt: whether it got through, or None while that is open."""
    try:
        if not attempt.asked:
            error = attempt.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                return False
            attempt.socket.send(_question(attempt.probe))
            attempt.asked = True
            selector.modify(attempt.socket, selectors.EVENT_READ, attempt)
            return None
        answer = attempt.socket.recv(512)
    except BlockingIOError:
        return None
    except OSError:
        return False
    return _resolved(attempt.probe, answer) if attempt.probe.dns else answer != b""


def _ask_again(selector: selectors.BaseSelector) -> None:
    """Repeats what went over UDP and may be lost."""
    for key in list(selector.get_map().values()):
        attempt = key.data
        late = time.monotonic() - attempt.sent > 0.5
        if late and attempt.asked and attempt.probe.protocol == "UDP":
            attempt.sent = time.monotonic()
            with contextlib.suppress(OSError):  # the next read says so as well
                attempt.socket.send(_question(attempt.probe))


def _question(probe: Probe) -> bytes:
    if not probe.dns:
        return b"who is there?"
    message = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + _QUESTION
    return message if probe.protocol == "UDP" else struct.pack("!H", len(message)) + message


def _resolved(probe: Probe, answer: bytes) -> bool:
    """Whether the answer is one to our question, without an error, and holds an address."""
    message = answer if probe.protocol == "UDP" else answer[2:]
    if len(message) < 12:
        return False
    number, flags, _, answers, _, _ = struct.unpack("!6H", message[:12])
    return number == 7 and bool(flags & 0x8000) and flags & 0xF == 0 and answers > 0
