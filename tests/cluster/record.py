"""What a run has tried, for its last lines and for the page docs/verdicts.md."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.definitions import SOURCES
from tests.cluster.differences import DIFFERENCES, Difference

_HEAD = """\
# Verdicts against facts

Written by `make verdicts`, which tries what imds-guard says and writes on a real API server and a
real enforcer of NetworkPolicies. [The cluster plane](cluster-plane.md) says how that works, and how
to try a policy on it by hand.

"""

_OTHERS = """
## What the engines without packets do otherwise

- **cyclonus**: by it `NotIn` selects nothing that lacks the key, against Kubernetes; sets with it
  are left out.
- **Cilium**: rules of a direction that `policyTypes` leaves out count all the same, so that a
  policy for `Ingress` alone can open metadata; with `cni: cilium` the audit says so. Sets with a
  port by its name are left out, which the running agent looks up. With
  `policyDefaultLocalCluster: false`, which is not the default, a `namespaceSelector` of `NotIn` or
  `DoesNotExist` alone selects the world too (cilium#46949).
"""


class Record:
    """Counts by their names, in the order in which they first came."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] += number

    def lines(self) -> list[str]:
        """The counts, one a line."""
        return [f"{number:>9,}  {what}" for what, number in self._sorted()]

    def write(self, path: Path) -> None:
        """Writes the page."""
        parts = [_HEAD, "## What was tried\n\n", "| | |\n|---|---:|\n"]
        parts += [f"| {what} | {number:,} |\n" for what, number in self._sorted()]
        parts += ["\n## With what\n\n", *(f"- {one}\n" for one in _versions())]
        parts.append("\n## What kube-router does otherwise\n\n")
        parts.append(
            "The audit goes by the text of the API. Where packets went otherwise, one of\n"
        )
        parts.append("these was the reason; anything else fails the run.\n\n")
        parts += map(_described, DIFFERENCES)
        parts.append(_OTHERS)
        path.write_text("".join(parts))

    def _sorted(self) -> list[tuple[str, int]]:
        """The differences after all else, since they come in any order."""
        return sorted(self.counts.items(), key=lambda one: one[0].startswith("answers that"))


def _described(one: Difference) -> str:
    way = "lets more through" if one.opens else "lets less through"
    return f"- **{one.name}** ({way}): {one.text}\n"


def _versions() -> list[str]:
    """What the verdicts hold for."""
    return [
        f"kube-apiserver and kube-controller-manager {binaries.KUBERNETES}",
        f"kube-router {binaries.KUBE_ROUTER_VERSION}, its handling of sets for IPv6 corrected as"
        " later versions have it",
        "cyclonus v0.5.6, its matcher; Cilium v1.20.2, its policy engine",
        *(f"the definitions of {one.module.replace('@', ' ')}" for one in SOURCES),
    ]
