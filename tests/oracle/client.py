"""Go's reading of a text, by a program of ours on Kubernetes' own code."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import clients

SOURCE = Path(__file__).parent / "go"


@dataclass(frozen=True)
class Held:
    """An object that kubectl would send, and what the API server makes of it.

    `typed` is None where the server refuses it or its kind is not known to the program; `refused`
    says why.
    """

    sent: dict[str, Any]
    typed: dict[str, Any] | None
    refused: str


@dataclass(frozen=True)
class Answer:
    """The objects of a text up to `error`, at which kubectl stops."""

    objects: tuple[Held, ...]
    error: str


class Go:
    """The program, which lives as long as this is open."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout

    def __enter__(self) -> Go:
        return self

    def __exit__(self, *_: object) -> None:
        self._input.close()
        self._process.wait(timeout=60)
        self._output.close()

    def read(self, text: bytes) -> Answer:
        """What a cluster would hold of a text."""
        self._input.write(base64.b64encode(text) + b"\n")
        line = bytearray()
        while not line.endswith(b"\n"):
            part = self._output.read(1 << 16)
            assert part, "the program has ended"
            line += part
        found = json.loads(line)
        return Answer(
            tuple(
                Held(one["sent"], one.get("typed"), one.get("refused", ""))
                for one in found["objects"]
            ),
            found.get("error", ""),
        )


def built(folder: Path) -> Go:
    """The program, built from its source; ends the test where there is no Go toolchain."""
    return Go(clients.built_by_go(SOURCE, folder / "oracle").path)
