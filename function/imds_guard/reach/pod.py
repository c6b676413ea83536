"""Pods as one end of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol, Union

from imds_guard.reach.addresses import Network
from imds_guard.reach.selectors import namespace_labels
from imds_guard.resources.labels import Labels

if TYPE_CHECKING:
    from imds_guard.resources.network_policy import Protocol as Transport


class NamedPorts(Protocol):
    """The numbers of container ports by protocol and name, read when they are asked for."""

    def get(self, key: tuple[Transport, str], /) -> int | None:
        """The number of a port; None where no container has a port of this name."""
        ...


class Pod(NamedTuple):
    """A pod, or pods that are alike. Its address is not known."""

    namespace: str | None
    labels: Labels
    namespace_labels: Labels
    named_ports: NamedPorts | None = None  # None: they are not known
    namespace_is_known: bool = True
    ip_version: int | None = None  # of the address that is meant; None: of any that it has


class ApiServer(NamedTuple):
    """The API server at an address, as traffic arrives there: after its Service's translation.

    Most engines take it for that address. Cilium takes it for an entity, which no CIDR matches.
    """

    address: Network


Peer = Union[Network, Pod, ApiServer]  # noqa: UP007 - read at run time, by Python 3.10
"""The other end of a connection: an address that is no pod's, a pod, or the API server."""

_ANY = Labels({}, is_complete=False)
ANY_POD = Pod(None, _ANY, _ANY, namespace_is_known=False)
"""A pod of which nothing is known."""


def pod(
    namespace: str | None,
    labels: Labels | Mapping[str, str],
    own_namespace_labels: Labels | None = None,
    named_ports: NamedPorts | None = None,
) -> Pod:
    """A pod whose namespace has at least the label with its name."""
    found = labels if isinstance(labels, Labels) else Labels(labels)
    return Pod(namespace, found, namespace_labels(namespace, own_namespace_labels), named_ports)
