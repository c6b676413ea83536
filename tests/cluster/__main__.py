"""The plane by hand: `python -m tests.cluster up`, and in another shell `... try POD WHERE`."""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import signal
import sys
from types import FrameType

from tests.cluster import definitions, namespaces, plane
from tests.cluster.api import from_kubeconfig, pod_path
from tests.cluster.kubelet import Kubelet
from tests.cluster.missing import Broken, Missing
from tests.cluster.probes import Probe, reached

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("build", help="build the programs, and say what is missing")
    command.set_defaults(run=build)
    command = commands.add_parser("up", help="bring the plane up, until Ctrl-C")
    command.add_argument("--places", type=int, default=16, help="how many pods can run")
    command.set_defaults(run=up)
    command = commands.add_parser("try", help="try a connection out of a pod")
    command.add_argument("pod", help="namespace/name")
    command.add_argument("where", help="address:port, [address]:port; /UDP behind it for UDP")
    command.set_defaults(run=attempt)
    command = commands.add_parser("clean", help="take away what a killed plane has left")
    command.set_defaults(run=clean)
    arguments = parser.parse_args()
    try:
        return int(arguments.run(arguments))
    except (Missing, Broken) as error:
        print(f"tests.cluster: {error}", file=sys.stderr)
        return 1


def build(arguments: argparse.Namespace) -> int:
    """Builds what is not in the cache. What is missing is an error only where it is required."""
    try:
        plane.needs()
        definitions.fetch()
    except Missing as reason:
        print(f"no cluster plane here: {reason}", file=sys.stderr)
        return int(os.environ.get("IMDS_GUARD_REQUIRE_CLIENTS") == "1")
    return 0


def up(arguments: argparse.Namespace) -> int:
    """Keeps a plane up, and runs the pods that are created in it."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    try:
        with plane.brought_up(arguments.places) as found:
            definitions.install(found.api)
            print(f"export KUBECONFIG={found.folder / 'kubeconfig'}", flush=True)
            print("The plane is up until Ctrl-C.", flush=True)
            Kubelet(found).run_forever()
    except KeyboardInterrupt:
        return 130
    return 0


def attempt(arguments: argparse.Namespace) -> int:
    """Says whether a connection gets through, with the exit status too."""
    path = os.environ.get("KUBECONFIG", "")
    owner = re.search(r"imds-guard-plane-(\d+)-", path)
    match = re.fullmatch(r"\[?([0-9a-fA-F.:]+?)\]?:(\d+)(?:/(TCP|UDP))?", arguments.where)
    if owner is None or match is None or "/" not in arguments.pod:
        raise Broken("set KUBECONFIG as `up` has said, and write namespace/pod address:port")
    namespaces.owner = int(owner[1])
    space, name = arguments.pod.split("/")
    with from_kubeconfig(path) as api:
        address = api.get(pod_path(space, name))["status"]["podIP"]
    part = f"pod{ipaddress.ip_address(address).packed[2]}"
    resolver = match[1] in plane.DNS_PLACE.addresses
    probe = Probe(part, match[3] or "TCP", match[1], int(match[2]), dns=resolver)
    answered = bool(reached([probe], 2))
    print(f"{arguments.pod} -> {arguments.where}: {'reached' if answered else 'blocked'}")
    return int(not answered)


def clean(arguments: argparse.Namespace) -> int:
    plane.sweep()
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_IGN)  # a second one would cut the cleaning up short
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
