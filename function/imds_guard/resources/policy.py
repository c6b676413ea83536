"""A policy of any kind: which one it is, what it says, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.wire import mapping

if TYPE_CHECKING:
    from imds_guard.resources.resource import Address, Key, Resource
    from imds_guard.wire import Value


class Policy:
    """A policy object of any kind, of the input or about to be written.

    `resource` is where it stands in the input, None where it stands nowhere yet; `namespace` is
    where it will be if it names none. `is_ours` says that the functionConfig of this run owns it.
    """

    __slots__ = ("_value", "address", "is_ours", "key", "namespace", "resource")

    def __init__(
        self,
        address: Address,
        *,
        namespace: str | None = None,
        resource: Resource | None = None,
        value: Value = None,
        is_ours: bool = False,
    ) -> None:
        self.address = address
        self.namespace = resource.namespace if resource else address.namespace or namespace
        """Where it will be; None where nobody knows."""
        self.key: Key = (address.group, address.kind, self.namespace, address.name)
        """What tells the object from every other one: group, kind, namespace and name."""
        self.resource = resource
        self.is_ours = is_ours
        self._value = value

    def __str__(self) -> str:
        return f"{self.address.kind} {self.address}"

    @property
    def value(self) -> Value:
        """The whole object as plain Python. Raises InputError where its text is malformed."""
        if self._value is None and self.resource is not None:
            self._value = self.resource.item.value()
        return self._value

    @property
    def spec(self) -> dict[str, Value]:
        """The object's spec; empty where it is no mapping."""
        return mapping(mapping(self.value).get("spec"))

    def with_value(self, value: Value) -> Policy:
        """The same policy with another text."""
        return Policy(
            self.address,
            namespace=self.namespace,
            resource=self.resource,
            value=value,
            is_ours=self.is_ours,
        )
